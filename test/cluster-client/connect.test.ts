import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import type {TLSSocket} from 'node:tls';
import test, {type ExecutionContext} from 'ava';
import {connect} from '../../lib/cluster/connect.ts';
import type {ConnectionFlags} from '../../lib/cluster/connection-flags.ts';
import {proxyFor} from '../../lib/cluster/proxy.ts';
import {UserError} from '../../lib/errors.ts';
import {eventually} from '../contract/objects.ts';
import {FakeClock} from './fake-clock.ts';
import {socksProxy} from './socks-proxy.ts';
import {ca, caFile, json, refuse, serverPair, testServer} from './test-server.ts';

const {signal} = new AbortController();

type Config = {readonly current?: string; readonly contexts?: object; readonly clusters?: object; readonly users?: object};

/** A kubeconfig in JSON, which is YAML; each part is a record of name to entry. */
function kubeconfig({current, contexts = {}, clusters = {}, users = {}}: Config): string {
	const list = (key: string, entries: object) =>
		Object.entries(entries).map(([name, value]) => ({name, [key]: value as unknown}));
	return JSON.stringify({
		apiVersion: 'v1',
		kind: 'Config',
		'current-context': current,
		contexts: list('context', contexts),
		clusters: list('cluster', clusters),
		users: list('user', users),
	});
}

/** A directory with these files; it is HOME. */
function home(t: ExecutionContext, files: Readonly<Record<string, string>> = {}): string {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-'));
	t.teardown(() => rmSync(directory, {recursive: true}));
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(join(directory, name, '..'), {recursive: true});
		writeFileSync(join(directory, name), text);
	}

	return directory;
}

type Connected = {
	readonly flags?: ConnectionFlags;
	readonly env?: Readonly<Record<string, string>>;
	readonly clock?: FakeClock;
	readonly signal?: AbortSignal;
	readonly serviceAccountDir?: string;
};

async function connectFrom(
	t: ExecutionContext,
	directory: string,
	{
		flags = {},
		env = {},
		clock = new FakeClock(30_000),
		signal = new AbortController().signal,
		serviceAccountDir = '/nowhere',
	}: Connected = {},
) {
	const warnings: string[] = [];
	const stderr = {write: (text: string) => warnings.push(text)};
	const api = await connect(flags, {
		env: {PATH: process.env['PATH'], HOME: directory, ...env},
		clock,
		signal,
		stderr,
		serviceAccountDir,
	});
	t.teardown(() => api.close());
	return {api, warnings};
}

const one = (server: string, user: object = {}, cluster: object = {}) =>
	kubeconfig({
		current: 'ctx',
		contexts: {ctx: {cluster: 'cl', user: 'us'}},
		clusters: {cl: {server, 'certificate-authority': caFile, ...cluster}},
		users: {us: user},
	});

type Chosen = {
	readonly files: Readonly<Record<string, string>>;
	readonly flags?: ConnectionFlags;
	/** Names of files for KUBECONFIG. */
	readonly listed?: readonly string[];
	readonly server?: string;
	readonly namespace?: string;
	readonly warns?: RegExp;
	readonly fails?: RegExp;
	readonly remedy?: RegExp;
};

const chooses = test.macro(async (t, {files, flags = {}, listed, server, namespace, warns, fails, remedy}: Chosen) => {
	const directory = home(t, files);
	const env =
		listed === undefined ? {} : {KUBECONFIG: listed.map(name => (name === '' ? '' : join(directory, name))).join(delimiter)};
	const inHome = flags.kubeconfig === undefined ? flags : {...flags, kubeconfig: join(directory, flags.kubeconfig)};
	const connected = connectFrom(t, directory, {flags: inHome, env});
	if (fails !== undefined) {
		const error = await t.throwsAsync(connected, {instanceOf: UserError});
		t.regex(error.message, fails);
		t.regex(error.remedy ?? '', remedy ?? /./);
		return;
	}

	const {api, warnings} = await connected;
	t.is(api.server, server ?? 'https://one');
	t.is(api.namespace, namespace ?? 'default');
	t.regex(warnings.join(''), warns ?? /^$/);
});

