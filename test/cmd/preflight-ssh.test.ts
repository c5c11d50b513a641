import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import type {Report} from '../../lib/check/report.ts';
import {startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {configNewerThanPlugins, silentNode, versionMissingOnOldContainerd} from '../embedded/scenarios.ts';
import {newSshKey} from '../embedded/ssh-key.ts';
import {type SshServer, startSshServer} from '../embedded/ssh-server.ts';
import {type CliResult, cli} from './run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-ssh-'));
const clientKey = newSshKey();
const otherKey = newSshKey();
const withSudo = (policy: string) => ({'/.stand-in/uid': '1000\n', '/.stand-in/sudo': `${policy}\n`});
const names = ['worker-1', 'worker-2', 'worker-6'];
const nodes = [configNewerThanPlugins(), versionMissingOnOldContainerd(), silentNode()];
const asked = (setup: (typeof nodes)[number], name: string, policy: string) =>
	setup.host.kind === 'tree'
		? {
				...setup,
				object: {...setup.object, metadata: {...setup.object.metadata, name, uid: `uid-of-${name}`}},
				host: {
					...setup.host,
					commands: [...setup.host.commands, 'sudo'],
					files: {...setup.host.files, '/proc/sys/kernel/hostname': `${name}\n`, ...withSudo(policy)},
				},
			}
		: setup;
const cluster = await startEmbeddedCluster({
	nodes: [
		...nodes,
		asked(configNewerThanPlugins(), 'sudo-free', 'nopasswd'),
		asked(configNewerThanPlugins(), 'sudo-asks', 'password s3cret'),
		asked(configNewerThanPlugins(), 'sudo-denied', 'denied'),
		asked(configNewerThanPlugins(), 'elsewhere', 'nopasswd'),
		asked(configNewerThanPlugins(), 'endless', 'nopasswd'),
	],
	users: [{name: 'lister', rules: [{verbs: ['list', 'get'], apiGroups: [''], resources: ['nodes']}]}],
});
const sshd: Record<string, SshServer> = {};
for (const name of [...names, 'sudo-free', 'sudo-asks', 'sudo-denied']) {
	sshd[name] = await startSshServer({
		tree: cluster.tree(name),
		authorizedKey: clientKey.public,
		...(name === 'worker-2' && {noise: {before: 'Welcome!\r\nrc: warning\n#cni-upgrade BEGIN nonsense\n', after: '\nlogout\n'}}),
		...(name === 'worker-1' && {drops: 2}),
	});
}

sshd['endless'] = await startSshServer({tree: cluster.tree('endless'), authorizedKey: clientKey.public, endless: true});
// An address that leads to another machine than the node.
sshd['elsewhere'] = sshd['sudo-free'] as SshServer;
sshd['jump'] = await startSshServer({authorizedKey: clientKey.public, forwards: true});

const home = join(directory, 'home');
mkdirSync(join(home, '.ssh'), {recursive: true, mode: 0o700});
writeFileSync(join(home, '.ssh/id_ed25519'), clientKey.private, {mode: 0o600});
writeFileSync(join(directory, 'other-key'), otherKey.private, {mode: 0o600});
const kubeconfig = join(directory, 'kubeconfig');
writeFileSync(kubeconfig, cluster.kubeconfig('lister'));
const adminKubeconfig = join(directory, 'kubeconfig-admin');
writeFileSync(adminKubeconfig, cluster.kubeconfig());

/** ~/.ssh as an operator has it: every node by its name, its port, and its known host key. */
function configure({
	jump = false,
	known = names,
	changed = [],
}: {
	jump?: boolean;
	known?: readonly string[];
	changed?: readonly string[];
} = {}) {
	const config = Object.entries(sshd).map(
		([name, {port}]) =>
			`Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n  User root\n${jump && name !== 'jump' ? '  ProxyJump jump\n' : ''}`,
	);
	const lines = Object.entries(sshd)
		.filter(([name]) => known.includes(name))
		.map(
			([name, {port, hostKey}]) => `[127.0.0.1]:${port} ${changed.includes(name) ? (sshd['jump']?.hostKey ?? '') : hostKey}\n`,
		);
	writeFileSync(join(home, '.ssh/config'), config.join('\n'));
	writeFileSync(join(home, '.ssh/known_hosts'), lines.join(''));
}

