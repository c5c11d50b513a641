import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Orders} from '../../lib/plan/orders.ts';
import {nodeSteps} from '../../lib/plan/steps.ts';
import type {Machine} from '../embedded/machine/machine.ts';
import {containerdPackage} from '../embedded/machine/packages/known-packages.ts';
import {assertSettled, unit} from './act-faults.ts';
import {actNode, must, orders, outcome, prepare, run, said} from './act-node.ts';

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