const cluster = (name: string) => ({server: `https://${name}`, 'certificate-authority': caFile});
const two = kubeconfig({
	current: 'one',
	contexts: {
		one: {cluster: 'one', user: 'u', namespace: 'team'},
		two: {cluster: 'two', user: 'u'},
		broken: {cluster: 'gone', user: 'u'},
		nobody: {cluster: 'one', user: 'gone'},
	},
	clusters: {one: cluster('one'), two: cluster('two'), empty: {}},
	users: {u: {token: 'x'}},
});
const usual = {'.kube/config': two};

test('the usual file and its current context', chooses, {files: usual, namespace: 'team'});
test('--context', chooses, {files: usual, flags: {context: 'two'}, server: 'https://two'});
test('--cluster over the context', chooses, {files: usual, flags: {cluster: 'two'}, server: 'https://two', namespace: 'team'});
test('--server over the cluster', chooses, {
	files: usual,
	flags: {server: 'https://three:8443/prefix/'},
	server: 'https://three:8443/prefix',
	namespace: 'team',
});
test('--server with no kubeconfig at all', chooses, {
	files: {},
	flags: {server: 'https://three', token: 'x'},
	server: 'https://three',
});
test('a server without a scheme is http, or https where there is an authority', chooses, {
	files: {},
	flags: {server: 'three:8080'},
	server: 'http://three:8080',
});
test('a server without a scheme but with an authority', chooses, {
	files: {},
	flags: {server: 'three:8080', certificateAuthority: caFile},
	server: 'https://three:8080',
});
test('--kubeconfig reads no other file', chooses, {
	files: {...usual, 'other.yaml': kubeconfig({current: 'o', contexts: {o: {cluster: 'o'}}, clusters: {o: cluster('o')}})},
	flags: {kubeconfig: 'other.yaml'},
	server: 'https://o',
});
test('--kubeconfig that is missing', chooses, {
	files: usual,
	flags: {kubeconfig: 'missing'},
	fails: /^kubeconfig \S+missing does not exist$/,
	remedy: /--kubeconfig/,
});
test('a context that is not there', chooses, {
	files: usual,
	flags: {context: 'tow'},
	fails: /^the kubeconfig has no context tow, which --context names$/,
	remedy: /^Did you mean two\? It has: one, two, broken, nobody$/,
});
test('a cluster that is not there', chooses, {
	files: usual,
	flags: {context: 'broken'},
	fails: /^the kubeconfig has no cluster gone, which context broken names$/,
	remedy: /It has: one, two, empty$/,
});
test('a user that is not there', chooses, {
	files: usual,
	flags: {context: 'nobody'},
	fails: /^the kubeconfig has no user gone, which context nobody names$/,
	remedy: /It has: u$/,
});
test('--user that is not there', chooses, {
	files: usual,
	flags: {user: 'v'},
	fails: /^the kubeconfig has no user v, which --user names$/,
	remedy: /It has: u/,
});
test('a cluster without a server', chooses, {
	files: usual,
	flags: {cluster: 'empty'},
	fails: /leads to no server$/,
	remedy: /config view/,
});
test('no kubeconfig', chooses, {
	files: {},
	fails: /^no kubeconfig found: \S+\/\.kube\/config does not exist or is empty$/,
	remedy: /--kubeconfig FILE or the environment variable KUBECONFIG/,
});
test('no current context', chooses, {
	files: {'.kube/config': two.replace('"current-context":"one",', '')},
	fails: /no context is current/,
	remedy: /--context.*: one, two, broken, nobody$/,
});
test('a current context that is not there', chooses, {
	files: {'.kube/config': two.replace('"current-context":"one"', '"current-context":"old"')},
	fails: /has no context old, which current-context names/,
});
test('no YAML', chooses, {
	files: {'.kube/config': 'a: [b\nc: d'},
	fails: /^kubeconfig \S+ is no valid YAML: .*line 2/s,
	remedy: /config view/,
});
test('YAML that is no kubeconfig', chooses, {
	files: {'.kube/config': '- a\n- b'},
	fails: /holds no mapping/,
	remedy: /config view/,
});
test('aliases that multiply', chooses, {
	files: {
		'.kube/config': [
			'a: &a [x,x,x,x,x,x,x,x,x]',
			...'bcdefgh'.split('').map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join()}]`),
		].join('\n'),
	},
	fails: /is no valid YAML: .*alias/i,
});
test('entries of the wrong kind are passed over', chooses, {
	files: {'.kube/config': 'clusters: 5\nusers: [7, {name: 8}]\ncontexts: {a: b}\ncurrent-context: [x]'},
	fails: /no kubeconfig found/,
});
test('`__proto__` as a name', chooses, {files: usual, flags: {context: '__proto__'}, fails: /has no context __proto__/});

const first = kubeconfig({contexts: {same: {cluster: 'same', user: 'u'}}, clusters: {same: cluster('first')}});
const second = kubeconfig({
	current: 'same',
	contexts: {same: {cluster: 'other'}, more: {cluster: 'other'}},
	clusters: {same: cluster('second'), other: cluster('other')},
	users: {u: {token: 'x'}},
});
const listed = {'first.yaml': first, 'second.yaml': second};
test('of several files the first to have a name wins, whole', chooses, {
	files: listed,
	listed: ['first.yaml', 'second.yaml'],
	server: 'https://first',
});
test('names of later files count too', chooses, {
	files: listed,
	listed: ['first.yaml', 'second.yaml'],
	flags: {context: 'more'},
	server: 'https://other',
});
test('missing files, empty names and files named twice are passed over', chooses, {
	files: listed,
	listed: ['missing.yaml', '', 'first.yaml', 'first.yaml', 'second.yaml'],
	server: 'https://first',
});
test('only missing files', chooses, {
	files: usual,
	listed: ['a', 'b'],
	fails: /^no kubeconfig found: \S+a, \S+b do not exist or are empty$/,
});
test('insecure is warned of', chooses, {
	files: {'.kube/config': one('https://one', {}, {'certificate-authority': undefined, 'insecure-skip-tls-verify': true})},
	warns: /^warning: the certificate of https:\/\/one is not verified/,
});
test('--insecure-skip-tls-verify takes the authority away', chooses, {
	files: usual,
	namespace: 'team',
	flags: {insecureSkipTlsVerify: true},
	warns: /is not verified/,
});
test('insecure with an authority is refused, as by kubectl', chooses, {
	files: {'.kube/config': one('https://one', {}, {'insecure-skip-tls-verify': true})},
	fails: /contradict each other/,
});
test('an authority that is no PEM', chooses, {
	files: {'.kube/config': one('https://one', {}, {'certificate-authority-data': btoa('nonsense')})},
	fails: /^the certificate authority of the cluster is no PEM in base64$/,
});
test('an authority that is missing', chooses, {
	files: {'.kube/config': one('https://one', {}, {'certificate-authority': 'ca.crt'})},
	fails: /^the certificate authority of the cluster cannot be read: ENOENT.*\.kube\/ca\.crt/,
});
test('a server that is no URL', chooses, {
	files: {'.kube/config': one('https://:6443')},
	fails: /^the server "https:\/\/:6443" is no URL$/,
});
test('a proxy that is none', chooses, {
	files: {'.kube/config': one('https://one', {}, {'proxy-url': 'ftp://x'})},
	fails: /^the proxy-url of the cluster is no URL of a proxy$/,
	remedy: /socks5/,
});
test('a group to impersonate without a user', chooses, {
	files: {'.kube/config': one('https://one', {'as-groups': ['g']})},
	fails: /without a user to impersonate/,
	remedy: /--as/,
});

test('a credential that cannot be had is told when it is needed', async t => {
	for (const [user, message] of [
		[{tokenFile: 'none'}, /^the token file of user\/us cannot be read: ENOENT/],
		[{'client-certificate-data': btoa(serverPair.cert)}, /^user\/us has a client certificate but no client key$/],
		[
			{'client-certificate-data': btoa('x'), 'client-key-data': btoa(serverPair.key)},
			/^the client certificate of user\/us is no PEM in base64$/,
		],
	] as const) {
		const {api} = await connectFrom(t, home(t, {'.kube/config': one('https://127.0.0.1:1', user)}));
		t.regex((await t.throwsAsync(api.request({path: '/x', signal}), {instanceOf: UserError})).message, message);
	}
});

type Sent = {
	readonly user?: object;
	readonly files?: Readonly<Record<string, string>>;
	readonly flags?: ConnectionFlags;
	readonly headers: readonly string[];
	readonly subject?: string;
};

/** What of a user's entry arrives at the server. */
const sends = test.macro(async (t, {user = {}, files = {}, flags = {}, headers, subject}: Sent) => {
	let seen: string | undefined;
	const server = await testServer(t, (request, response) => {
		seen = (request.socket as TLSSocket).getPeerCertificate().subject?.CN as string | undefined;
		json(response, 200, {});
	});
	const {api} = await connectFrom(t, home(t, {'.kube/config': one(server.url, user), ...files}), {flags});
	await api.request({path: '/x', signal});
	const {rawHeaders = []} = server.requests[0] ?? {};
	const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
	t.deepEqual(
		pairs.filter(pair => /^(authorization|impersonate)/i.test(pair)).sort((a, b) => a.localeCompare(b)),
		[...headers],
	);
	t.is(seen, subject);
});

const inline = {'client-certificate-data': btoa(serverPair.cert), 'client-key-data': btoa(serverPair.key)};
const subject = 'embedded-cluster-server';
test('a client certificate in the kubeconfig', sends, {user: inline, headers: [], subject});
test('a client certificate in files beside the kubeconfig', sends, {
	user: {'client-certificate': 'pki/me.crt', 'client-key': 'pki/me.key'},
	files: {'.kube/pki/me.crt': serverPair.cert, '.kube/pki/me.key': serverPair.key},
	headers: [],
	subject,
});

test('a token file is read again after a minute, and after a 401', async t => {
	const directory = home(t);
	const server = await testServer(t, (request, response) =>
		request.headers.authorization === 'Bearer revoked'
			? refuse(response, 401, 'Unauthorized', 'Unauthorized')
			: json(response, 200, {}),
	);
	const write = (token: string) => writeFileSync(join(directory, 'token'), token);
	mkdirSync(join(directory, '.kube'));
	writeFileSync(join(directory, '.kube/config'), one(server.url, {tokenFile: join(directory, 'token')}));
	const clock = new FakeClock(30_000);
	const {api} = await connectFrom(t, directory, {clock});
	const ask = async (token?: string) => {
		if (token !== undefined) {
			write(token);
		}

		await api.request({path: '/x', signal});
		return server.requests.at(-1)?.headers.authorization;
	};
	t.is(await ask('one'), 'Bearer one');
	t.is(await ask('two'), 'Bearer one');
	clock.advance(60_000);
	t.is(await ask('revoked').catch(() => 'refused'), 'refused');
	t.is(await ask('three'), 'Bearer three');
});

test('a client certificate that was renewed in its file is used for new connections', async t => {
	const directory = home(t, {'me.crt': serverPair.cert, 'me.key': serverPair.key});
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	mkdirSync(join(directory, '.kube'));
	writeFileSync(
		join(directory, '.kube/config'),
		one(server.url, {'client-certificate': join(directory, 'me.crt'), 'client-key': join(directory, 'me.key')}),
	);
	const clock = new FakeClock(30_000);
	const {api} = await connectFrom(t, directory, {clock});
	await api.request({path: '/x', signal});
	await api.request({path: '/x', signal});
	clock.advance(60_000);
	await api.request({path: '/x', signal});
	t.is(server.connections(), 1);
	writeFileSync(join(directory, 'me.crt'), `${serverPair.cert}\n`);
	clock.advance(60_000);
	await api.request({path: '/x', signal});
	t.is(server.connections(), 2);
});

/** A credential plugin: it counts its runs, notes what it was told, and gives the next token. */
const plugin = `#!/bin/sh
printf x >>"$HERE/runs"
printf '%s' "$KUBERNETES_EXEC_INFO" >"$HERE/info"
printf 'open https://login.example\\n' >&2
runs=$(wc -c <"$HERE/runs" | tr -d ' ')
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s-%s","expirationTimestamp":"%s"}}' "$1" "$runs" "$EXPIRES"
`;

type PluginFlags = {
	readonly exec?: object;
	readonly cluster?: object;
	readonly script?: string;
	readonly answer?: Parameters<typeof testServer>[1];
	readonly clock?: FakeClock;
	readonly signal?: AbortSignal;
};

async function withPlugin(
	t: ExecutionContext,
	{
		exec = {},
		cluster = {},
		script = plugin,
		answer = (_, response) => json(response, 200, {}),
		clock = new FakeClock(30_000),
		signal = new AbortController().signal,
	}: PluginFlags = {},
) {
	const directory = home(t, {'.kube/bin/login': script});
	chmodSync(join(directory, '.kube/bin/login'), 0o755);
	const server = await testServer(t, answer);
	const entry = {
		apiVersion: 'client.authentication.k8s.io/v1',
		command: './bin/login',
		args: ['token'],
		env: [
			{name: 'HERE', value: directory},
			{name: 'EXPIRES', value: new Date(clock.now() + 3_600_000).toISOString()},
		],
		interactiveMode: 'Never',
		...exec,
	};
	writeFileSync(join(directory, '.kube/config'), one(server.url, {exec: entry}, cluster));
	const read = (name: string) => (existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : '');
	return {
		...(await connectFrom(t, directory, {clock, signal})),
		server,
		clock,
		read,
		runs: () => read('runs').length,
		info: () => JSON.parse(read('info')) as unknown,
	};
}

test('a credential plugin runs once for twenty requests, again when its token expired, and what it says is seen', async t => {
	const {api, server, clock, runs, info, warnings} = await withPlugin(t);
	await Promise.all(Array.from({length: 20}, async () => api.request({path: '/x', signal})));
	await api.request({path: '/x', signal});
	t.is(runs(), 1);
	t.deepEqual([...new Set(server.requests.map(({headers}) => headers.authorization))], ['Bearer token-1']);
	t.is(warnings.join(''), 'open https://login.example\n');
	t.deepEqual(info(), {kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', spec: {interactive: false}});
	clock.advance(3_600_000);
	await api.request({path: '/x', signal});
	t.is(runs(), 2);
	t.is(server.requests.at(-1)?.headers.authorization, 'Bearer token-2');
});

test('a credential plugin is told of the cluster where it wants to be', async t => {
	const {api, server, info} = await withPlugin(t, {
		exec: {provideClusterInfo: true},
		cluster: {
			'tls-server-name': 'localhost',
			extensions: [{name: 'client.authentication.k8s.io/exec', extension: {audience: 'x'}}],
		},
	});
	await api.request({path: '/x', signal});
	t.deepEqual((info() as {spec: unknown}).spec, {
		interactive: false,
		cluster: {
			server: server.url,
			'tls-server-name': 'localhost',
			'certificate-authority-data': btoa(ca),
			config: {audience: 'x'},
		},
	});
});

test('after a 401 a credential plugin runs again, once for all', async t => {
	const {api, runs} = await withPlugin(t, {
		answer: (request, response) =>
			request.headers.authorization === 'Bearer token-1'
				? refuse(response, 401, 'Unauthorized', 'Unauthorized')
				: json(response, 200, {}),
	});
	await Promise.all(Array.from({length: 20}, async () => api.request({path: '/x', signal})));
	t.is(runs(), 2);
});

test('what is removed after Ctrl-C gets credentials too', async t => {
	const run = new AbortController();
	const {api, server, clock, runs} = await withPlugin(t, {signal: run.signal});
	await api.request({path: '/x', signal: run.signal});
	clock.advance(3_600_000);
	run.abort(new Error('Ctrl-C'));
	await t.throwsAsync(api.request({path: '/x', signal: run.signal}), {message: 'Ctrl-C'});
	await api.request({method: 'DELETE', path: '/x', signal});
	t.is(runs(), 2);
	t.like(server.requests[1], {method: 'DELETE', headers: {authorization: 'Bearer token-2'}});
});

const isAlive = (pid: number) => {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
};

test('a credential plugin that hangs is waited for as long as each request may take, and ended once none waits', async t => {
	const hangs = plugin.replace('runs=$(', () => '[ -e "$HERE/pid" ] || { echo $$ >"$HERE/pid"; exec sleep 600; }\nruns=$(');
	const {api, server, read} = await withPlugin(t, {script: hangs});
	const [one, other] = [new AbortController(), new AbortController()];
	const asked = [one, other].map(async controller => {
		const error = await t.throwsAsync(api.request({path: '/x', signal: controller.signal}));
		return error?.message;
	});
	await eventually(async () => read('pid').endsWith('\n'));
	const pid = Number(read('pid'));
	one.abort(new Error('no time left for one'));
	t.is(await asked[0], 'no time left for one');
	t.true(isAlive(pid));
	other.abort(new Error('no time left for the other'));
	t.is(await asked[1], 'no time left for the other');
	await api.request({path: '/x', signal});
	t.is(server.requests[0]?.headers.authorization, 'Bearer token-2');
	t.true(await eventually(async () => !isAlive(pid)));
});

test('a 401 with fresh credentials too is told', async t => {
	const {api, runs} = await withPlugin(t, {answer: (_, response) => refuse(response, 401, 'Unauthorized', 'Unauthorized')});
	await t.throwsAsync(api.request({path: '/x', signal}), {
		instanceOf: UserError,
		message: /does not accept the credentials of user\/us/,
	});
	t.is(runs(), 2);
});

test('a credential plugin may give a certificate', async t => {
	let seen: unknown;
	const status = {clientCertificateData: serverPair.cert, clientKeyData: serverPair.key};
	const {api} = await withPlugin(t, {
		script: `#!/bin/sh\ncat <<'END'\n${JSON.stringify({kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status})}\nEND\n`,
		answer(request, response) {
			seen = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
			json(response, 200, {});
		},
	});
	await api.request({path: '/x', signal});
	t.is(seen, subject);
});

