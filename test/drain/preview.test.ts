import {randomUUID} from 'node:crypto';
import test from 'ava';
import type {DrainFlags} from '../../lib/drain/filters.ts';
import {previewDrain} from '../../lib/drain/preview.ts';
import {hurried} from '../faults/fleet.ts';
import {startDrainCluster} from './cluster.ts';
import {defaults, ownedBy} from './pods.ts';

const world = await startDrainCluster();
const {cluster, pod, put, budget, left, api} = world;

test.after.always(world.stop);
test.afterEach.always(world.clear);

const preview = async (flags: Partial<DrainFlags> = {}) =>
	previewDrain(api(), {
		node: 'worker',
		flags: {...defaults, ...flags},
		exclude: ({name}) => name === 'ours',
		clock: hurried,
		signal: new AbortController().signal,
	});

test.serial('a preview names what would go, what would stay, and which budget would block, and changes nothing', async t => {
	const uid = randomUUID();
	put('daemonsets', {
		apiVersion: 'apps/v1',
		kind: 'DaemonSet',
		metadata: {name: 'agent', namespace: 'default', uid, resourceVersion: '', creationTimestamp: ''},
	});
	await pod('free');
	await pod('guarded', {metadata: {labels: {app: 'guarded'}}});
	await pod('twice', {metadata: {labels: {app: 'twice'}}});
	await pod('agent-1', {metadata: ownedBy('DaemonSet', 'agent', {uid})});
	await pod('ours');
	await budget('tight', {app: 'guarded'}, 1);
	await budget('first', {app: 'twice'}, 0);
	await budget('second', {app: 'twice'}, 0);
	cluster.requests.clear();
	const {evict, stay, errors, warnings, blocked} = await preview({force: true, ignoreDaemonSets: true});
	t.deepEqual(
		evict.map(({name}) => name),
		['free', 'guarded', 'twice'],
	);
	t.deepEqual(
		stay.map(({pod, why}) => `${pod.name}: ${why}`),
		['agent-1: its DaemonSet would make it again at once', 'ours: it belongs to this run'],
	);
	t.deepEqual(errors, []);
	t.deepEqual(
		warnings.map(({text}) => text),
		['deleting Pods that declare no controller', 'ignoring DaemonSet-managed Pods'],
	);
	t.deepEqual(
		blocked.map(({pod, budget, message}) => [pod.name, budget, message]),
		[
			['guarded', 'tight', 'needs 1 healthy pods and has 1 currently'],
			['twice', undefined, 'more than one PodDisruptionBudget takes this pod, which evictions do not support'],
		],
	);
	t.deepEqual(left(), ['agent-1', 'free', 'guarded', 'ours', 'twice']);
	t.true(cluster.list('pods').every(({metadata}) => metadata.deletionTimestamp === undefined));
	t.is(cluster.requests.count({subresource: 'eviction'}), 3);
});

test.serial('a preview tells what the filters refuse, and rehearses the rest', async t => {
	await pod('naked', {metadata: {}});
	await pod('web');
	const {evict, errors, blocked} = await preview();
	t.like(errors, [{text: 'Pods that declare no controller (use --force to override)', pods: [{name: 'naked'}]}]);
	t.deepEqual(
		evict.map(({name}) => name),
		['web'],
	);
	t.deepEqual(blocked, []);
});

test.serial('a server that is busy blocks no pod', async t => {
	await pod('web');
	cluster.faults.add({
		verb: 'create',
		subresource: 'eviction',
		times: 3,
		fault: {kind: 'status', code: 429, reason: 'TooManyRequests', retryAfterSeconds: 1},
	});
	t.deepEqual((await preview()).blocked, []);
});

test.serial('where pods would be deleted no budget is asked', async t => {
	await pod('guarded', {metadata: {labels: {app: 'guarded'}}});
	await budget('tight', {app: 'guarded'}, 1);
	cluster.requests.clear();
	t.deepEqual((await preview({force: true, disableEviction: true})).blocked, []);
	t.is(cluster.requests.count({subresource: 'eviction'}), 0);
});
