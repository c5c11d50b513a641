import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import type {ApiRequest} from '../../lib/cluster/api.ts';
import type {DrainEvent} from '../../lib/drain/outcome.ts';
import {deleteObject} from '../embedded/deletion.ts';
import {newNamespace} from '../embedded/new-object.ts';
import type {KubeObject, Pod} from '../embedded/objects.ts';
import {resourceRow} from '../embedded/resources.ts';
import {SteppedClock} from '../faults/stepped-clock.ts';
import {startDrainCluster, until} from './cluster.ts';
import {ownedBy, podJson} from './pods.ts';

const world = await startDrainCluster();
const {cluster, pod, put, budget, drain, left, api} = world;

test.after.always(world.stop);
test.afterEach.always(world.clear);

const shown = (events: readonly DrainEvent[]) =>
	events.map(event => `${event.type} ${'pod' in event ? event.pod.name : event.warnings.map(({text}) => text).join('; ')}`);

/** Puts the clock forward until it is settled. */
async function pass<T>(clock: SteppedClock, work: Promise<T>, ms: number): Promise<T> {
	let isOver = false;
	void work
		.catch(() => undefined)
		.finally(() => {
			isOver = true;
		});
	await until(() => {
		clock.advance(ms);
		return isOver;
	});
	return work;
}

test.serial('a hundred pods go with one request each, and five more with a DaemonSet among them', async t => {
	const daemonSet = randomUUID();
	put('daemonsets', {
		apiVersion: 'apps/v1',
		kind: 'DaemonSet',
		metadata: {name: 'agent', namespace: 'default', uid: daemonSet, resourceVersion: '', creationTimestamp: ''},
	});
	for (let index = 0; index < 100; index += 1) {
		await pod(`web-${index}`);
	}

	for (const name of ['agent-1', 'agent-2']) {
		await pod(name, {metadata: ownedBy('DaemonSet', 'agent', {uid: daemonSet})});
	}

	await pod('elsewhere', {node: 'other'});
	cluster.requests.clear();
	const {outcome, events} = await drain({ignoreDaemonSets: true});
	t.is(outcome.kind, 'drained');
	t.deepEqual(left(), ['agent-1', 'agent-2', 'elsewhere']);
	t.deepEqual(cluster.requests.summary(), {
		'create pods/eviction': 100,
		'get nodes': 1,
		'get /api/v1': 1,
		'list pods': 1,
		'get daemonsets': 1,
		'watch pods': 1,
	});
	t.is(events.filter(({type}) => type === 'gone').length, 100);
	t.deepEqual(shown(events.slice(0, 1)), ['warnings ignoring DaemonSet-managed Pods']);
	t.true(cluster.requests.peakConnections <= 33);
});

test.serial('nothing at all is evicted where a filter refuses one pod', async t => {
	await pod('web');
	await pod('naked', {metadata: {}});
	const {outcome, events} = await drain();
	t.like(outcome, {kind: 'refused', errors: [{text: 'Pods that declare no controller (use --force to override)'}]});
	t.deepEqual(events, []);
	t.deepEqual(left(), ['naked', 'web']);
});

test.serial('an empty node is drained', async t => {
	t.deepEqual((await drain()).outcome, {kind: 'drained', gone: [], skipped: [], stay: []});
});

test.serial('our own pods stay', async t => {
	await pod('web');
	await pod('act', {metadata: {labels: {'cni-upgrade/act': 'run'}}});
	const {outcome} = await drain({}, {exclude: ({labels}) => labels['cni-upgrade/act'] === 'run'});
	t.like(outcome, {kind: 'drained', gone: [{name: 'web'}], stay: [{pod: {name: 'act'}, why: 'it belongs to this run'}]});
	t.deepEqual(left(), ['act']);
});

test.serial('another node under the same name is refused', async t => {
	await pod('web');
	await t.throwsAsync(drain({}, {node: {name: 'worker', uid: 'another'}}), {
		message: /^node\/worker has the uid .+, where another was expected/,
	});
	t.deepEqual(left(), ['web']);
});

test.serial('a selector that is none is a usage error', async t => {
	await t.throwsAsync(drain({podSelector: 'a in'}), {message: /^--pod-selector=a in must be a valid label selector/});
});