async function preflight(
	argv: readonly string[],
	{admin = false}: {readonly admin?: boolean} = {},
): Promise<CliResult & {report: Report}> {
	const result = await cli(['preflight', '-ojson', '--skip', 'node-ready', ...argv], {
		env: {KUBECONFIG: admin ? adminKubeconfig : kubeconfig, HOME: home},
	});
	return {...result, report: (result.stdout === '' ? {nodes: []} : JSON.parse(result.stdout)) as Report};
}

const found = ({nodes}: Report, name: string) => nodes.find(node => node.name === name);
const errorsOf = (report: Report, name: string) =>
	found(report, name)?.findings.flatMap(({check, severity}) => (severity === 'error' ? check : []));

test.after.always(async () => {
	await Promise.all([...new Set(Object.values(sshd))].map(async server => server.stop()));
	await cluster.stop();
	rmSync(directory, {recursive: true});
});

test.serial(
	'by SSH the two conditions of the docs page are found, with one connection and one command a node, and no pod',
	async t => {
		configure();
		const {code, report, stderr} = await preflight(['--via', 'ssh', ...names]);
		t.is(code, 3, stderr);
		t.deepEqual(
			report.nodes.map(({via}) => via),
			['ssh', 'ssh', 'ssh'],
		);
		t.deepEqual(errorsOf(report, 'worker-1'), ['plugin-supports-config']);
		t.deepEqual(errorsOf(report, 'worker-2'), ['spec-version-set']);
		t.deepEqual(errorsOf(report, 'worker-6'), ['loopback-present', 'config-present', 'network-ready']);
		t.regex(stderr, /asking 3 nodes by SSH\n/);
		for (const name of ['worker-2', 'worker-6']) {
			t.is(sshd[name]?.seen.connections, 1, name);
			t.is(sshd[name]?.seen.commands.length, 1, name);
		}

		t.is(sshd['worker-1']?.seen.connections, 3, 'two connections were dropped before the banner, and tried again');
		t.deepEqual(cluster.requests.summary()['pods:create'] ?? 0, 0);
	},
);

test.serial('auto asks by pod, then by SSH the node whose kubelet is silent, and says which way each answer came', async t => {
	configure();
	const {code, report, stderr} = await preflight(['--timeout', '3s', ...names], {admin: true});
	t.is(code, 3, stderr);
	t.deepEqual(
		report.nodes.map(({name, via}) => [name, via]),
		[
			['worker-1', 'pod'],
			['worker-2', 'pod'],
			['worker-6', 'ssh'],
		],
	);
	t.deepEqual(errorsOf(report, 'worker-6'), ['loopback-present', 'config-present', 'network-ready']);
	t.regex(stderr, /asking 1 node by SSH\n/);
});

test.serial('auto leaves SSH alone where nothing speaks of it', async t => {
	writeFileSync(join(home, '.ssh/config'), 'Host *\n  User root\n');
	const {report, stderr} = await preflight(['--timeout', '2s', 'worker-6'], {admin: true});
	t.is(found(report, 'worker-6')?.via, 'pod');
	t.notRegex(stderr, /SSH/);
});

test.serial('through a jump host, which is logged in to once for all nodes', async t => {
	configure({jump: true, known: [...names, 'jump']});
	const before = sshd['jump']?.seen.logins.length ?? 0;
	const {code, report, stderr} = await preflight(['--via', 'ssh', ...names]);
	t.is(code, 3, stderr);
	t.true(report.nodes.every(({via, verdict}) => via === 'ssh' && verdict !== 'unknown'));
	t.is((sshd['jump']?.seen.logins.length ?? 0) - before, 1);
	t.is(sshd['jump']?.seen.forwards.length, 3);
});

