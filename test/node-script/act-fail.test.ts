import {chmodSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Orders} from '../../lib/plan/orders.ts';
import {nodeSteps} from '../../lib/plan/steps.ts';
import type {Machine} from '../embedded/machine/machine.ts';
import {
	addPods,
	assertSettled,
	assertWhole,
	failAt,
	instants,
	isFull,
	middles,
	pods,
	pointsOf,
	steps,
	unit,
	untilItHangs,
	watchWhole,
} from './act-faults.ts';
import {
	act,
	actNode,
	binDir,
	configPath,
	journalOf,
	must,
	oldConfig,
	orders,
	outcome,
	prepare,
	run,
	said,
	sha256,
} from './act-node.ts';

async function started(
	t: ExecutionContext,
	fault: (machine: Machine) => void,
	plan?: Orders,
): Promise<{machine: Machine; before: readonly string[]}> {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const before = machine.fingerprint();
	addPods(machine);
	await prepare(machine, plan);
	fault(machine);
	t.teardown(watchWhole(t, machine));
	await must(machine, 'start');
	return {machine, before};
}

async function isAsBefore(t: ExecutionContext, machine: Machine, before: readonly string[], why: RegExp): Promise<void> {
	t.is(await outcome(machine), 'undone', said(machine));
	t.regex(journalOf(machine).at(-1)?.detail ?? '', why);
	assertWhole(t, machine, 'in the end');
	assertSettled(t, machine);
	await must(machine, 'finish');
	t.deepEqual(machine.fingerprint(), before);
	t.deepEqual(machine.units(), {'containerd.service': 'active', 'kubelet.service': 'active', [unit]: 'inactive'});
}

// What fails before a step is what fails after the last one, but for the journal; a step that has a middle shows both there.
const points = instants
	.filter(instant => isFull || instant !== 'before')
	.flatMap(instant => pointsOf(steps, instant, middles))
	.filter(point => isFull || point.endsWith(':during') || !middles.some(id => point.startsWith(`${id}:`)));
for (const point of points) {
	test.serial(`${point}: a step that fails has the node as it was before`, async t => {
		const {machine, before} = await started(t, node => failAt(node, [`${point}:fail`]));
		await isAsBefore(
			t,
			machine,
			before,
			/^step [a-z-]+ failed: (.*: it was not replaced: )?[a-z-]+: failed as cni-upgrade-fail says$/,
		);
	});
}

const faults: Readonly<Record<string, readonly [(machine: Machine) => void, RegExp]>> = {
	'the runtime loads no network': [
		machine => {
			// Not before the pods are gone.
			machine.onChange(() => {
				if (machine.units()['containerd.service'] === 'inactive') {
					machine.faults.configNotLoaded = 'cni config load failed';
				}
			});
		},
		/^step loaded failed: containerd\.service: its network is not ready: .*/,
	],
	'no sandbox can be made': [
		({faults}) => {
			faults.addFails = 'plugin type="bridge" failed (add): no';
		},
		/^step sandbox failed: crictl runp: no sandbox was made: .*plugin type=/,
	],
	'a pod of the node cannot be taken down': [
		({faults}) => {
			faults.deleteFails = 'plugin type="bridge" failed (delete): no';
		},
		/^step stop-sandboxes failed: crictl stopp: the network of a pod was not taken down; sandbox\/[0-9a-f]{64} \(logs\): .*failed \(delete\)/,
	],
	'the disk is full where a plugin is written': [
		machine => machine.limitFiles(8192),
		/^step plugins failed: .*\/opt\/cni\/bin\/bridge: it was not replaced: /,
	],
	'the directory of the plugins is read-only': [
		machine => machine.makeReadOnly(binDir),
		/^step plugins failed: .*\/opt\/cni\/bin\/bridge: it was not replaced: /,
	],
	'the conf dir is read-only': [
		machine => machine.makeReadOnly('/etc/cni/net.d'),
		/^step config failed: .*10-mynet\.conflist: it was not replaced: /,
	],
};

for (const [fault, [make, why]] of Object.entries(faults)) {
	test.serial(`${fault}: the node is as before, and the journal says why`, async t => {
		const {machine, before} = await started(t, make);
		t.is(await outcome(machine), 'undone', said(machine));
		machine.limitFiles(undefined);
		for (const path of [binDir, '/etc/cni/net.d']) {
			machine.makeReadOnly(path, false);
		}

		await isAsBefore(t, machine, before, why);
	});
}

test.serial('a pod that was not ready before and cannot be taken down is told, and holds up nothing', async t => {
	const {machine} = await started(
		t,
		({faults, runtime}) => {
			faults.deleteFails = 'no such network namespace';
			runtime.forget();
		},
		orders({steps: steps.filter(id => id !== 'sandbox')}),
	);
	t.is(await outcome(machine), 'done', said(machine));
	const line = journalOf(machine).find(({step, state}) => step === 'stop-sandboxes' && state === 'done');
	t.regex(line?.detail ?? '', /^0 removed; sandbox\/[0-9a-f]{64} \(logs\) was not ready before: .*no such network namespace/);
});