test.serial('only the pods that the selector takes go', async t => {
	await pod('web', {metadata: {labels: {app: 'web'}}});
	await pod('db', {metadata: {labels: {app: 'db'}}});
	await drain({podSelector: 'app=web', force: true});
	t.deepEqual(left(), ['db']);
});

test.serial('a list in chunks is whole', async t => {
	for (const name of ['a', 'b', 'c', 'd', 'e']) {
		await pod(name);
	}

	t.like((await drain({chunkSize: 2})).outcome, {kind: 'drained', gone: {length: 5}});
});

test.serial('a budget that opens later lets the pod go, at most one try for each wait, and is named', async t => {
	await pod('web', {metadata: {labels: {app: 'web'}}});
	await budget('tight', {app: 'web'}, 1);
	const clock = new SteppedClock();
	const tries: number[] = [];
	const drained = drain(
		{force: true},
		{
			clock,
			api: api(clock),
			onEvent(event) {
				if (event.type === 'evicting') {
					tries.push(clock.monotonic());
				}

				if (tries.length === 3) {
					cluster.store.remove('poddisruptionbudgets', 'default/tight');
				}
			},
		},
	);
	const {outcome, events} = await pass(clock, drained, 100);
	t.is(outcome.kind, 'drained');
	t.deepEqual(left(), []);
	t.like(
		events.find(({type}) => type === 'hindered'),
		{
			afterMs: 5000,
			serverText: "Cannot evict pod as it would violate the pod's disruption budget.",
			hindrance: {kind: 'budget', budget: 'tight', message: 'needs 1 healthy pods and has 1 currently'},
		},
	);
	t.true(tries.length >= 3);
	t.true(
		tries.every((at, index) => index === 0 || at - (tries[index - 1] ?? 0) >= 5000),
		tries.join(' '),
	);
});

test.serial("the server's Retry-After is honoured", async t => {
	await pod('web');
	cluster.faults.add({
		verb: 'create',
		subresource: 'eviction',
		fault: {kind: 'status', code: 429, reason: 'TooManyRequests', retryAfterSeconds: 17},
	});
	const clock = new SteppedClock();
	const began = clock.monotonic();
	const {outcome, events} = await pass(clock, drain({}, {clock, api: api(clock)}), 100);
	t.is(outcome.kind, 'drained');
	t.like(
		events.find(({type}) => type === 'hindered'),
		{afterMs: 17_000, hindrance: {kind: 'budget', budget: undefined}},
	);
	t.true(clock.monotonic() - began >= 17_000);
});

test.serial('two budgets on one pod end its eviction with the reason; the others go', async t => {
	await pod('twice', {metadata: {labels: {app: 'twice'}}});
	await pod('once');
	await budget('first', {app: 'twice'}, 0);
	await budget('second', {app: 'twice'}, 0);
	cluster.requests.clear();
	const {outcome} = await drain({force: true});
	t.like(outcome, {
		kind: 'incomplete',
		gone: [{name: 'once'}],
		pending: {length: 0},
		failed: [
			{
				pod: {name: 'twice'},
				message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
			},
		],
	});
	t.is(cluster.requests.count({subresource: 'eviction', name: 'twice'}), 1);
	t.deepEqual(left(), ['twice']);
});

