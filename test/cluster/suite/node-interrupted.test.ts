import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {eventually} from '../../contract/objects.ts';
import {clientOf, RealCluster} from '../../contract/real.ts';
import {type Rig, testCluster} from './cluster.ts';
import {exclusively, RigNode, type Scope} from './rig-node.ts';
import {type Call, call, makeNamespace, programs, releaseArchive} from './upgrade-calls.ts';
import {Workload} from './workload.ts';

/** Whatever is killed, and whenever: a node ends as if nothing had been, once somebody goes on. */
const asked = testCluster();
if (asked?.rig === undefined) {
	test('upgrades are interrupted on nodes of the rig only', t => {
		t.pass('this cluster is not the rig, or none is up: what else the suite says of that stands in contract.test.ts');
	});
} else {
	onOwnCluster(asked.kubeconfig, asked.rig);
}

function onOwnCluster(kubeconfig: string, rig: Rig): void {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-archives-'));
	const elsewhere = mkdtempSync(join(tmpdir(), 'cni-upgrade-elsewhere-'));
	const client = clientOf(kubeconfig);
	const cluster = new RealCluster(client);
	const bySsh = ['--via', 'ssh', '--ssh-config', rig.sshConfig];
	const crictl = join(programs, 'crictl/crictl');
	// Long enough for somebody to come in between.
	const slow = join(directory, 'slow');
	let archive = '';
	test.serial.before(async () => {
		await makeNamespace(kubeconfig);
		archive = releaseArchive(directory, '1.9.1');
		writeFileSync(slow, '#!/bin/sh\nsleep 6\n', {mode: 0o755});
	});
	test.after.always(async () => {
		rmSync(directory, {recursive: true, force: true});
		rmSync(elsewhere, {recursive: true, force: true});
		await cluster.clean();
		client.close();
	});

	type Case = {
		readonly title: string;
		readonly node: string;
		readonly flags: () => readonly string[];
		/** Said by the client when it is killed, or what the node waits for. */
		readonly at: string | RegExp | {readonly file: string};
		/** Exit code of `resume`: 7 where there was nothing yet to go on with. */
		readonly code: number;
	};
	const cases: readonly Case[] = [
		{
			title: 'while it sends the files',
			node: 'node-packages',
			flags: () => ['--crictl', crictl],
			at: {file: '/var/lib/cni-upgrade/current'},
			code: 7,
		},
		{
			title: 'in the critical section, by pod',
			node: 'node-sid',
			flags: () => ['--run-before', slow],
			at: 'works alone for now',
			code: 0,
		},
		{
			title: 'in the critical section, by SSH',
			node: 'node-crio',
			flags: () => ['--run-before', slow, ...bySsh],
			at: /^\.{4} +run the hook/m,
			code: 0,
		},
		{title: 'while it proves', node: 'node-packages', flags: () => [], at: 'a new pod got an address', code: 0},
	];
	for (const {title, node: name, flags, at, code} of cases) {
		test(`${name}: kill -9 of the client ${title}, then resume from elsewhere`, async t => {
			await exclusively([name], async scope => {
				const node = new RigNode(name, rig, client);
				const before = await node.keep(scope);
				const transcript = `killed ${title}`;
				const first = call(scope, ['node', name, '--plugins', archive, '--yes', ...flags()], {kubeconfig, transcript});
				await killedAt(
					first,
					at instanceof Object && 'file' in at ? node.run(`until [ -e ${at.file} ]; do sleep 0.05; done`) : first.until(at),
				);
				await goneOn(t, scope, node, {before, code, transcript, flags: flags().filter(flag => bySsh.includes(flag))});
			});
		});
	}

	test('node-trixie: kill -9 of the client while it drains, then resume from elsewhere', async t => {
		await exclusively(['node-trixie', 'node-sid'], async scope => {
			const node = new RigNode('node-trixie', rig, client);
			const before = await node.keep(scope);
			const {namespace} = await cluster.server(1_200);
			const workload = new Workload(client, namespace, ['node-trixie', 'node-sid'], {graceSeconds: 8});
			await workload.start(scope);
			const transcript = 'killed while it drains';
			const args = ['node', 'node-trixie', '--plugins', archive, '--yes', '--ignore-daemonsets'];
			const first = call(scope, args, {kubeconfig, transcript});
			await killedAt(first, first.until(/evicting pod /));
			t.true((await node.object()).spec.unschedulable);
			await goneOn(t, scope, node, {before, code: 0, transcript, flags: []});
			t.deepEqual([...(await workload.addresses('web')).keys()], ['node-sid']);
		});
	});

	test('node-sid: the unit is killed in the critical section, and goes on by itself', async t => {
		await exclusively(['node-sid'], async scope => {
			const node = new RigNode('node-sid', rig, client);
			const before = await node.keep(scope);
			const args = ['node', 'node-sid', '--plugins', archive, '--yes', '--run-before', slow];
			const run = call(scope, args, {kubeconfig, transcript: 'unit killed in the section'});
			await run.until('works alone for now');
			t.true(
				await eventually(async () =>
					(await node.run('cat /var/lib/cni-upgrade/??????????/journal')).includes('hook-before\tbegin'),
				),
			);
			await node.run('systemctl kill --signal=KILL cni-upgrade.service');
			const {code, said} = await run.end;
			t.is(code, 0, said);
			await isUpgraded(t, node, before);
			t.regex(await node.run('journalctl -u cni-upgrade --no-pager'), /code=killed, status=9\/KILL/);
		});
	});

	test('node-trixie: rebooted in the critical section, it goes on by itself', async t => {
		await exclusively(['node-trixie'], async scope => {
			const node = new RigNode('node-trixie', rig, client);
			const before = await node.keep(scope);
			const boot = await node.run('cat /proc/sys/kernel/random/boot_id /proc/1/stat');
			const args = ['node', 'node-trixie', '--plugins', archive, '--yes', '--run-before', slow, ...bySsh];
			const run = call(scope, args, {kubeconfig, transcript: 'rebooted in the section'});
			await run.until(/^\.{4} +run the hook/m);
			await node.run('systemctl reboot --force --force').catch(() => undefined);
			const {code, said} = await run.end;
			t.is(code, 0, said);
			t.not(await node.run('cat /proc/sys/kernel/random/boot_id /proc/1/stat'), boot);
			await isUpgraded(t, node, before);
		});
	});

	async function killedAt({child, end}: Call, moment: Promise<unknown>): Promise<void> {
		const ended = end.then(({said}) => {
			throw new Error(`it ended before that:\n${said}`);
		});
		await Promise.race([moment, ended]);
		ended.catch(() => undefined);
		child.kill('SIGKILL');
		await end;
	}

	type Ending = {readonly before: string; readonly code: number; readonly transcript: string; readonly flags: readonly string[]};

	async function goneOn(
		t: ExecutionContext,
		scope: Scope,
		node: RigNode,
		{before, code, transcript, flags}: Ending,
	): Promise<void> {
		const options = {kubeconfig, transcript, cwd: elsewhere};
		const status = await call(scope, ['status', node.name, ...flags], options).end;
		t.is(status.code, 0, status.said);
		t.regex(status.said, /kubectl cni-upgrade (resume|rollback) node-/);
		const second = await call(scope, ['node', node.name, '--plugins', archive, '--yes', ...flags], options).end;
		t.is(second.code, 5, second.said);
		const resumed = await call(scope, ['resume', node.name, ...flags], options).end;
		t.is(resumed.code, code, resumed.said);
		if (code === 0) {
			await isUpgraded(t, node, before);
		} else {
			t.is(await node.look(), before);
		}
	}

	/** As after a run that nobody interrupted: the plugins of the archive, and nothing else. */
	async function isUpgraded(t: ExecutionContext, node: RigNode, before: string): Promise<void> {
		const after = await node.look();
		const changed = after.split('\n').filter(line => !before.split('\n').includes(line));
		const files = ['bandwidth', 'bridge', 'firewall', 'host-local', 'loopback', 'portmap', 'ptp'];
		const names = changed.map(line => /^[0-9a-f]{64} +\/usr\/lib\/cni\/(.+)$/.exec(line)?.[1] ?? line);
		t.deepEqual(
			names.toSorted((one, other) => one.localeCompare(other)),
			files,
		);
		const sums = await node.run(`cd /usr/lib/cni; sha256sum ${files.join(' ')}`);
		const sum = (file: string) =>
			createHash('sha256')
				.update(readFileSync(join(programs, 'plugins-1.9.1', file)))
				.digest('hex');
		t.is(sums, files.map(file => `${sum(file)}  ${file}\n`).join(''));
	}
}