const pluginFails = test.macro(async (t, flags: PluginFlags, message: RegExp, remedy: RegExp = /./) => {
	const {api} = await withPlugin(t, flags);
	const error = await t.throwsAsync(api.request({path: '/x', signal}), {instanceOf: UserError});
	t.regex(error.message, message);
	t.regex(error.remedy ?? '', remedy);
});
const answers = (text: string) => ({script: `#!/bin/sh\nprintf '%s' '${text}'\n`});
test(
	'a plugin that is not installed',
	pluginFails,
	{exec: {command: 'no-such-login', installHint: 'Get it from https://login.example'}},
	/^the credential plugin no-such-login of user\/us is not installed, or not on PATH$/,
	/^Get it from/,
);
test('a plugin that fails', pluginFails, {script: '#!/bin/sh\nexit 7\n'}, /failed with exit code 7$/, /log in again/);
test('a plugin that is killed', pluginFails, {script: '#!/bin/sh\nkill -9 $$\n'}, /was ended by SIGKILL$/);
test('a plugin that says nothing', pluginFails, {script: '#!/bin/sh\n'}, /answered something else than JSON$/);
test('a plugin that says too much', pluginFails, {script: '#!/bin/sh\nyes\n'}, /answered more than 1 MiB$/);
test(
	'a plugin of another version',
	pluginFails,
	answers('{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}'),
	/answered no ExecCredential of client\.authentication\.k8s\.io\/v1$/,
);
test(
	'a plugin without a token',
	pluginFails,
	answers('{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":7}}'),
	/answered neither a token nor a certificate with its key$/,
);
test(
	'a plugin of a version that is gone',
	pluginFails,
	{exec: {apiVersion: 'client.authentication.k8s.io/v1alpha1'}},
	/has apiVersion client\.authentication\.k8s\.io\/v1alpha1, where/,
);
test(
	'a plugin that has to ask, without a terminal',
	pluginFails,
	{exec: {interactiveMode: 'Always'}},
	/has to ask something .* no terminal$/,
);