test.serial(
	'when the time is over, each pod says what it waits for: finalizers, a budget, its grace period, a silent kubelet',
	async t => {
		await pod('held', {metadata: {finalizers: ['example.com/backup']}});
		await pod('guarded', {metadata: {labels: {app: 'guarded'}}});
		await pod('slow', {spec: {terminationGracePeriodSeconds: 600}});
		await pod('dead', {spec: {terminationGracePeriodSeconds: 1}});
		await budget('tight', {app: 'guarded'}, 1);
		cluster.setNodeFaults('worker', [{kind: 'silent'}]);
		const clock = new SteppedClock();
		const events: string[] = [];
		const drained = drain(
			{force: true, timeout: 90_000},
			{clock, api: api(clock), onEvent: event => events.push(...shown([event]))},
		);
		await until(() => events.includes('hindered guarded') && cluster.list('pods').filter(isDeleted).length === 3);
		// Its containers have ended, which its kubelet says last; the finalizer is somebody else's.
		const held = cluster.store.get('pods', 'default/held') as Pod;
		deleteObject(cluster.store, resourceRow('pods'), held, 0);
		await settle();
		clock.advance(65_000);
		await until(() => events.includes('stuck held') && events.includes('stuck dead'));
		await settle();
		clock.advance(25_000);
		const {outcome} = await drained;
		cluster.setNodeFaults('worker', [{kind: 'hangs'}]);
		t.false(events.includes('stuck slow'));
		t.like(outcome, {kind: 'incomplete', gone: [], failed: []});
		const waits = outcome.kind === 'incomplete' ? outcome.pending : [];
		t.deepEqual(
			waits.map(({pod, isAccepted, waitsFor}) => [pod.name, isAccepted, waitsFor.kind]),
			[
				['dead', true, 'kubelet'],
				['guarded', false, 'budget'],
				['held', true, 'finalizers'],
				['slow', true, 'grace'],
			],
		);
		t.like(waits[1], {waitsFor: {budget: 'tight', message: 'needs 1 healthy pods and has 1 currently'}});
		t.like(waits[2], {waitsFor: {finalizers: ['example.com/backup']}});
		const grace = waits[3]?.waitsFor;
		t.true(grace?.kind === 'grace' && grace.secondsLeft > 500 && grace.secondsLeft <= 510, JSON.stringify(grace));
		t.deepEqual(left(), ['dead', 'guarded', 'held', 'slow']);
	},
);

test.serial('a pod whose finalizer is taken off in the end is gone', async t => {
	await pod('held', {metadata: {finalizers: ['example.com/backup']}});
	const drained = drain({force: true});
	const held = () => cluster.store.get('pods', 'default/held');
	await until(() => held()?.metadata.deletionGracePeriodSeconds === 0);
	cluster.store.remove('pods', 'default/held');
	t.is((await drained).outcome.kind, 'drained');
});

test.serial(
	'a pod of a namespace that is being deleted is asked for again until somebody has deleted it, and then waited for',
	async t => {
		await pod('web');
		const clock = new SteppedClock();
		cluster.faults.add({
			verb: 'create',
			subresource: 'eviction',
			times: Number.POSITIVE_INFINITY,
			fault: {
				kind: 'status',
				code: 403,
				reason: 'Forbidden',
				message: 'pods "web" is forbidden: unable to create new content in namespace default because it is being terminated',
				causes: [{reason: 'NamespaceTerminating', message: 'namespace default is being terminated'}],
			},
		});
		cluster.requests.clear();
		const events: DrainEvent[] = [];
		const drained = drain({}, {clock, api: api(clock), onEvent: event => events.push(event)});
		await until(() => events.some(({type}) => type === 'hindered'));
		t.like(events[1], {type: 'hindered', afterMs: 5000, hindrance: {kind: 'namespace'}});
		await settle();
		deleteObject(cluster.store, resourceRow('pods'), cluster.store.get('pods', 'default/web') as Pod);
		t.is((await drained).outcome.kind, 'drained');
		t.is(cluster.requests.count({subresource: 'eviction'}), 1);
	},
);

test.serial('a namespace that is really being deleted takes its pods along', async t => {
	put('namespaces', newNamespace('team', {}));
	await pod('web', {namespace: 'team', metadata: {}});
	deleteObject(cluster.store, resourceRow('namespaces'), cluster.store.get('namespaces', 'team') as KubeObject);
	t.is((await drain({force: true})).outcome.kind, 'drained');
	t.deepEqual(left(), []);
});

