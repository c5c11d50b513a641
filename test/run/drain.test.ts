import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {NodeAgent} from '../../lib/run/agent.ts';
import type {RunContext} from '../../lib/run/context.ts';
import {drain} from '../../lib/run/prepare.ts';
import {startDrainCluster, until} from '../drain/cluster.ts';
import {defaults} from '../drain/pods.ts';
import {SteppedClock} from '../faults/stepped-clock.ts';
import {fakeShell, run, uid} from './fake-shell.ts';

const {cluster, node, api, pod, stop} = await startDrainCluster();

test.after.always(stop);

test('pods that hang are left to the upgrade a minute after their grace period, by no clock but the monotonic one', async t => {
	await pod('web', {spec: {terminationGracePeriodSeconds: 600}});
	cluster.setNodeFaults('worker', [{kind: 'silent'}]);
	const clock = new SteppedClock();
	const context = {
		api: api(clock),
		agent: new NodeAgent({shell: fakeShell(['result\tok']), node: 'worker', uid, run, clock}),
		node,
		settings: {drain: defaults},
		clock: {now: () => clock.now() + 3_600_000, monotonic: clock.monotonic, sleep: clock.sleep},
		signal: new AbortController().signal,
		onEvent() {},
	} as unknown as RunContext;
	const drained = drain(context, {leavesHangingPods: true});
	let isOver = false;
	void drained.finally(() => {
		isOver = true;
	});
	await until(() => cluster.list('pods').every(({metadata}) => metadata.deletionTimestamp !== undefined));
	for (const ms of [650_000, 12_000]) {
		// What is under way arrives.
		await sleep(30);
		t.false(isOver);
		clock.advance(ms);
	}

	t.like(await drained, {kind: 'drained', gone: [], skipped: [{pod: {name: 'web'}}]});
});
