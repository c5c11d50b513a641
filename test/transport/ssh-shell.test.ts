import {createHash} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {systemClock} from '../../lib/clock.ts';
import {ShellLost} from '../../lib/transport/node-shell.ts';
import {openSshShell} from '../../lib/transport/open-ssh.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {apiOf} from '../cluster-client/test-server.ts';
import type {Json} from '../contract/plain-client.ts';
import {type EmbeddedCluster, startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {healthyNode} from '../embedded/scenarios.ts';
import {newSshKey} from '../embedded/ssh-key.ts';
import {type SshServer, type SshServerOptions, startSshServer} from '../embedded/ssh-server.ts';
import {reachBy} from './ssh-reach.ts';

const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-ssh-shell-'));
const key = newSshKey();
const {signal} = new AbortController();
const limits = {maxBytes: 1000, timeout: 20_000, signal};

let cluster: EmbeddedCluster;

const withFiles = (name: string, more: Readonly<Record<string, string>>) => {
	const node = healthyNode(name);
	return node.host.kind === 'tree'
		? {...node, host: {...node.host, commands: [...node.host.commands, 'sudo'], files: {...node.host.files, ...more}}}
		: node;
};
const withSudo = (name: string, policy: string) =>
	withFiles(name, {'/.stand-in/uid': '1000\n', '/.stand-in/sudo': `${policy}\n`});

const bootFile = '/proc/sys/kernel/random/boot_id';
const otherBoot = '11111111-2222-3333-4444-555555555555\n';
const otherMachine = '0123456789abcdef0123456789abcdef\n';
const withIds = (name: string, files: Readonly<Record<string, string>>, reported: Readonly<Record<string, string>>) => {
	const node = withFiles(name, files);
	const {status} = node.object;
	return {...node, object: {...node.object, status: {...status, nodeInfo: {...status.nodeInfo, ...reported}}}};
};

test.before(async () => {
	writeFileSync(join(directory, 'key'), key.private, {mode: 0o600});
	cluster = await startEmbeddedCluster({
		nodes: [
			withFiles('node-1', {}),
			withSudo('sudo-free', 'nopasswd'),
			withSudo('sudo-asks', 'password s3cret'),
			withSudo('sudo-denied', 'denied'),
			withFiles('renamed', {'/proc/sys/kernel/hostname': 'ip-10-0-0-1\n'}),
			withFiles('twin', {[bootFile]: otherBoot, '/etc/machine-id': otherMachine}),
			withFiles('rebooted', {[bootFile]: otherBoot}),
			withIds('dbus', {[bootFile]: otherBoot, '/etc/machine-id': '', '/var/lib/dbus/machine-id': 'ABCD\n'}, {machineID: ' abcd'}),
			withFiles('reinstalled', {'/etc/machine-id': otherMachine}),
			withIds('unreported', {}, {bootID: '', machineID: ''}),
			withIds('half-reported', {[bootFile]: otherBoot}, {machineID: ''}),
		],
	});
});

test.after.always(async () => {
	await cluster.stop();
	rmSync(directory, {recursive: true});
});

let servers = 0;

async function start(
	t: ExecutionContext,
	node: string,
	options: Partial<SshServerOptions> & {password?: string; named?: string} = {},
) {
	servers += 1;
	const id = servers;
	const server: SshServer = await startSshServer({tree: cluster.tree(node), authorizedKey: key.public, ...options});
	t.teardown(async () => server.stop());
	const known = join(directory, `known_hosts-${id}`);
	const config = join(directory, `config-${id}`);
	writeFileSync(known, `[127.0.0.1]:${server.port} ${server.hostKey}\n`);
	writeFileSync(
		config,
		`Host there\nHostName 127.0.0.1\nPort ${server.port}\nUser ops\nIdentityFile ${join(directory, 'key')}\nIdentitiesOnly yes\nUserKnownHostsFile ${known}\nGlobalKnownHostsFile /dev/null\n`,
	);
	const reach = await reachBy(config);
	const api = apiOf(t, cluster.url, {
		clock: new FakeClock(3_000),
		credentials: {
			who: 'user/admin',
			get: async () => ({headers: {authorization: 'Bearer admin-token'}}),
			renew: async () => undefined,
		},
	});
	const opening = openSshShell({
		api,
		reach,
		node: {name: options.named ?? node, hostname: undefined},
		host: 'there',
		sudo: {password: options.password},
		clock: systemClock,
		signal,
	});
	t.teardown(async () => {
		await opening.then(async shell => shell.close()).catch(() => undefined);
		await reach.close();
	});
	return {server, opening};
}

const noise = {before: 'Welcome!\r\nrc: warning\n', after: '\nlogout\n'};
for (const [title, node, options] of [
	['as root', 'node-1', {}],
	['by sudo', 'sudo-free', {}],
	['by sudo that asks', 'sudo-asks', {password: 's3cret'}],
	['with a password that nobody asks for', 'sudo-free', {password: 's3cret'}],
] as const) {
	test(`commands run by SSH ${title}, with their input, output and exit code`, async t => {
		const {opening} = await start(t, node, options);
		const shell = await opening;
		t.is(shell.way, 'ssh');
		const said = await shell.exec(['cat'], {...limits, stdin: 'hello\0\n'});
		t.deepEqual({...said, stdout: said.stdout.toString()}, {code: 0, stdout: 'hello\0\n', stderr: ''});
		const failed = await shell.exec(['/bin/sh', '-s', '~', 'a~b', '%c', '=x'], {
			...limits,
			stdin: 'echo "$1$2$3$4" >&2; exit 3\n',
		});
		t.like(failed, {code: 3, stderr: '~a~b%c=x\n'});
		const bytes = Buffer.alloc(4_000_001, 'abc');
		const pieces = (async function* () {
			yield bytes.subarray(0, 1_000_000);
			yield bytes.subarray(1_000_000);
		})();
		for (const stdin of [bytes, pieces]) {
			const hash = await shell.exec(['sha256sum'], {...limits, stdin});
			t.is(hash.stdout.toString().slice(0, 64), createHash('sha256').update(bytes).digest('hex'));
		}
	});
}

test('a noisy shell is no other machine', async t => {
	const {opening} = await start(t, 'node-1', {noise});
	const shell = await opening;
	t.regex((await shell.exec(['echo', 'x'], limits)).stdout.toString(), /^Welcome!\r\nrc: warning\nx\n\nlogout\n$/);
});

test('who may not become root is told so, and so is who has the wrong password', async t => {
	const denied = await start(t, 'sudo-denied');
	await t.throwsAsync(denied.opening, {
		message: /^node\/sudo-denied cannot be worked on by SSH: the SSH user may not become root/,
	});
	const wrong = await start(t, 'sudo-asks', {password: 'no'});
	await t.throwsAsync(wrong.opening, {message: /^node\/sudo-asks cannot be worked on by SSH: sudo did not take the password/});
});

test('another machine than the node is refused before anything is done there', async t => {
	const {opening, server} = await start(t, 'node-1', {named: 'sudo-free'});
	const error = await t.throwsAsync(opening);
	t.is(error?.message, "node/sudo-free: SSH led to another machine: it calls itself node-1, and its boot id is not the node's");
	t.is(server.seen.commands.length, 1);
});

for (const [title, node, isNode] of [
	['after a reboot that its kubelet has not reported', 'rebooted', true],
	['after such a reboot, with the machine id of D-Bus', 'dbus', true],
	['with another machine id in the boot that its kubelet reported', 'reinstalled', true],
	['of which its kubelet reported nothing', 'unreported', true],
	['of another boot and another machine id', 'twin', false],
	['of another boot, where no machine id was reported', 'half-reported', false],
] as const) {
	test(`a machine of the node's name ${title} is ${isNode ? 'the node' : 'another'}, at the cost of one request`, async t => {
		const {opening, server} = await start(t, node);
		if (isNode) {
			t.is((await (await opening).exec(['echo', 'x'], limits)).code, 0);
		} else {
			t.like(await t.throwsAsync(opening), {
				message: `node/${node}: SSH led to another machine: it calls itself ${node} as the node does, but neither its boot id nor its machine id is the node's`,
				exitCode: 5,
			});
			t.is(server.seen.commands.length, 1);
		}

		t.is(cluster.requests.count({resource: 'nodes', name: node}), 1);
	});
}

test('a machine of another name is the node where its boot is the one that the kubelet reports, and still after a reboot', async t => {
	const name = 'renamed';
	const {root} = cluster.tree(name);
	const file = join(root, bootFile);
	const object = cluster.list('nodes').find(({metadata}) => metadata.name === name) as Json;
	writeFileSync(file, `${object.status.nodeInfo.bootID}\n`);
	const {opening, server} = await start(t, name);
	const shell = await opening;
	t.is((await shell.exec(['echo', 'x'], limits)).code, 0);
	writeFileSync(file, otherBoot);
	server.drop();
	await new Promise(resolve => {
		setTimeout(resolve, 50);
	});
	const answer = await shell.exec(['echo', 'x'], limits).catch(async (error: unknown) => {
		t.true(error instanceof ShellLost);
		return shell.exec(['echo', 'x'], limits);
	});
	t.is(answer.code, 0, 'the machine id is the same');
	const second = await start(t, name);
	await t.throwsAsync(second.opening, {message: /SSH led to another machine: it calls itself ip-10-0-0-1/});
});

test('a connection that is cut in the middle of a command is lost, and the next command opens another', async t => {
	const {opening, server} = await start(t, 'node-1');
	const shell = await opening;
	const running = t.throwsAsync(shell.exec(['sleep', '20'], limits), {instanceOf: ShellLost});
	for (let tries = 0; tries < 200 && server.seen.commands.length < 2; tries += 1) {
		await new Promise(resolve => {
			setTimeout(resolve, 5);
		});
	}

	server.drop();
	t.regex((await running)?.message ?? '', /^node\/node-1 was not reached, or the way to it was cut: /);
	t.is((await shell.exec(['echo', 'x'], limits)).stdout.toString(), 'x\n');
	t.is(server.seen.connections, 2);
	await t.throwsAsync(shell.exec(['sleep', '20'], {...limits, timeout: 100}), {
		instanceOf: ShellLost,
		message: /did not end within 0\.1 s/,
	});
	await t.throwsAsync(shell.exec(['echo', '$(id)'], limits), {instanceOf: TypeError});
	t.is((await shell.exec(['echo', 'x'], limits)).stdout.toString(), 'x\n');
	const leave = new AbortController();
	const left = t.throwsAsync(shell.exec(['sleep', '20'], {...limits, signal: leave.signal}), {message: 'Ctrl-C'});
	leave.abort(new Error('Ctrl-C'));
	await left;
	await shell.close();
	await t.throwsAsync(shell.exec(['echo', 'x'], limits), {instanceOf: TypeError});
});