test.serial('a pod that was replaced under its name is gone, and its successor is left alone', async t => {
	await pod('web-0', {metadata: {labels: {app: 'web'}}});
	await pod('web-1', {metadata: {labels: {app: 'web'}}});
	await budget('tight', {app: 'web'}, 2);
	const clock = new SteppedClock();
	let hindered = 0;
	const drained = drain({force: true}, {clock, api: api(clock), onEvent: ({type}) => (hindered += Number(type === 'hindered'))});
	await until(() => hindered === 2);
	const asked = cluster.requests.count({subresource: 'eviction'});
	for (const [name, node] of [
		['web-0', 'worker'],
		['web-1', 'other'],
	] as const) {
		cluster.store.remove('pods', `default/${name}`);
		put('pods', podJson({name, uid: randomUUID(), node}));
	}

	const {outcome} = await drained;
	t.like(outcome, {kind: 'drained', gone: {length: 2}});
	t.deepEqual(left(), ['web-0', 'web-1']);
	t.true(cluster.list('pods').every(({metadata}) => metadata.deletionTimestamp === undefined));
	t.is(cluster.requests.count({subresource: 'eviction'}), asked);
});

test.serial('a pod that was replaced at the very moment is not evicted, since its uid goes along', async t => {
	await pod('web');
	// Nothing of it is heard: only the precondition is left.
	cluster.faults.add({verb: 'watch', fault: {kind: 'half-open'}, times: Number.POSITIVE_INFINITY});
	const {outcome} = await drain(
		{},
		{
			onEvent({type}) {
				if (type === 'evicting') {
					cluster.store.remove('pods', 'default/web');
					put('pods', podJson({name: 'web', uid: randomUUID(), node: 'other'}));
				}
			},
		},
	);
	t.like(outcome, {kind: 'drained', gone: [{name: 'web'}]});
	t.deepEqual(left(), ['web']);
	t.is(cluster.list('pods')[0]?.metadata.deletionTimestamp, undefined);
});

test.serial('a pod that left while it waited for its turn is not asked for, nor its successor', async t => {
	for (let index = 10; index < 30; index += 1) {
		await pod(`web-${index}`);
	}

	cluster.faults.add({verb: 'create', subresource: 'eviction', fault: {kind: 'delay', ms: 60}, times: 8});
	cluster.requests.clear();
	let isReplaced = false;
	const {outcome} = await drain(
		{},
		{
			onEvent({type}) {
				if (type === 'evicting' && !isReplaced) {
					isReplaced = true;
					cluster.store.remove('pods', 'default/web-29');
					put('pods', podJson({name: 'web-29', uid: randomUUID(), node: 'other'}));
				}
			},
		},
	);
	t.like(outcome, {kind: 'drained', gone: {length: 20}});
	t.is(cluster.requests.count({subresource: 'eviction', name: 'web-29'}), 0);
	t.deepEqual(left(), ['web-29']);
});

test.serial('--disable-eviction deletes, asks no budget, and deletes only whom it means', async t => {
	await pod('web', {metadata: {labels: {app: 'web'}}});
	await budget('tight', {app: 'web'}, 1);
	cluster.requests.clear();
	const {outcome, events} = await drain({force: true, disableEviction: true});
	t.is(outcome.kind, 'drained');
	t.deepEqual(shown(events), ['warnings deleting Pods that declare no controller', 'evicting web', 'gone web']);
	t.is(cluster.requests.count({subresource: 'eviction'}), 0);
	t.is(cluster.requests.count({verb: 'delete', resource: 'pods'}), 1);
});

test.serial('the grace period that was asked for is sent, and none otherwise', async t => {
	for (const [flags, expected] of [
		[{}, 30],
		[{gracePeriodSeconds: 7}, 7],
	] as const) {
		await pod('web');
		let seen: number | undefined;
		const stop = cluster.store.subscribe('pods', ({object}) => {
			seen ??= object.metadata.deletionGracePeriodSeconds;
		});
		await drain(flags);
		stop();
		t.is(seen, expected);
	}
});

test.serial('a pod that does not end is given up after --skip-wait-for-delete-timeout', async t => {
	await pod('web');
	cluster.setNodeFaults('worker', [{kind: 'silent'}]);
	const clock = new SteppedClock();
	const drained = drain({skipWaitForDeleteSeconds: 5}, {clock, api: api(clock)});
	await until(() => cluster.list('pods').every(isDeleted));
	await settle();
	clock.advance(30_000);
	await settle();
	t.deepEqual(left(), ['web']);
	clock.advance(7000);
	const {outcome} = await drained;
	cluster.setNodeFaults('worker', [{kind: 'hangs'}]);
	t.like(outcome, {
		kind: 'drained',
		gone: [],
		skipped: [{pod: {name: 'web'}, text: 'pod "web" has DeletionTimestamp older than 5 seconds, skipping'}],
	});
});

