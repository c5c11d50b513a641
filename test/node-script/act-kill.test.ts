import test from 'ava';
import type {Machine} from '../embedded/machine/machine.ts';
import {
	addPods,
	assertWhole,
	failAt,
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
import {actNode, must, outcome, prepare, said} from './act-node.ts';

const faults: Readonly<Record<string, (machine: Machine) => Promise<void>>> = {
	'its unit is killed': async machine => machine.kill(unit),
	'the node is rebooted': async machine => machine.reboot(),
};

/** The node as an uninterrupted run leaves it, and as it was before. */
const after = await fingerprintAfter();
const before = await fingerprintBefore();

async function fingerprintBefore(): Promise<readonly string[]> {
	const machine = await actNode();
	const fingerprint = machine.fingerprint();
	await machine.stop();
	return fingerprint;
}

async function fingerprintAfter(): Promise<readonly string[]> {
	const machine = await actNode();
	await prepare(machine);
	await must(machine, 'start');
	await outcome(machine);
	await must(machine, 'finish');
	const fingerprint = machine.fingerprint();
	await machine.stop();
	return fingerprint;
}

for (const [fault, strike] of Object.entries(faults)) {
	for (const instant of instants) {
		const forward = pointsOf(steps, instant, middles);
		for (const points of isFull ? forward.map(point => [point]) : [forward]) {
			test(`${fault} ${instant} ${named(points)}: the node is upgraded all the same`, async t => {
				const machine = await started(
					t,
					points.map(point => `${point}:hang`),
				);
				await strikeEach(t, machine, points, strike);
				t.is(await outcome(machine), 'done', said(machine));
				await must(machine, 'finish');
				t.deepEqual(machine.fingerprint(), after);
				t.deepEqual(pods(machine), ['etcd']);
			});
		}

		const way = steps.toReversed().map(id => `undo-${id}`);
		const backward = pointsOf(way, instant, undoMiddles);
		for (const points of isFull ? backward.map(point => [point]) : [backward]) {
			test(`${fault} ${instant} ${named(points)}: the node is as before all the same`, async t => {
				const machine = await started(t, ['start-kubelet:after:fail', ...points.map(point => `${point}:hang`)]);
				await strikeEach(t, machine, points, strike);
				t.is(await outcome(machine), 'undone', said(machine));
				await must(machine, 'finish');
				t.deepEqual(machine.fingerprint(), before);
				t.deepEqual(pods(machine), ['etcd']);
			});
		}
	}
}

async function started(t: import('ava').ExecutionContext, points: readonly string[]): Promise<Machine> {
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
	t: import('ava').ExecutionContext,
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
