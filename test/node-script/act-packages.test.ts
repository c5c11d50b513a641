import {readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Orders} from '../../lib/plan/orders.ts';
import {nodeSteps} from '../../lib/plan/steps.ts';
import type {Machine} from '../embedded/machine/machine.ts';
import {containerdPackage, pluginsPackage} from '../embedded/machine/packages/known-packages.ts';
import {assertSettled, unit} from './act-faults.ts';
import {actNode, binDir, must, orders, outcome, prepare, run, said, sha256, types} from './act-node.ts';

const [oldVersion, newVersion] = ['1.6.20~ds1-1', '1.7.24~ds1-6'] as const;
const plan: Orders = orders({
	steps: nodeSteps.filter(id => !['hook-before', 'runtime-config', 'kubeadm', 'hook-after'].includes(id)),
	packages: [{manager: 'apt', name: 'containerd', newVersion, oldVersion}],
});

async function packageNode(t: ExecutionContext): Promise<Machine> {
	const machine = await actNode({
		packages: {
			repository: [containerdPackage(oldVersion), containerdPackage(newVersion)],
			installed: [`containerd ${oldVersion}`],
		},
	});
	t.teardown(async () => machine.stop());
	return machine;
}

test('a finish that was cut off leaves a run that can be rolled back', async t => {
	const machine = await packageNode(t);
	const before = machine.fingerprint();
	await prepare(machine, plan);
	await must(machine, 'start');
	t.is(await outcome(machine), 'done', said(machine));
	// As far as it came: the run is still the current one.
	const base = join(machine.tree.root, '/var/lib/cni-upgrade');
	writeFileSync(join(base, 'last'), `${run}\n`);
	for (const name of ['stage', 'reserve', 'state']) {
		rmSync(join(base, run, name), {recursive: true});
	}

	await must(machine, 'back');
	t.is(await outcome(machine), 'undone', said(machine));
	assertSettled(t, machine);
	await must(machine, 'finish');
	t.deepEqual(machine.fingerprint(), before);
	t.deepEqual(machine.units(), {'containerd.service': 'active', 'kubelet.service': 'active', [unit]: 'inactive'});
});

test('a rollback of a finished run that was cut off before its unit was there goes on when it is started', async t => {
	const machine = await packageNode(t);
	const before = machine.fingerprint();
	await prepare(machine, plan);
	await must(machine, 'start');
	t.is(await outcome(machine), 'done', said(machine));
	await must(machine, 'finish');
	const base = join(machine.tree.root, '/var/lib/cni-upgrade');
	writeFileSync(join(base, run, 'back'), 'back\n');
	writeFileSync(join(base, 'current'), `${run}\n`);
	await must(machine, 'start');
	t.is(await outcome(machine), 'undone', said(machine));
	await must(machine, 'finish');
	t.deepEqual(machine.fingerprint(), before);
});

test('power that is lost while packages are at work, forward and back: all is installed, and what others have there stays', async t => {
	const [before087, after160] = ['0.8.7-00', '1.6.0-1.1'] as const;
	const wipes = {wipes: [binDir]};
	const machine = await actNode({
		packages: {
			repository: [before087, after160].map(version => pluginsPackage('kubernetes-cni', version, types, wipes)),
			installed: [`kubernetes-cni ${before087}`],
		},
	});
	t.teardown(async () => machine.stop());
	const {root} = machine.tree;
	const link = join(root, binDir, 'weave-net');
	writeFileSync(join(root, binDir, 'weave-plugin-2.8'), 'weave', {mode: 0o755});
	symlinkSync('weave-plugin-2.8', link);
	const before = machine.fingerprint();
	await prepare(
		machine,
		orders({
			steps: plan.steps.filter(id => id !== 'plugins' && id !== 'config'),
			plugins: [],
			configs: [],
			networks: [{name: 'mynet', version: '0.4.0'}],
			binDirs: [binDir],
			keep: [{dir: binDir, name: 'weave-plugin-2.8', sha256: sha256('weave')}],
			packages: [{manager: 'apt', name: 'kubernetes-cni', newVersion: after160, oldVersion: before087}],
		}),
	);
	for (const [verb, end] of [
		['start', 'done'],
		['back', 'undone'],
	] as const) {
		await must(machine, verb);
		const until = Date.now() + 20_000;
		while (readdirSync(join(root, binDir)).includes('weave-net') && Date.now() < until) {
			await new Promise(resolve => setImmediate(resolve));
		}

		await machine.reboot();
		t.is(await outcome(machine), end, said(machine));
		t.is(readlinkSync(link), 'weave-plugin-2.8');
		t.is(readFileSync(link, 'utf8'), 'weave');
		assertSettled(t, machine);
		await must(machine, 'finish');
	}

	t.deepEqual(machine.fingerprint(), before);
});