test('the pod that we run in, where there is no kubeconfig', async t => {
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	const directory = home(t, {'sa/token': 'pod-token', 'sa/ca.crt': ca, 'sa/namespace': 'jobs\n'});
	const {port} = new URL(server.url);
	const env = {KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: port};
	const {api} = await connectFrom(t, directory, {env, serviceAccountDir: join(directory, 'sa')});
	await api.request({path: '/x', signal});
	t.is(api.namespace, 'jobs');
	t.is(server.requests[0]?.headers.authorization, 'Bearer pod-token');
	await t.throwsAsync(connectFrom(t, directory, {env}), {message: /no kubeconfig found/});
});

test('an auth-provider is left to client-node, and failing says so', async t => {
	const claims = (expires: number) => `${btoa('{}')}.${btoa(JSON.stringify({exp: expires}))}.${btoa('sig')}`;
	const provider = (token: string) => ({
		'auth-provider': {
			name: 'oidc',
			config: {'id-token': token, 'client-id': 'c', 'idp-issuer-url': 'https://127.0.0.1:1', 'refresh-token': 'r'},
		},
	});
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	const {api} = await connectFrom(t, home(t, {'.kube/config': one(server.url, provider(claims(4_000_000_000)))}));
	await Promise.all([1, 2, 3].map(async () => api.request({path: '/x', signal})));
	t.is(server.requests[0]?.headers.authorization, `Bearer ${claims(4_000_000_000)}`);
	const stale = await connectFrom(t, home(t, {'.kube/config': one(server.url, provider(claims(1)))}));
	await t.throwsAsync(stale.api.request({path: '/x', signal}), {
		instanceOf: UserError,
		message: /^the auth-provider of user\/us gives no credentials: /,
	});
});

