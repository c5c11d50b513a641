import {createServer as createHttpServer} from 'node:http';
import {type AddressInfo, connect} from 'node:net';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import {systemClock} from '../../lib/clock.ts';
import {ApiError} from '../../lib/cluster/errors.ts';
import {type ExitCode, UserError} from '../../lib/errors.ts';
import {version} from '../../lib/version.ts';
import {eventually} from '../contract/objects.ts';
import {FakeClock} from './fake-clock.ts';
import {type Answer, apiOf, json, refuse, testServer} from './test-server.ts';

const {signal} = new AbortController();

/** Answers the first requests with these, then with an empty object. */
function script(...answers: readonly Answer[]): Answer {
	let next = 0;
	return (request, response, body) => {
		const answer = answers[next++];
		if (answer === undefined) {
			json(response, 200, {kind: 'Thing'});
		} else {
			answer(request, response, body);
		}
	};
}

const reset: Answer = request => request.socket.destroy();
const status =
	(code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
	(_, response) =>
		refuse(response, code, 'Test', `refused with ${code}`, headers);

test('200 requests at once use 16 connections', async t => {
	const server = await testServer(t, (_, response) => setImmediate(() => json(response, 200, {})));
	const api = apiOf(t, server.url);
	await Promise.all(Array.from({length: 200}, async () => api.request({path: '/version', signal})));
	t.is(server.connections(), 16);
	t.deepEqual(api.counts, {requests: 200, throttled: 0});
});

test('50 requests in a row use one connection, and tell who asks', async t => {
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	const api = apiOf(t, server.url);
	for (let count = 0; count < 50; count += 1) {
		await api.request({path: '/version', signal});
	}

	t.is(server.connections(), 1);
	t.is(server.requests[0]?.headers['user-agent'], `kubectl-cni_upgrade/${version}`);
});

test('a server under a path keeps it, and a query is encoded', async t => {
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	const api = apiOf(t, `${server.url}/k8s/clusters/c-1/`);
	await api.request({path: '/api/v1/nodes', query: {labelSelector: 'a in (1,2)&b', limit: 5, continue: undefined}, signal});
	t.is(server.requests[0]?.url, '/k8s/clusters/c-1/api/v1/nodes?labelSelector=a+in+%281%2C2%29%26b&limit=5');
});

type Retried = {
	readonly answers: readonly Answer[];
	readonly request?: {
		readonly method?: 'POST' | 'DELETE';
		readonly idempotent?: boolean;
		readonly tries?: number;
		readonly isAnswer?: (refusal: ApiError) => boolean;
	};
	/** An answer came before, so the server is there. */
	readonly known?: boolean;
	/** Milliseconds waited, or what it fails with. */
	readonly naps: readonly number[];
	readonly fails?: RegExp;
};

const retried = test.macro(async (t, {answers, request = {}, known = false, naps, fails}: Retried) => {
	const server = await testServer(
		t,
		script(...(known ? [(_request: unknown, response: Parameters<Answer>[1]) => json(response, 200, {})] : []), ...answers),
	);
	const clock = new FakeClock(30_000);
	const api = apiOf(t, server.url, {clock});
	if (known) {
		await api.request({path: '/version', signal});
	}

	const asked = api.request({path: '/api/v1/things', signal, ...request});
	if (fails === undefined) {
		t.deepEqual((await asked).json, {kind: 'Thing'});
	} else {
		t.regex((await t.throwsAsync(asked, {instanceOf: UserError})).message, fails);
	}

	t.deepEqual(clock.naps, naps);
	t.is(server.requests.length, naps.length + (known ? 2 : 1));
});

const throttle = status(429, {'retry-after': '7'});

test('429 is sent again when the server says', retried, {answers: [throttle, throttle], naps: [7000, 7000]});
test('429 without a time is sent again after a moment', retried, {answers: [status(429)], naps: [250]});
test('429 is sent again for a POST too, since nothing was done', retried, {
	answers: [throttle],
	request: {method: 'POST'},
	naps: [7000],
});
test('429 is final for a request that says so', retried, {
	answers: [throttle],
	request: {method: 'POST', tries: 1},
	naps: [],
	fails: /^refused with 429$/,
});
test('a refusal that is an answer is final, and what else fails is not', retried, {
	answers: [status(500), throttle],
	request: {method: 'POST', idempotent: true, isAnswer: refusal => refusal.status === 429},
	naps: [250],
	fails: /^refused with 429$/,
});
test('a server that wants an hour of peace is not waited for', retried, {
	answers: [status(429, {'retry-after': '3600'})],
	naps: [],
	fails: /429/,
});
test('503 with Retry-After is sent again, even a POST', retried, {
	answers: [status(503, {'retry-after': '2'})],
	request: {method: 'POST'},
	naps: [2000],
});
test('500 is tried six times, a little later each', retried, {
	answers: Array.from({length: 6}, () => status(500)),
	naps: [250, 500, 1000, 2000, 4000],
	fails: /500/,
});
test('an outage behind a gateway is waited out for half a minute', retried, {
	answers: Array.from({length: 7}, () => status(502)),
	naps: [250, 500, 1000, 2000, 4000, 8000],
	fails: /502/,
});
test('500 is final for a POST', retried, {answers: [status(500)], request: {method: 'POST'}, naps: [], fails: /500/});
test('500 is sent again for a POST that may come twice', retried, {
	answers: [status(500)],
	request: {method: 'POST', idempotent: true},
	naps: [250],
});
test('a reset connection is tried again', retried, {answers: [reset, reset], naps: [250, 500]});
test('a reset connection is final for a POST', retried, {
	answers: [reset],
	request: {method: 'POST'},
	known: true,
	naps: [],
	fails: /closed the connection/,
});
test('a server that was there is waited for longer', retried, {
	answers: Array.from({length: 6}, () => reset),
	known: true,
	naps: [250, 500, 1000, 2000, 4000, 8000],
});
test('an answer that breaks off is read again', retried, {
	answers: [
		(request, response) => {
			response.writeHead(200, {'content-type': 'application/json', 'content-length': '100'}).write('{"kind"');
			setImmediate(() => request.socket.destroy());
		},
	],
	naps: [250],
});
test('a quota that somebody else counted at the same moment is tried again', retried, {
	answers: [(_, response) => refuse(response, 409, 'Conflict', 'Operation cannot be fulfilled on resourcequotas "q"')],
	request: {method: 'POST', idempotent: true},
	naps: [250],
});
test('404 is final', retried, {answers: [status(404)], naps: [], fails: /^refused with 404$/});

test('a refusal carries the status, reason, causes and time of the server', async t => {
	const server = await testServer(t, (_, response) =>
		json(response, 429, {
			kind: 'Status',
			reason: 'TooManyRequests',
			message: 'Cannot evict',
			details: {retryAfterSeconds: 10, causes: [{reason: 'DisruptionBudget', message: 'needs 2'}, 5]},
		}),
	);
	const api = apiOf(t, server.url);
	const error = await t.throwsAsync(api.request({method: 'POST', path: '/x', tries: 1, signal}), {instanceOf: ApiError});
	t.deepEqual(
		{status: error.status, reason: error.reason, retryAfter: error.retryAfter, causes: error.causes, remedy: error.remedy},
		{
			status: 429,
			reason: 'TooManyRequests',
			retryAfter: 10_000,
			causes: [
				{reason: 'DisruptionBudget', message: 'needs 2'},
				{reason: '', message: ''},
			],
			remedy: `${server.url} answered 429 to POST /x.`,
		},
	);
});

type Refused = {readonly answer: Answer; readonly message: RegExp; readonly remedy: RegExp; readonly exitCode?: ExitCode};

const refused = test.macro(async (t, {answer, message, remedy, exitCode = 1}: Refused) => {
	const server = await testServer(t, answer);
	const api = apiOf(t, server.url);
	const error = await t.throwsAsync(api.request({path: '/api/v1/nodes', signal}), {instanceOf: UserError});
	t.regex(error.message, message);
	t.regex(error.remedy ?? '', remedy);
	t.is(error.exitCode, exitCode);
});

const saysForbidden =
	(message: string): Answer =>
	(_, response) =>
		refuse(response, 403, 'Forbidden', message);

for (const verb of ['get', 'list', 'watch', 'create', 'delete', 'deletecollection']) {
	test(`403 on ${verb} names the missing rule`, refused, {
		answer: saysForbidden(
			`pods is forbidden: User "jane" cannot ${verb} resource "pods" in API group "" in the namespace "cni-upgrade"`,
		),
		message: new RegExp(`^user jane may not ${verb} pods in namespace cni-upgrade: pods is forbidden`),
		remedy: new RegExp(`^Needs: verb ${verb} on resource pods in namespace cni-upgrade\\..* kubectl cni-upgrade rbac preflight$`),
		exitCode: 5,
	});
}

test('403 in the whole cluster names the missing rule', refused, {
	answer: saysForbidden(
		'leases.coordination.k8s.io is forbidden: User "system:serviceaccount:ci:bot" cannot list resource "leases" in API group "coordination.k8s.io" at the cluster scope',
	),
	message: /^user system:serviceaccount:ci:bot may not list leases in the whole cluster/,
	remedy: /^Needs: verb list on resource leases\.coordination\.k8s\.io in the whole cluster\./,
	exitCode: 5,
});
test('403 on a path names it', refused, {
	answer: saysForbidden('forbidden: User "jane" cannot get path "/version"'),
	message: /^user jane may not get \/version: /,
	remedy: /^Needs: verb get on path \/version\./,
	exitCode: 5,
});
test('403 for nobody is about credentials', refused, {
	answer: saysForbidden(
		'nodes is forbidden: User "system:anonymous" cannot list resource "nodes" in API group "" at the cluster scope',
	),
	message: /takes us for nobody \(system:anonymous\)/,
	remedy: /kubectl auth whoami/,
	exitCode: 5,
});
test("403 by admission stays the server's own words", refused, {
	answer: saysForbidden('pods "x" is forbidden: violates PodSecurity "restricted:latest": hostPath volumes'),
	message: /^pods "x" is forbidden: violates PodSecurity/,
	remedy: /answered 403 to GET \/api\/v1\/nodes/,
});
test('401 names the server and the user', refused, {
	answer: (_, response) => refuse(response, 401, 'Unauthorized', 'Unauthorized'),
	message: /^https:\/\/127\.0\.0\.1:\d+ does not accept the credentials of user\/test: Unauthorized$/,
	remedy: /Log in again/,
});
test('a redirect to another host is not followed', refused, {
	answer: (_, response) => response.writeHead(302, {location: 'https://evil.example/'}).end(),
	message: /sends us on to https:\/\/evil\.example\/ \(302\), which is not followed/,
	remedy: /server URL/,
});
test('a login page is no API server', refused, {
	answer: (_, response) => response.writeHead(200, {'content-type': 'text/html'}).end('<html>Log in</html>'),
	message: /answered text\/html to \/api\/v1\/nodes, where the Kubernetes API was expected$/,
	remedy: /login page/,
});
test('an error page is told by its status alone', refused, {
	answer: (_, response) => response.writeHead(418, {'content-type': 'text/html'}).end('<html>\u001B[2J</html>'),
	message: /^HTTP 418$/,
	remedy: /answered 418/,
});
test('JSON that is none is told', refused, {
	answer: (_, response) => response.writeHead(200, {'content-type': 'application/json'}).end('{"kind":'),
	message: /gave an answer to \/api\/v1\/nodes that cannot be read \(.*JSON/,
	remedy: /server URL/,
});
test('packed bytes that are none are told', refused, {
	answer: (_, response) =>
		response.writeHead(200, {'content-type': 'application/json', 'content-encoding': 'gzip'}).end('no gzip'),
	message: /cannot be read|could not be asked/,
	remedy: /./,
});

for (const [what, headers, bytes] of [
	['that is damaged', {'content-encoding': 'gzip'}, Buffer.from('no gzip')],
	['that is too long', {}, Buffer.alloc(2000, 'x')],
	['that is too long once it is unpacked', {'content-encoding': 'gzip'}, gzipSync(Buffer.alloc(200_000, 'x'))],
] as const) {
	test(`of an answer ${what} nothing more is waited for`, async t => {
		const server = await testServer(t, (_, response) => {
			response.writeHead(200, {'content-type': 'application/json', ...headers});
			// Without an end.
			response.write(bytes);
		});
		const api = apiOf(t, server.url);
		await t.throwsAsync(api.request({path: '/x', maxBytes: 1000, tries: 1, signal}));
		t.true(await eventually(async () => server.requests[0]?.socket.destroyed === true));
	});
}

test('an answer is taken packed, and bounded by what it unpacks to', async t => {
	const packed = gzipSync(JSON.stringify({padding: 'x'.repeat(1_000_000)}));
	const server = await testServer(t, (_, response) =>
		response.writeHead(200, {'content-type': 'application/json', 'content-encoding': 'gzip'}).end(packed),
	);
	const api = apiOf(t, server.url);
	t.is(((await api.request({path: '/x', signal})).json as {padding: string}).padding.length, 1_000_000);
	t.regex((await t.throwsAsync(api.request({path: '/x', maxBytes: 500_000, signal}))).message, /longer than 500000 bytes/);
});

test('an answer that never ends is cut at its bound', async t => {
	const server = await testServer(t, (_, response) => {
		response.writeHead(200, {'content-type': 'application/json'});
		const more = () => {
			while (response.write('x'.repeat(65_536))) {
				// Until its buffer is full.
			}
		};
		response.on('drain', more);
		more();
	});
	const api = apiOf(t, server.url);
	await t.throwsAsync(api.request({path: '/x', maxBytes: 1_000_000, signal}), {message: /longer than 1000000 bytes/});
});

test('`__proto__` in an answer is a name like any other', async t => {
	const server = await testServer(t, (_, response) =>
		response.writeHead(200, {'content-type': 'application/json'}).end('{"__proto__": {"polluted": true}, "kind": "Thing"}'),
	);
	const api = apiOf(t, server.url);
	const {json: answer} = await api.request({path: '/x', signal});
	t.is((answer as {polluted?: unknown}).polluted, undefined);
	t.is(({} as {polluted?: unknown}).polluted, undefined);
});

/** Waits, without a clock, until something holds. */
async function until(holds: () => boolean): Promise<void> {
	while (!holds()) {
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}
}

test('a server that does not answer is given up after the time of two tries', async t => {
	const server = await testServer(t, () => undefined);
	const clock = new FakeClock(10_000);
	const api = apiOf(t, server.url, {clock});
	const asked = t.throwsAsync(api.request({path: '/x', timeout: 20_000, signal}), {instanceOf: UserError});
	await until(() => server.requests.length === 1);
	clock.advance(20_000);
	await until(() => server.requests.length === 2);
	clock.advance(20_000);
	const error = await asked;
	t.regex(error?.message ?? '', /did not answer within 20 s$/);
	t.regex(error?.remedy ?? '', /--request-timeout/);
	t.is(clock.waiting, 0);
});

test('an answer that trickles is given up too', async t => {
	const server = await testServer(t, (_, response) => response.writeHead(200, {'content-type': 'application/json'}).write('{'));
	const clock = new FakeClock(10_000);
	const api = apiOf(t, server.url, {clock});
	const asked = t.throwsAsync(api.request({method: 'POST', path: '/x', body: {}, signal}), {
		message: /did not answer within 30 s/,
	});
	await until(() => server.requests.length === 1);
	await until(() => clock.waiting === 1);
	clock.advance(30_000);
	await asked;
});

test('an abort ends a request at once, under way, waiting for its next try, and before it began', async t => {
	const server = await testServer(t, (request, response) => {
		if (request.url === '/throttled') {
			refuse(response, 429, 'TooManyRequests', 'later', {'retry-after': '50'});
		}
	});
	const clock = new FakeClock();
	const api = apiOf(t, server.url, {clock});
	for (const path of ['/silent', '/throttled']) {
		const controller = new AbortController();
		const seen = server.requests.length;
		const asked = t.throwsAsync(api.request({path, signal: controller.signal}), {message: 'Ctrl-C'});
		await until(() => server.requests.length > seen);
		controller.abort(new Error('Ctrl-C'));
		await asked;
	}

	await t.throwsAsync(api.request({path: '/x', signal: AbortSignal.abort(new Error('Ctrl-C'))}), {message: 'Ctrl-C'});
	t.is(server.requests.length, 2);
	t.is(clock.waiting, 0);
});

test('credentials are renewed once after a 401, and used from then on', async t => {
	const server = await testServer(t, (request, response) => {
		if (request.headers.authorization === 'Bearer new') {
			json(response, 200, {});
		} else {
			refuse(response, 401, 'Unauthorized', 'Unauthorized');
		}
	});
	let current = {headers: {authorization: 'Bearer old'}};
	let renewals = 0;
	const credentials = {
		who: 'user/test',
		get: async () => current,
		async renew() {
			renewals += 1;
			current = {headers: {authorization: 'Bearer new'}};
			return current;
		},
	};
	const api = apiOf(t, server.url, {credentials});
	await api.request({path: '/x', signal});
	await api.request({path: '/x', signal});
	t.is(renewals, 1);
	t.is(server.requests.length, 3);
});

test('a stream gives lines as they come, and its end', async t => {
	const server = await testServer(t, (_, response) => {
		response.writeHead(200, {'content-type': 'application/json'});
		response.write('{"a":1}\n{"b"');
		setImmediate(() => response.end(':"\u00E4"}\n\nlast'));
	});
	const api = apiOf(t, server.url);
	const lines: string[] = [];
	for await (const line of await api.stream({path: '/x', signal})) {
		lines.push(line);
	}

	t.deepEqual(lines, ['{"a":1}', '{"b":"\u00E4"}', '', 'last']);
});

test('a stream that breaks off throws, as one does whose line is too long', async t => {
	const server = await testServer(t, (request, response) => {
		response.writeHead(200, {'content-type': 'application/json'});
		response.write(`one\n${'x'.repeat(5000)}`);
		setImmediate(() => request.url === '/cut' && request.socket.destroy());
	});
	const api = apiOf(t, server.url);
	const read = async (path: string, maxBytes: number) => {
		const lines: string[] = [];
		for await (const line of await api.stream({path, maxBytes, signal})) {
			lines.push(line);
		}
	};
	await t.throwsAsync(read('/cut', 10_000), {message: /aborted/});
	await t.throwsAsync(read('/long', 1000), {message: /longer than 1000 bytes/});
});

test('a stream that is refused is retried and told as any request', async t => {
	const server = await testServer(t, script(status(503), status(410)));
	const clock = new FakeClock(30_000);
	const api = apiOf(t, server.url, {clock});
	const error = await t.throwsAsync(api.stream({path: '/x', signal}), {instanceOf: ApiError});
	t.is(error.status, 410);
	t.deepEqual(clock.naps, [250]);
	t.is(api.counts.throttled, 0);
});

type Unreachable = {readonly url: string; readonly message: RegExp; readonly remedy: RegExp};

const unreachable = test.macro(async (t, {url, message, remedy}: Unreachable) => {
	const api = apiOf(t, url);
	const error = await t.throwsAsync(api.request({path: '/version', signal}), {instanceOf: UserError});
	t.true(error.message.startsWith(url), error.message);
	t.regex(error.message, message);
	t.regex(error.remedy ?? '', remedy);
	t.is(api.counts.requests, 1);
});

// Port 1 is nobody's.
test('nothing that listens', unreachable, {
	url: 'https://127.0.0.1:1',
	message: /refused the connection: nothing listens there/,
	remedy: /tunnel or VPN/,
});
test('a name that is none', unreachable, {
	url: 'https://api.invalid:6443',
	message: /has a name that cannot be resolved/,
	remedy: /DNS/,
});

test('a certificate of an authority that is not trusted', async t => {
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	const api = apiOf(t, server.url, {trusted: false});
	const error = await t.throwsAsync(api.request({path: '/version', signal}), {instanceOf: UserError});
	t.regex(error.message, /shows a certificate from an authority that this kubeconfig does not trust/);
	t.regex(error.remedy ?? '', /certificate-authority-data/);
	t.is(api.counts.requests, 1);
});

test('a certificate for another name, and the flag that says which', async t => {
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	const api = apiOf(t, server.url, {servername: 'other.example'});
	const error = await t.throwsAsync(api.request({path: '/version', signal}), {instanceOf: UserError});
	t.regex(error.message, /shows a certificate for other names/);
	t.regex(error.remedy ?? '', /--tls-server-name/);
	const named = apiOf(t, server.url, {servername: 'localhost'});
	await named.request({path: '/version', signal});
	t.is(server.requests[0]?.headers.host, new URL(server.url).host);
});

test('https to a server that speaks plain http, and the reverse', async t => {
	const plain = await testServer(t, (_, response) => json(response, 200, {}), {plain: true});
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	const wrong = apiOf(t, plain.url.replace('http:', 'https:'));
	const error = await t.throwsAsync(wrong.request({path: '/version', signal}), {instanceOf: UserError});
	t.regex(error.message, /does not speak TLS|ended the TLS handshake|no common TLS/);
	const reverse = apiOf(t, server.url.replace('https:', 'http:'));
	await t.throwsAsync(reverse.request({path: '/version', signal, tries: 1}), {instanceOf: UserError});
	const right = apiOf(t, plain.url);
	await t.notThrowsAsync(right.request({path: '/version', signal}));
});

test('a proxy is asked for a tunnel, with its password, and connections through it are kept', async t => {
	const server = await testServer(t, (_, response) => json(response, 200, {}));
	const asked: string[] = [];
	const proxy = createHttpServer();
	t.teardown(() => {
		proxy.close();
		proxy.closeAllConnections();
	});
	proxy.on('connect', (request, socket, head) => {
		asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
		const [host = '', port = ''] = (request.url ?? '').split(':');
		const onward = connect(Number(port), host, () => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			onward.write(head);
			onward.pipe(socket).pipe(onward);
		});
		onward.on('error', () => socket.destroy());
		socket.on('error', () => onward.destroy());
	});
	await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
	const {port} = proxy.address() as AddressInfo;
	const api = apiOf(t, server.url, {proxy: new URL(`http://me:secret@127.0.0.1:${port}`)});
	for (let count = 0; count < 5; count += 1) {
		await api.request({path: '/version', signal});
	}

	t.deepEqual(asked, [`${new URL(server.url).host} Basic ${btoa('me:secret')}`]);
});

test('a proxy that refuses is told, without its password', async t => {
	const proxy = createHttpServer();
	t.teardown(() => {
		proxy.close();
		proxy.closeAllConnections();
	});
	proxy.on('connect', (_, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
	await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
	const {port} = proxy.address() as AddressInfo;
	const api = apiOf(t, 'https://api.example:6443', {proxy: new URL(`http://me:secret@127.0.0.1:${port}`)});
	const error = await t.throwsAsync(api.request({path: '/version', signal}), {instanceOf: UserError});
	t.regex(
		error.message,
		/^https:\/\/api\.example:6443 \(through the proxy http:\/\/127\.0\.0\.1:\d+\) is not reachable through the proxy/,
	);
	t.notRegex(error.message, /secret/);
	t.regex(error.remedy ?? '', /HTTPS_PROXY/);
});

test('429 is counted', async t => {
	const server = await testServer(t, script(throttle, status(503), throttle));
	const api = apiOf(t, server.url);
	await api.request({path: '/x', signal});
	t.deepEqual(api.counts, {requests: 4, throttled: 2});
});

test('a nap on the real clock ends when its time is over, or its signal aborts', async t => {
	const began = systemClock.monotonic();
	await systemClock.sleep(1, signal);
	t.true(systemClock.monotonic() > began);
	t.true(systemClock.now() > Date.UTC(2025));
	const controller = new AbortController();
	const nap = t.throwsAsync(systemClock.sleep(1e12, controller.signal), {message: 'Ctrl-C'});
	controller.abort(new Error('Ctrl-C'));
	await nap;
	await t.throwsAsync(systemClock.sleep(1, controller.signal), {message: 'Ctrl-C'});
});
