import test, {type ExecutionContext} from 'ava';
import type {Machine} from '../embedded/machine/machine.ts';
import {
	addPods,
	assertSettled,
	assertWhole,
	failAt,
	fingerprint,
	instants,
	isFull,
	middles,
	pods,
	pointsOf,
	steps,
	undoMiddles,
	unit,
	untilItHangs,
	watchWhole,
} from './act-faults.ts';
import {
	actNode,
	binDir,
	configPath,
	must,
	newConfig,
	newPlugins,
	oldArchive,
	orders,
	outcome,
	prepare,
	said,
	sha256,
} from './act-node.ts';

const faults: Readonly<Record<string, (machine: Machine) => Promise<void>>> = {
	'its unit is killed': async machine => machine.kill(unit),
	'the node is rebooted': async machine => machine.reboot(),
};

/** The node as an uninterrupted run leaves it, and as it was before. */
const after = await fingerprintAfter();
const before = await fingerprintBefore();

async function fingerprintBefore(): Promise<readonly string[]> {
	const machine = await actNode();
	const found = fingerprint(machine);
	await machine.stop();
	return found;
}

async function fingerprintAfter(): Promise<readonly string[]> {
	const machine = await actNode();
	await prepare(machine);
	await must(machine, 'start');
	await outcome(machine);
	await must(machine, 'finish');
	const found = fingerprint(machine);
	await machine.stop();
	return found;
}

for (const [fault, strike] of Object.entries(faults)) {
	for (const instant of instants) {
		const forward = pointsOf(steps, instant, middles);
		for (const points of isFull ? forward.map(point => [point]) : [forward]) {
			test.serial(`${fault} ${instant} ${named(points)}: the node is upgraded all the same`, async t => {
				const machine = await started(
					t,
					points.map(point => `${point}:hang`),
				);
				await strikeEach(t, machine, points, strike);
				t.is(await outcome(machine), 'done', said(machine));
				assertSettled(t, machine);
				await must(machine, 'finish');
				t.deepEqual(fingerprint(machine), after);
				t.deepEqual(pods(machine), ['etcd']);
			});
		}

		const way = steps.toReversed().map(id => `undo-${id}`);
		const backward = pointsOf(way, instant, undoMiddles);
		for (const points of isFull ? backward.map(point => [point]) : [backward]) {
			test.serial(`${fault} ${instant} ${named(points)}: the node is as before all the same`, async t => {
				const machine = await started(t, ['start-kubelet:after:fail', ...points.map(point => `${point}:hang`)]);
				await strikeEach(t, machine, points, strike);
				t.is(await outcome(machine), 'undone', said(machine));
				assertSettled(t, machine);
				await must(machine, 'finish');
				t.deepEqual(fingerprint(machine), before);
				t.deepEqual(pods(machine), ['etcd']);
			});
		}
	}
}

async function started(t: ExecutionContext, points: readonly string[]): Promise<Machine> {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	addPods(machine);
	await prepare(machine);
	failAt(machine, points);
	t.teardown(watchWhole(t, machine));
	await must(machine, 'start');
	return machine;
}

async function strikeEach(
	t: ExecutionContext,
	machine: Machine,
	points: readonly string[],
	strike: (machine: Machine) => Promise<void>,
): Promise<void> {
	for (const point of points) {
		await untilItHangs(machine);
		assertWhole(t, machine, point);
		await strike(machine);
	}
}

function named(points: readonly string[]): string {
	return points.length === 1 ? (points[0]?.split(':')[0] ?? '') : `each of ${points.length} steps`;
}

test.serial('going down, the config is lowered before the plugins, whatever strikes in between', async t => {
	const {machine, before: high} = await lowered(t);
	failAt(
		machine,
		downPoints.map(point => `${point}:hang`),
	);
	await must(machine, 'start');
	await strikeEach(t, machine, downPoints, async node => node.kill(unit));
	t.is(await outcome(machine), 'done', said(machine));
	failAt(
		machine,
		upPoints.map(point => `undo-${point}:hang`),
	);
	await must(machine, 'back');
	await strikeEach(t, machine, upPoints, async node => node.reboot());
	t.is(await outcome(machine), 'undone', said(machine));
	await must(machine, 'finish');
	t.deepEqual(fingerprint(machine), high);
});

const downPoints: readonly string[] = ['config:during', 'config:after', 'plugins:before', 'plugins:during', 'plugins:after'];
const upPoints: readonly string[] = ['plugins:before', 'plugins:during', 'plugins:after', 'config:during', 'config:after'];

/** A node with what is new, and a plan to what is old. */
async function lowered(t: ExecutionContext): Promise<{readonly machine: Machine; readonly before: readonly string[]}> {
	const plugins = [...newPlugins].map(([name, content]) => [`${binDir}/${name}`, {content, mode: 0o755}] as const);
	const machine = await actNode({files: {...Object.fromEntries(plugins), [configPath]: {content: newConfig, mode: 0o600}}});
	t.teardown(async () => machine.stop());
	t.teardown(watchWhole(t, machine));
	const before = fingerprint(machine);
	const up = orders();
	const order = (ids: readonly string[]) => up.steps.filter(id => ids.includes(id));
	const [head, tail] = [up.steps.slice(0, up.steps.indexOf('plugins')), up.steps.slice(up.steps.indexOf('start-runtime'))];
	await prepare(
		machine,
		{
			...up,
			steps: [...head, ...order(['config']), ...order(['plugins']), ...tail],
			archive: {name: 'plugins.tgz', sha256: sha256(oldArchive)},
			plugins: up.plugins.map(plugin => ({...plugin, newSha: plugin.oldSha ?? '', oldSha: plugin.newSha})),
			configs: up.configs.map(config => ({...config, version: '0.4.0', oldSha: config.newSha, newSha: config.oldSha})),
			networks: [{name: 'mynet', version: '0.4.0'}],
		},
		oldArchive,
	);
	return {machine, before};
}