test.serial('a changed host key is refused before anything is sent, and costs its own node only', async t => {
	configure({changed: ['worker-2']});
	const before = sshd['worker-2']?.seen.logins.length;
	const {code, report} = await preflight(['--via', 'ssh', ...names]);
	t.is(code, 3);
	t.regex(
		found(report, 'worker-2')?.unknown.join() ?? '',
		/host key of host\/127\.0\.0\.1:\d+ has changed.*known_hosts:2.*ssh-keygen -f \S+ -R/,
	);
	t.is(sshd['worker-2']?.seen.logins.length, before);
	t.deepEqual(errorsOf(report, 'worker-1'), ['plugin-supports-config']);
});

test.serial('an unknown host key is refused where nobody can be asked, with its fingerprint', async t => {
	configure({known: []});
	const {code, report} = await preflight(['--via', 'ssh', 'worker-1']);
	t.is(code, 1);
	t.regex(
		found(report, 'worker-1')?.unknown.join() ?? '',
		/is not known, and there is no terminal to ask at: it shows \S+ key SHA256:\S{43}/,
	);
});

test.serial('sudo without a password is used where the user is not root', async t => {
	configure({known: ['sudo-free']});
	const {report, stderr} = await preflight(['--via', 'ssh', 'sudo-free', '--ssh-user', 'ops']);
	t.deepEqual(errorsOf(report, 'sudo-free'), ['plugin-supports-config'], stderr);
	t.is(sshd['sudo-free']?.seen.logins.at(-1), 'ops');
});

test.serial('sudo that asks, and sudo that refuses, are told as that', async t => {
	configure({known: ['sudo-asks', 'sudo-denied']});
	const {report} = await preflight(['--via', 'ssh', 'sudo-asks', 'sudo-denied', '--ssh-user', 'ops']);
	t.regex(found(report, 'sudo-asks')?.unknown.join() ?? '', /sudo asks for a password there; give it once/);
	t.regex(found(report, 'sudo-denied')?.unknown.join() ?? '', /may not become root there by sudo/);
});

test.serial('an address that leads to another machine is no answer of the node', async t => {
	configure({known: ['sudo-free']});
	const {report} = await preflight(['--via', 'ssh', 'elsewhere']);
	t.regex(found(report, 'elsewhere')?.unknown.join() ?? '', /SSH led to another machine: it calls itself sudo-free/);
});

test.serial('a node that answers without an end costs its own row, and no escape of it reaches the report', async t => {
	configure({known: ['worker-1', 'endless']});
	const {report, stdout, stderr} = await preflight(['--via', 'ssh', 'worker-1', 'endless']);
	t.regex(found(report, 'endless')?.unknown.join() ?? '', /sent more than 262144 bytes of output/);
	t.deepEqual(errorsOf(report, 'worker-1'), ['plugin-supports-config']);
	t.false(`${stdout}${stderr}`.includes('\u001b'));
});

test.serial('a key that is not authorized is told as that', async t => {
	configure({known: names});
	const {code, report} = await preflight(['--via', 'ssh', 'worker-1', '--ssh-key', join(directory, 'other-key')]);
	t.is(code, 1);
	t.regex(found(report, 'worker-1')?.unknown.join() ?? '', /127\.0\.0\.1:\d+/);
});

const refuses = test.macro(async (t, argv: readonly string[], says: RegExp) => {
	const {code, stderr, stdout} = await preflight(argv);
	t.is(code, 2);
	t.regex(stderr, says);
	t.is(stdout, '');
});

test(
	'a template that leads every node to one host',
	refuses,
	['--ssh-host-template', 'bastion'],
	/needs \{name\} or \{address\}/,
);
test('a user that is a flag', refuses, ['--ssh-user', '-oProxyCommand=id'], /is not a user to log in as|flag needs a value/);
test('a port that is none', refuses, ['--ssh-port', '70000'], /expected a port from 1 to 65535/);
test('a jump host that is none', refuses, ['--ssh-jump', 'a b'], /is no jump host/);