test.serial('a pod that the plugins of now cannot take down is left to the new ones where the plan says so', async t => {
	const {machine} = await started(
		t,
		({faults}) => {
			faults.deleteFails = 'invalid version "": the version is empty';
		},
		orders({leavesHangingPods: true, steps: steps.filter(id => id !== 'sandbox')}),
	);
	t.is(await outcome(machine), 'done', said(machine));
	const line = journalOf(machine).find(({step, state}) => step === 'stop-sandboxes' && state === 'done');
	t.regex(line?.detail ?? '', /^0 removed; sandbox\/[0-9a-f]{64} \(logs\) is left to the new plugins: .*the version is empty/);
});

test.serial(
	'a runtime that never starts again is named with the place of the old files; once it can, rollback takes the node back',
	async t => {
		const {machine, before} = await started(t, ({faults}) => {
			faults.runtimeDoesNotStart = 'containerd: exec format error';
		});
		t.is(await outcome(machine), 'stuck');
		const {detail} = journalOf(machine).at(-1) ?? {};
		t.regex(
			detail ?? '',
			/^containerd\.service: it is \w+ after its start, not active: .*; the old files are in .*\/var\/lib\/cni-upgrade\/abcdefghij\/backup$/,
		);
		t.true(machine.isKubeletRunning);
		assertWhole(t, machine, 'stuck');
		machine.faults.runtimeDoesNotStart = undefined;
		await must(machine, 'back');
		await isAsBefore(t, machine, before, /^a step could not be taken back$/);
	},
);

for (const [moment, isCutOff] of [
	['once it can be', false],
	['where the power went before that was told', true],
] as const) {
	test.serial(`a file that could not be put back is, ${moment}, with the services stopped`, async t => {
		const points = ['config:after', ...(isCutOff ? ['undo-stop-kubelet:after'] : []), 'undo-plugins:during'];
		const {machine, before} = await started(t, node =>
			failAt(
				node,
				points.map(point => `${point}:hang`),
			),
		);
		await untilItHangs(machine);
		machine.makeReadOnly(binDir);
		await must(machine, 'back');
		await machine.kill(unit);
		if (isCutOff) {
			await untilItHangs(machine);
		} else {
			t.is(await outcome(machine), 'stuck', said(machine));
		}

		t.true(machine.isKubeletRunning);
		machine.makeReadOnly(binDir, false);
		await (isCutOff ? machine.reboot() : must(machine, 'back'));
		await untilItHangs(machine);
		t.like(machine.units(), {'containerd.service': 'inactive', 'kubelet.service': 'inactive'});
		await machine.kill(unit);
		await isAsBefore(t, machine, before, /^a (step could not be taken back|rollback was begun)$/);
	});
}

test.serial('a runtime that does not start with what is new does with what was', async t => {
	const {machine, before} = await started(t, ({faults}) => {
		faults.runtimeDoesNotStart = 'containerd: no';
	});
	const end = machine.onChange(() => {
		if (said(machine).includes('start-runtime failed')) {
			machine.faults.runtimeDoesNotStart = undefined;
		}
	});
	t.teardown(end);
	await isAsBefore(t, machine, before, /^step start-runtime failed: containerd\.service: it is /);
});

test.serial('a deadline that passes while the unit is down: the node is as before', async t => {
	const {machine, before} = await started(t, node => failAt(node, ['loaded:before:hang']));
	await untilItHangs(machine);
	writeFileSync(join(machine.tree.root, '/proc/uptime'), '7001.00 0.00\n');
	await machine.kill(unit);
	await isAsBefore(t, machine, before, /^the deadline of 6000 seconds passed$/);
});

test.serial('a rollback that is asked for in the middle begins at the next step', async t => {
	const {machine, before} = await started(t, node => failAt(node, ['config:after:hang']));
	await untilItHangs(machine);
	await must(machine, 'back');
	await machine.kill(unit);
	await isAsBefore(t, machine, before, /^a rollback was asked for$/);
});

for (const program of ['crictl', 'systemctl']) {
	test.serial(`${program} that hangs is ended by its limit: the node is as before once it answers again`, async t => {
		const {machine, before} = await started(t, node =>
			failAt(node, [program === 'crictl' ? 'stop-kubelet:after:hang' : 'config:after:hang']),
		);
		await untilItHangs(machine);
		const file = join(machine.tree.path[0] ?? '', program);
		const real = readFileSync(file);
		// A new file: the one that is running is not to be written into.
		rmSync(file);
		writeFileSync(file, '#!/bin/sh\nexec sleep 1000\n');
		chmodSync(file, 0o755);
		writeFileSync(join(machine.tree.root, 'cni-upgrade-haste'), '');
		await machine.kill(unit);
		const lines = program === 'crictl' ? 'stop-sandboxes failed' : 'start-runtime failed';
		while (!said(machine).includes(lines)) {
			await new Promise(resolve => setTimeout(resolve, 5));
		}

		rmSync(join(machine.tree.root, 'cni-upgrade-haste'));
		rmSync(file);
		writeFileSync(file, real);
		chmodSync(file, 0o755);
		await isAsBefore(t, machine, before, /^step (stop-sandboxes|start-runtime) failed: /);
	});
}

