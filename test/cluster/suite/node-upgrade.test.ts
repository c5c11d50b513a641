import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {eventually} from '../../contract/objects.ts';
import {clientOf, RealCluster} from '../../contract/real.ts';
import {type Rig, testCluster} from './cluster.ts';
import {exclusively, RigNode, type Scope} from './rig-node.ts';
import {call, makeNamespace, programs, releaseArchive} from './upgrade-calls.ts';
import {Workload} from './workload.ts';

/** What `node` and `rollback` make of real nodes. */
const asked = testCluster();
if (asked?.rig === undefined) {
	test('nodes of the rig only are upgraded', t => {
		t.pass('this cluster is not the rig, or none is up: what else the suite says of that stands in contract.test.ts');
	});
} else {
	onOwnCluster(asked.kubeconfig, asked.rig);
}

function onOwnCluster(kubeconfig: string, rig: Rig): void {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-archives-'));
	const client = clientOf(kubeconfig);
	const cluster = new RealCluster(client);
	const crictl = ['--crictl', join(programs, 'crictl/crictl')];
	const bySsh = ['--via', 'ssh', '--ssh-config', rig.sshConfig];
	const binDir = '/usr/lib/cni';
	let archive = '';
	test.serial.before(async () => {
		await makeNamespace(kubeconfig);
		archive = releaseArchive(directory, '1.6.2');
	});
	test.after.always(async () => {
		rmSync(directory, {recursive: true, force: true});
		await cluster.clean();
		client.close();
	});

	type Work = (t: ExecutionContext, scope: Scope) => Promise<void>;

	/** Beside each other where the nodes are others; alone on node-bookworm, from where the others' pods are looked at. */
	function inTurn(nodes: readonly string[], title: string, work: Work): void {
		const declare = nodes.includes('node-bookworm') ? test.serial : test;
		declare(title, async t => exclusively(nodes, async scope => work(t, scope)));
	}

	const ways: readonly (readonly [string, string, readonly string[]])[] = [
		['node-bookworm', 'by pod, with crictl', [...crictl]],
		['node-bookworm', 'by SSH, without crictl', [...bySsh]],
		['node-crio', 'by pod, without crictl', []],
		['node-crio', 'by SSH, with crictl', [...bySsh, ...crictl]],
	];
	for (const [name, how, flags] of ways) {
		inTurn(
			[name],
			`${name}, whose plugins are older than its config, gets newer ones, is proved and taken back, ${how}`,
			async (t, scope) => {
				const node = new RigNode(name, rig, client);
				await node.keep(scope);
				await bringOldPlugins(node);
				const before = await node.look();
				const wasReady = await node.isReady();
				t.is(wasReady, name === 'node-bookworm');
				const own = (await node.run(`cd ${binDir}; sha256sum dhcp macvlan`)).trim();
				const options = {kubeconfig, transcript: `upgrade ${name} ${how}`};

				const upgraded = await call(scope, ['node', name, '--plugins', archive, '--yes', ...flags], options).end;
				t.is(upgraded.code, 0, upgraded.said);
				for (const proved of [
					'the node is Ready, by a heartbeat newer than the restart',
					'a new pod got an address',
					'the address is inside the range of the node',
					'the pod answers the node',
					'the pod answers another node',
					'the pod reaches the API service',
					'the pod was deleted and is gone',
					'its lease, its cached result and its interface are gone',
				]) {
					t.regex(upgraded.stdout, new RegExp(`proved +${proved}`));
				}

				t.is(/make and remove a sandbox on the node .*address=/.test(upgraded.said), flags.includes('--crictl'));
				const sums = await node.run(`cd ${binDir}; sha256sum bridge host-local loopback portmap`);
				t.is(sums, archiveSums());
				t.is((await node.run(`cd ${binDir}; sha256sum dhcp macvlan`)).trim(), own, 'what the archive does not bring stays');
				t.true(await node.isReady());
				t.deepEqual(
					changedLines(before, await node.look()).filter(
						line => !line.includes(binDir) && (wasReady || !line.startsWith('ready ')),
					),
					[],
				);

				const back = await call(scope, ['rollback', name, '--yes', ...flags.filter(flag => !crictl.includes(flag))], options).end;
				t.is(back.code, 0, back.said);
				t.true(await eventually(async () => (await node.look()) === before), await node.look());
			},
		);
	}

	inTurn(
		['node-trixie', 'node-sid'],
		'node-trixie, which runs pods: one is evicted, the one of a DaemonSet gets a network of the new plugins',
		async (t, scope) => {
			const {namespace} = await cluster.server(1_000);
			const node = new RigNode('node-trixie', rig, client);
			const before = await node.keep(scope);
			const workload = new Workload(client, namespace, ['node-trixie', 'node-sid']);
			await workload.start(scope);
			const [web, agent] = [await workload.addresses('web'), await workload.addresses('agent')];
			t.deepEqual([...web.keys()], ['node-trixie']);
			const options = {kubeconfig, transcript: 'upgrade node-trixie with pods'};
			const args = ['--plugins', archive, '--ignore-daemonsets', '--yes', ...crictl];
			const refused = await call(scope, ['node', 'node-trixie', '--plugins', archive, '--yes'], options).end;
			t.is(refused.code, 5, refused.said);
			t.regex(refused.said, /--ignore-daemonsets/);
			t.is(await node.look(), before);

			const upgraded = await call(scope, ['node', 'node-trixie', ...args], options).end;
			t.is(upgraded.code, 0, upgraded.said);
			t.regex(upgraded.said, /daemonset\/agent/);
			t.regex(upgraded.said, /1 pod is gone/);
			t.deepEqual([...(await workload.addresses('web')).keys()], ['node-sid']);
			const now = await workload.addresses('agent');
			t.not(now.get('node-trixie'), agent.get('node-trixie'), 'its sandbox is another one');
			t.is(now.get('node-sid'), agent.get('node-sid'));
			const back = await call(scope, ['rollback', 'node-trixie', '--ignore-daemonsets', '--yes'], options).end;
			t.is(back.code, 0, back.said);
			t.is(await node.look(), before);
		},
	);

	inTurn(['node-early'], 'node-early, whose config has no version, gets what is proposed without a flag', async (t, scope) => {
		const node = new RigNode('node-early', rig, client);
		const before = await node.keep(scope);
		const path = '/etc/cni/net.d/10-containerd-net.conflist';
		const old = await node.run(`cat ${path}`);
		const options = {kubeconfig, transcript: 'upgrade node-early'};
		const upgraded = await call(scope, ['node', 'node-early', '--yes'], options).end;
		t.is(upgraded.code, 0, upgraded.said);
		const now = await node.run(`cat ${path}`);
		t.is(now, old.replace(/^(\s*)"name"/m, '$1"cniVersion": "1.0.0",\n$1"name"'));
		t.deepEqual(
			changedLines(before, await node.look()).filter(line => !line.includes(path)),
			[],
		);
		const back = await call(scope, ['rollback', 'node-early', '--yes'], options).end;
		t.is(back.code, 0, back.said);
		t.is(await node.look(), before);
	});

	/** node-bookworm has them already. CRI-O loads no config that its plugins do not support, so that its node is not Ready with these. */
	async function bringOldPlugins(node: RigNode): Promise<void> {
		if (node.name === 'node-crio') {
			await node.bring(releaseArchive(directory, '0.8.7'), `tar -xzf - -C ${binDir} && systemctl restart crio`);
			await eventually(async () => !(await node.isReady()));
		}
	}

	function archiveSums(): string {
		const sum = (file: string) =>
			createHash('sha256')
				.update(readFileSync(join(programs, 'plugins-1.6.2', file)))
				.digest('hex');
		return ['bridge', 'host-local', 'loopback', 'portmap'].map(file => `${sum(file)}  ${file}\n`).join('');
	}
}

function changedLines(before: string, after: string): readonly string[] {
	const [old, now] = [new Set(before.split('\n')), new Set(after.split('\n'))];
	return [...old.symmetricDifference(now)];
}