test.serial(
	'a pod that was deleted at a time that cannot be read is waited for, and not asked after again and again',
	async t => {
		await pod('web');
		cluster.setNodeFaults('worker', [{kind: 'silent'}]);
		const clock = new SteppedClock();
		const naps: number[] = [];
		const noting = {
			now: clock.now,
			monotonic: clock.monotonic,
			sleep: async (ms: number, signal: AbortSignal) => {
				naps.push(ms);
				return clock.sleep(ms, signal);
			},
		};
		const mine = api(clock);
		const request = async (asked: ApiRequest) => {
			const response = await mine.request(asked);
			for (const {metadata} of (response.json as {readonly items?: readonly KubeObject[]} | undefined)?.items ?? []) {
				Object.assign(metadata, {deletionTimestamp: 'soon', deletionGracePeriodSeconds: 30});
			}

			return response;
		};
		const controller = new AbortController();
		const stream = async ({signal}: ApiRequest) =>
			new Promise<never>((_, reject) => {
				signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true});
			});
		const drained = drain(
			{skipWaitForDeleteSeconds: 5},
			{clock: noting, api: {...mine, request, stream}, signal: controller.signal},
		);
		await until(() => cluster.list('pods').every(isDeleted));
		await settle();
		clock.advance(3_600_000);
		await settle();
		cluster.setNodeFaults('worker', [{kind: 'hangs'}]);
		t.deepEqual(left(), ['web']);
		t.deepEqual(naps.filter(Number.isNaN), []);
		controller.abort(new Error('Ctrl-C'));
		await t.throwsAsync(drained, {message: 'Ctrl-C'});
	},
);

for (const hours of [-1, 1]) {
	test.serial(
		`a pod that hangs is gone on without after its grace period and more, with a clock that is ${hours} h wrong`,
		async t => {
			await pod('web', {spec: {terminationGracePeriodSeconds: 600}});
			cluster.setNodeFaults('worker', [{kind: 'silent'}]);
			const clock = new SteppedClock();
			const {monotonic, sleep} = clock;
			const wrong = {now: () => clock.now() + hours * 3_600_000, monotonic, sleep};
			let isOver = false;
			const drained = drain({}, {clock: wrong, api: api(clock), leaveHangingAfter: 60_000}).finally(() => {
				isOver = true;
			});
			await until(() => cluster.list('pods').every(isDeleted));
			await settle();
			clock.advance(650_000);
			await settle();
			t.false(isOver);
			clock.advance(12_000);
			const {outcome} = await drained;
			cluster.setNodeFaults('worker', [{kind: 'hangs'}]);
			t.like(outcome, {
				kind: 'drained',
				gone: [],
				skipped: [{pod: {name: 'web'}, text: 'pod "web" is still there 60 seconds after its grace period, going on without it'}],
			});
		},
	);
}

test.serial('an abort in the middle ends it with its reason, and every request with it', async t => {
	for (let index = 0; index < 20; index += 1) {
		await pod(`web-${index}`, {metadata: {labels: {app: 'web'}}});
	}

	await budget('tight', {app: 'web'}, 15);
	const controller = new AbortController();
	const clock = new SteppedClock();
	let hindered = 0;
	const mine = api(clock);
	const drained = drain(
		{force: true},
		{
			clock,
			api: mine,
			signal: controller.signal,
			onEvent: ({type}) => (hindered += Number(type === 'hindered')),
		},
	);
	await until(() => hindered >= 10);
	controller.abort(new Error('Ctrl-C'));
	await t.throwsAsync(drained, {message: 'Ctrl-C'});
	const {requests} = mine.counts;
	clock.advance(60_000);
	await settle();
	t.is(mine.counts.requests, requests);
	t.is(clock.waiting, 0);
});

function isDeleted({metadata}: KubeObject): boolean {
	return metadata.deletionTimestamp !== undefined;
}

/** Lets what is under way arrive. */
async function settle(): Promise<void> {
	await sleep(30);
}
