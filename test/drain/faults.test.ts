import {randomUUID} from 'node:crypto';
import test from 'ava';
import type {FaultRule} from '../embedded/faults.ts';
import {SteppedClock} from '../faults/stepped-clock.ts';
import {startDrainCluster, until} from './cluster.ts';
import {ownedBy} from './pods.ts';

const world = await startDrainCluster();
const {cluster, pod, put, drain, left, api} = world;

test.after.always(world.stop);
test.afterEach.always(world.clear);

const refused = (code: number, extra: object = {}): FaultRule['fault'] => ({kind: 'status', code, ...extra});

/** What may strike any request, and passes. */
const faults: Readonly<Record<string, FaultRule['fault']>> = {
	500: refused(500),
	502: refused(502, {html: '<html>Bad Gateway</html>'}),
	503: refused(503, {reason: 'ServiceUnavailable'}),
	429: refused(429, {reason: 'TooManyRequests'}),
	'429 with Retry-After': refused(429, {reason: 'TooManyRequests', retryAfterSeconds: 3}),
	410: refused(410, {reason: 'Expired'}),
	'a reset connection': {kind: 'reset-before'},
	'a lost answer': {kind: 'answer-lost'},
	'a half-open connection': {kind: 'no-answer'},
};

/** Every kind of request that a drain makes. */
const requests: Readonly<Record<string, Omit<FaultRule, 'fault'>>> = {
	'get the node': {verb: 'get', resource: 'nodes'},
	'ask for evictions': {verb: 'get', resource: ''},
	'list pods, first page': {verb: 'list', resource: 'pods'},
	'list pods, second page': {verb: 'list', resource: 'pods', skip: 1},
	'get a DaemonSet': {verb: 'get', resource: 'daemonsets'},
	'watch pods': {verb: 'watch', resource: 'pods'},
	'evict the first': {verb: 'create', subresource: 'eviction'},
	'evict the fourth': {verb: 'create', subresource: 'eviction', skip: 3},
	'evict any, three times': {verb: 'create', subresource: 'eviction', times: 3},
};

/** What strikes a watch in the middle. */
const watchFaults: Readonly<Record<string, FaultRule['fault']>> = {
	'410 at once': {kind: 'gone'},
	'410 after three events': {kind: 'gone', after: 3},
	'a half-open connection at once': {kind: 'half-open'},
	'a half-open connection after three events': {kind: 'half-open', after: 3},
	'a reset after two events': {kind: 'reset', after: 2},
	'its end after each event': {kind: 'close', after: 1},
	'half a line': {kind: 'truncated-line', after: 2},
	'a line that is no JSON': {kind: 'bad-json', after: 1},
	'every event twice': {kind: 'duplicates'},
	'a line of 9 MiB': {kind: 'long-line', bytes: 9 * 1024 * 1024, after: 1},
};

const names = ['web-1', 'web-2', 'web-3', 'web-4', 'web-5', 'web-6'];

/** Drains six pods while a pod of a DaemonSet, one of ours and one of another node are there too; what is left, and how it ended. */
async function drainUnder(...rules: readonly FaultRule[]) {
	const uid = randomUUID();
	put('daemonsets', {
		apiVersion: 'apps/v1',
		kind: 'DaemonSet',
		metadata: {name: 'agent', namespace: 'default', uid, resourceVersion: '', creationTimestamp: ''},
	});
	await Promise.all([
		...names.map(async name => pod(name)),
		pod('agent-1', {metadata: ownedBy('DaemonSet', 'agent', {uid})}),
		pod('elsewhere', {node: 'other'}),
		pod('ours'),
	]);
	for (const rule of rules) {
		cluster.faults.add(rule);
	}

	const struck = cluster.faults.struck;
	const clock = new SteppedClock();
	const result = await whileTimePasses(
		clock,
		drain({ignoreDaemonSets: true, chunkSize: 4}, {clock, api: api(clock), exclude: ({name}) => name === 'ours'}),
	);
	return {...result, struck: cluster.faults.struck - struck, left: left()};
}

/** Puts the clock forward whenever nothing else goes on any more: all that could, waits for a timer. */
async function whileTimePasses<T>(clock: SteppedClock, work: Promise<T>): Promise<T> {
	let isOver = false;
	void work
		.catch(() => undefined)
		.finally(() => {
			isOver = true;
		});
	let quiet = 0;
	let seen = '';
	await until(() => {
		const now = `${cluster.requests.entries.length} ${cluster.requests.bytes} ${cluster.store.version} ${cluster.faults.struck}`;
		quiet = now === seen ? quiet + 1 : 0;
		seen = now;
		if (quiet >= 8) {
			clock.advance(5000);
			quiet = 0;
		}

		return isOver;
	});
	return work;
}

const expected = {left: ['agent-1', 'elsewhere', 'ours']};

for (const [what, rule] of Object.entries(requests)) {
	for (const [name, fault] of Object.entries(faults)) {
		test.serial(`${what}: ${name} changes nothing`, async t => {
			const {outcome, left, struck} = await drainUnder({...rule, fault});
			t.is(struck, rule.times ?? 1);
			t.is(outcome.kind, 'drained', JSON.stringify(outcome));
			t.deepEqual(left, expected.left);
		});
	}
}

for (const [name, fault] of Object.entries(watchFaults)) {
	test.serial(`the watch: ${name} changes nothing`, async t => {
		const {outcome, left, struck} = await drainUnder({fault, verb: 'watch', times: name.includes('each') ? 5 : 1});
		t.true(struck > 0);
		t.is(outcome.kind, 'drained', JSON.stringify(outcome));
		t.deepEqual(left, expected.left);
	});
}

test.serial('a watch that has to list anew is told 500 there, and goes on', async t => {
	const {outcome, left, struck} = await drainUnder(
		{fault: {kind: 'gone'}, verb: 'watch'},
		{fault: refused(500), verb: 'list', resource: 'pods', skip: 2},
	);
	t.is(struck, 2);
	t.is(outcome.kind, 'drained');
	t.deepEqual(left, expected.left);
});

test.serial('one request in four fails: all pods go, and nobody else', async t => {
	const {outcome, left, struck} = await drainUnder(
		...[500, 502, 503].map(code => ({fault: refused(code), rate: 0.08, times: Number.POSITIVE_INFINITY})),
	);
	t.true(struck > 0);
	t.is(outcome.kind, 'drained');
	t.deepEqual(left, expected.left);
});

test.serial('what does not pass ends one pod, and the others go', async t => {
	const {outcome, left} = await drainUnder({
		fault: refused(403, {reason: 'Forbidden', message: 'admission webhook "guard" denied the request'}),
		verb: 'create',
		subresource: 'eviction',
		name: 'web-3',
	});
	t.like(outcome, {
		kind: 'incomplete',
		gone: {length: 5},
		failed: [{pod: {name: 'web-3'}, message: 'admission webhook "guard" denied the request'}],
	});
	t.deepEqual(left, [...expected.left, 'web-3'].sort());
});