test('a SOCKS proxy, with connections that are kept', async t => {
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	const {port, asked} = await socksProxy(t);
	const {api} = await connectFrom(
		t,
		home(t, {'.kube/config': one(server.url, {token: 'abc'}, {'proxy-url': `socks5://127.0.0.1:${port}`})}),
	);
	await api.request({path: '/x', signal});
	await api.request({path: '/x', signal});
	t.deepEqual(asked, [new URL(server.url).host]);
	t.is(server.requests[0]?.headers.authorization, 'Bearer abc');
});

type Proxied = {
	readonly server?: string;
	readonly env: Readonly<Record<string, string>>;
	readonly proxyUrl?: string;
	readonly proxy: string | undefined;
};

const proxied = test.macro((t, {server = 'https://api.example.com:6443', env, proxyUrl, proxy}: Proxied) => {
	t.is(proxyFor(new URL(server), proxyUrl, env)?.href, proxy);
});
const through = 'http://proxy:3128/';
const exempt = (noProxy: string, server?: string): Proxied => ({
	env: {HTTPS_PROXY: through, NO_PROXY: noProxy},
	proxy: undefined,
	...(server !== undefined && {server}),
});
const notExempt = (noProxy: string, server?: string): Proxied => ({...exempt(noProxy, server), proxy: through});
test('no proxy', proxied, {env: {}, proxy: undefined});
test('HTTPS_PROXY', proxied, {env: {HTTPS_PROXY: through}, proxy: through});
test('https_proxy without a scheme', proxied, {env: {https_proxy: 'proxy:3128'}, proxy: through});
test('HTTP_PROXY is not for https', proxied, {env: {HTTP_PROXY: through}, proxy: undefined});
test('HTTP_PROXY is for http', proxied, {server: 'http://api.example.com', env: {HTTP_PROXY: through}, proxy: through});
test('the proxy-url of the cluster counts before the environment and whatever NO_PROXY says', proxied, {
	...exempt('*'),
	proxyUrl: 'http://own:1/',
	proxy: 'http://own:1/',
});
test('loopback goes straight', proxied, exempt('', 'https://127.0.0.1:6443'));
test('localhost goes straight', proxied, exempt('', 'https://localhost:6443'));
test('NO_PROXY *', proxied, exempt('*'));
test('NO_PROXY by name', proxied, exempt('other, api.example.com'));
test('NO_PROXY by domain', proxied, exempt('example.com'));
test('NO_PROXY by a domain with a dot', proxied, exempt('.example.com'));
test('NO_PROXY by a domain with a star', proxied, exempt('*.example.com'));
test('NO_PROXY with a dot is not the domain itself', proxied, notExempt('.example.com', 'https://example.com'));
test('NO_PROXY is no suffix of a name', proxied, notExempt('ample.com'));
test('NO_PROXY with the port', proxied, exempt('example.com:6443'));
test('NO_PROXY with another port', proxied, notExempt('example.com:443'));
test('NO_PROXY by address', proxied, exempt('10.0.0.1', 'https://10.0.0.1:6443'));
test('NO_PROXY by range', proxied, exempt('192.168.0.0/16,10.0.0.0/8', 'https://10.20.30.40:6443'));
test('NO_PROXY by another range', proxied, notExempt('10.0.0.0/16', 'https://10.20.30.40:6443'));
test('NO_PROXY by an IPv6 range', proxied, exempt('fd00::/8', 'https://[fd00::1]:6443'));
test('NO_PROXY by an IPv6 address', proxied, exempt('fd00::1', 'https://[fd00::1]:6443'));
test('NO_PROXY with a range that is none', proxied, notExempt('10.0.0.0/99,10.0.0.0/', 'https://10.0.0.1:6443'));