for (const [point, fault, strike] of [
	['plugins:after', 'a journal that cannot be written', async (machine: Machine) => machine.kill(unit)],
	['start-kubelet:after', 'a journal that cannot be written', async (machine: Machine) => machine.kill(unit)],
	['plugins:after', 'a journal that cannot be written after a reboot', async (machine: Machine) => machine.reboot()],
	['start-kubelet:after', 'a journal that cannot be written after a reboot', async (machine: Machine) => machine.reboot()],
] as const) {
	test.serial(`${point}: ${fault}: services run with the files that they had; once it can, the way back is told`, async t => {
		const {machine, before} = await started(t, node => failAt(node, [`${point}:hang`]));
		await untilItHangs(machine);
		machine.limitFiles(512);
		await strike(machine);
		const config = join(machine.tree.root, configPath);
		while (!machine.isKubeletRunning || machine.units()[unit] !== 'activating' || readFileSync(config, 'utf8') !== oldConfig) {
			await new Promise(resolve => setTimeout(resolve, 1));
		}

		assertWhole(t, machine, 'without a journal');
		// However often it tries again, nothing is stopped.
		const {restarts} = machine.systemd.unit(unit).state;
		const stops: unknown[] = [];
		t.teardown(machine.onChange(() => stops.push(...(machine.isKubeletRunning ? [] : [machine.units()]))));
		while (machine.systemd.unit(unit).state.restarts < restarts + 3) {
			await new Promise(resolve => setTimeout(resolve, 1));
		}

		t.deepEqual(stops, []);
		machine.limitFiles(undefined);
		await isAsBefore(t, machine, before, /\/journal: it cannot be written; free some space on its file system$/);
	});
}

test.serial('a step that is cut off again and again while it is taken back does not keep the services down', async t => {
	const hang = 'undo-config:during:hang';
	const {machine, before} = await started(t, node => failAt(node, ['start-runtime:after:fail', hang, hang, hang, hang]));
	for (const _ of [1, 2, 3]) {
		await untilItHangs(machine);
		await machine.kill(unit);
	}

	t.is(await outcome(machine), 'stuck', said(machine));
	t.regex(journalOf(machine).at(-1)?.detail ?? '', /^config: it was cut off 3 times while it was taken back; see what hangs/);
	t.true(machine.isKubeletRunning);
	failAt(machine, []);
	await must(machine, 'back');
	await isAsBefore(t, machine, before, /^a step could not be taken back$/);
});

test.serial('what a hook had made when the power went is taken back with the files of the plan', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const before = machine.fingerprint();
	const config = join(machine.tree.root, configPath);
	const hook = `#!/bin/sh\necho spoiled >${config}\nsleep 1000\n`;
	await must(machine, 'begin');
	await must(machine, 'put', ['hook.sh', String(hook.length), sha256(hook)], hook);
	await prepare(
		machine,
		orders({
			steps: nodeSteps.filter(id => id === 'hook-after' || steps.includes(id)),
			hooks: [{when: 'after', name: 'hook.sh', sha256: sha256(hook)}],
		}),
	);
	await must(machine, 'start');
	while (readFileSync(config, 'utf8') !== 'spoiled\n') {
		await new Promise(resolve => setTimeout(resolve, 1));
	}

	await must(machine, 'back');
	await machine.reboot();
	await isAsBefore(t, machine, before, /^a rollback was asked for$/);
});

test.serial('start twice: one unit, one section', async t => {
	const {machine} = await started(t, () => undefined);
	await must(machine, 'start');
	t.is(await outcome(machine), 'done');
	await must(machine, 'start');
	t.is(journalOf(machine).filter(({step}) => step === 'section').length, 2);
	t.deepEqual(pods(machine), ['etcd']);
	t.is((await act(machine, 'discard')).why, `run/${run}: its section has begun; roll it back`);
});

test.serial('a plugin that was not there before is gone again', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const before = machine.fingerprint();
	rmSync(join(machine.tree.root, binDir, 'portmap'));
	const without = machine.fingerprint();
	await prepare(
		machine,
		orders({plugins: orders().plugins.map(plugin => (plugin.name === 'portmap' ? {...plugin, oldSha: null} : plugin))}),
	);
	failAt(machine, ['config:after:fail']);
	await must(machine, 'start');
	t.is(await outcome(machine), 'undone', said(machine));
	await must(machine, 'finish');
	t.deepEqual(machine.fingerprint(), without);
	t.notDeepEqual(without, before);
});
