import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {systemClock} from '../../../lib/clock.ts';
import {connect} from '../../../lib/cluster/connect.ts';
import {findNodes} from '../../../lib/cluster/nodes.ts';
import {type NodeShell, ShellLost} from '../../../lib/transport/node-shell.ts';
import {openPodShell} from '../../../lib/transport/open-pod.ts';
import {openSshShell} from '../../../lib/transport/open-ssh.ts';
import {paths} from '../../contract/objects.ts';
import {clientOf, RealCluster} from '../../contract/real.ts';
import {reachBy} from '../../transport/ssh-reach.ts';
import {type Rig, testCluster} from './cluster.ts';

/** One node's shell by each way, against real kubelets, runtimes and sshd. */
const asked = testCluster();
if (asked?.rig === undefined) {
	test('commands run as root on nodes of the rig only', t => {
		t.pass('this cluster is not the rig, or none is up: what else the suite says of that stands in contract.test.ts');
	});
} else {
	onOwnCluster(asked.kubeconfig, asked.rig);
}

/** 60 MiB that are no repetition. */
function bigInput(): Buffer {
	const bytes = Buffer.alloc(60 * 1024 * 1024);
	for (let at = 0; at < bytes.length; at += 4) {
		bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
	}

	return bytes;
}

function onOwnCluster(kubeconfig: string, rig: Rig): void {
	const client = clientOf(kubeconfig);
	const cluster = new RealCluster(client);
	const {signal} = new AbortController();
	const limits = {maxBytes: 1_000_000, timeout: 60_000, signal};
	let namespace = '';
	let runs = 0;
	test.serial.before(async () => {
		({namespace} = await cluster.server(950));
	});
	test.after.always(async () => {
		await cluster.clean();
		client.close();
	});

	async function apiOf(t: ExecutionContext) {
		const api = await connect({kubeconfig}, {env: {}, clock: systemClock, signal, stderr: {write: () => undefined}});
		t.teardown(() => api.close());
		return api;
	}

	async function byPod(t: ExecutionContext, node: string): Promise<NodeShell> {
		const api = await apiOf(t);
		const [row] = await findNodes(api, {names: [node], detail: 'metadata', signal});
		if (row === undefined) {
			throw new Error(`no node/${node}`);
		}

		runs += 1;
		const shell = await openPodShell({
			api,
			namespace,
			target: {
				node,
				uid: row.uid ?? '',
				arch: row.labels?.['kubernetes.io/arch'] ?? '',
				osImage: row.osImage,
				kubeletVersion: row.version,
				runtime: row.runtime,
				notReady: false,
			},
			image: undefined,
			pullSecret: undefined,
			run: `shell${String(runs).padStart(5, '0')}`,
			deadlineSeconds: 300,
			clock: systemClock,
			onNotice: message => t.log(message),
			signal,
		});
		t.teardown(async () => shell.close());
		return shell;
	}

	async function bySsh(t: ExecutionContext, node: string, user?: string): Promise<NodeShell> {
		const reach = await reachBy(rig.sshConfig, user);
		const password = user === 'careful' ? readFileSync(join(dirname(rig.sshConfig), 'password'), 'utf8').trim() : undefined;
		const api = await apiOf(t);
		const options = {api, reach, node: {name: node, hostname: node}, host: node, sudo: {password}, clock: systemClock, signal};
		const shell = await openSshShell(options);
		t.teardown(async () => {
			await shell.close();
			await reach.close();
		});
		return shell;
	}

	const said = async (shell: NodeShell, words: readonly string[], stdin?: string | Uint8Array) => {
		const {code, stdout, stderr} = await shell.exec(words, {...limits, ...(stdin !== undefined && {stdin})});
		return `${code} ${stdout.toString().trim()}${stderr === '' ? '' : ` (${stderr.trim()})`}`;
	};

	const ways: readonly (readonly [string, string, (t: ExecutionContext) => Promise<NodeShell>])[] = [
		...['node-trixie', 'node-early', 'node-crio'].map(
			node => [`through a pod on ${node}`, node, async (t: ExecutionContext) => byPod(t, node)] as const,
		),
		['by SSH as root', 'node-crio', async t => bySsh(t, 'node-crio')],
		['by SSH as somebody who may sudo', 'node-trixie', async t => bySsh(t, 'node-trixie', 'admin')],
		['by SSH as somebody whose sudo asks', 'node-trixie', async t => bySsh(t, 'node-trixie', 'careful')],
	];
	for (const [how, node, open] of ways) {
		test.serial(`commands run as root on a node, ${how}`, async t => {
			const shell = await open(t);
			t.is(await said(shell, ['id', '-u']), '0 0');
			t.is(await said(shell, ['hostname']), `0 ${node}`);
			t.is(await said(shell, ['systemctl', 'is-system-running']), '0 running');
			t.is(await said(shell, ['/bin/sh', '-s', 'a~b', '%c'], 'echo "$1$2" >&2; exit 3\n'), '3  (a~b%c)');
			// Of a command that is not there sudo says 1.
			t.regex(await said(shell, ['no-such-command-here']), /^(127|1) .*no-such-command-here/);
			t.is(
				await said(shell, ['/bin/sh', '-s'], 'readlink /proc/self/ns/mnt | grep -cxF "$(readlink /proc/1/ns/mnt)"'),
				'0 1',
				'in the namespace of the first process',
			);
			const input = bigInput();
			t.is(await said(shell, ['sha256sum'], input), `0 ${createHash('sha256').update(input).digest('hex')}  -`);
			const pieces = (async function* () {
				for (let at = 0; at < input.length; at += 5_000_000) {
					yield input.subarray(at, at + 5_000_000);
				}
			})();
			const counted = await shell.exec(['wc', '-c'], {...limits, stdin: pieces});
			t.is(counted.stdout.toString().trim(), String(input.length));
			await t.throwsAsync(shell.exec(['head', '-c', '2000000', '/dev/zero'], limits), {message: /more than 1000000 bytes/});
			t.is(await said(shell, ['id', '-u']), '0 0', 'and goes on after that');
		});
	}

	test.serial(
		'a command that is left, one that takes too long, and a stream that is cut are all told, and the next one works',
		async t => {
			for (const shell of [await byPod(t, 'node-trixie'), await bySsh(t, 'node-trixie')]) {
				const leave = new AbortController();
				setTimeout(() => leave.abort(new Error('left')), 500);
				await t.throwsAsync(shell.exec(['sleep', '60'], {...limits, signal: leave.signal}), {message: 'left'});
				await t.throwsAsync(shell.exec(['sleep', '60'], {...limits, timeout: 500}), {instanceOf: ShellLost});
				t.is(await said(shell, ['id', '-u']), '0 0');
				// The far end of the connection goes away in the middle.
				const cut =
					shell.way === 'ssh'
						? 'pid=$$; while [ "$(cat /proc/$pid/comm)" != sshd ] && [ "$(cat /proc/$pid/comm)" != sshd-session ]; do pid=$(cut -d" " -f4 /proc/$pid/stat); done; kill -9 "$pid"; sleep 20'
						: 'kill -9 "$(pgrep -x kubelet)"; sleep 20';
				await t.throwsAsync(shell.exec(['/bin/sh', '-s'], {...limits, stdin: cut}), {instanceOf: ShellLost});
				t.is(await again(async () => said(shell, ['id', '-u'])), '0 0', shell.way);
			}
		},
	);

	test.serial('containerd that restarts cuts the shell, which works again afterwards in the same pod', async t => {
		const shell = await byPod(t, 'node-trixie');
		const before = await uids();
		await said(shell, ['systemctl', 'restart', '--no-block', 'containerd']);
		t.is(await again(async () => said(shell, ['systemctl', 'is-active', 'containerd'])), '0 active');
		t.deepEqual(await uids(), before);
	});

	test.serial('an act pod that somebody deletes is made again, and none is left', async t => {
		const shell = await byPod(t, 'node-crio');
		const [name] = (await pods()).map(({metadata}) => metadata.name);
		const before = await uids();
		await client.call('DELETE', `${paths.pods(namespace)}/${name}`);
		t.is(await again(async () => said(shell, ['hostname'])), '0 node-crio');
		t.notDeepEqual(await uids(), before);
		await shell.close();
		t.is(await again(async () => String((await pods()).length)), '0');
	});

	async function pods(): Promise<readonly {readonly metadata: {readonly name: string; readonly uid: string}}[]> {
		return (await client.call('GET', paths.pods(namespace))).json.items;
	}

	async function uids(): Promise<readonly string[]> {
		return (await pods()).map(({metadata}) => metadata.uid);
	}

	/** As whoever works on a node does: until the way is there again. */
	async function again(ask: () => Promise<string>): Promise<string> {
		for (let tries = 1; ; tries += 1) {
			try {
				const answer = await ask();
				if (answer !== '1' || tries > 30) {
					return answer;
				}
			} catch (error) {
				if (!(error instanceof ShellLost) || tries > 30) {
					throw error;
				}
			}

			await new Promise(resolve => {
				setTimeout(resolve, 500);
			});
		}
	}
}
