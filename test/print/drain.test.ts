import test from 'ava';
import type {DrainEvent} from '../../lib/drain/outcome.ts';
import {blockedText, drainEndLines, drainLines} from '../../lib/print/drain.ts';

const pod = {namespace: 'shop', name: 'web-1', uid: 'u'};
const other = {namespace: 'shop', name: 'web-2', uid: 'v'};
const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";

const says: readonly (readonly [DrainEvent, ...string[]])[] = [
	[
		{
			type: 'warnings',
			warnings: [
				{text: 'deleting Pods with local storage', pods: [pod]},
				{text: 'ignoring DaemonSet-managed Pods', pods: [pod, other]},
			],
		},
		'stderr Warning: deleting Pods with local storage: shop/web-1; ignoring DaemonSet-managed Pods: shop/web-1, shop/web-2',
	],
	[{type: 'evicting', pod, how: 'evict'}, 'stdout evicting pod shop/web-1'],
	[{type: 'evicting', pod, how: 'delete'}],
	[{type: 'gone', pod, how: 'evict'}, 'stdout pod/web-1 evicted'],
	[{type: 'gone', pod, how: 'delete'}, 'stdout pod/web-1 deleted'],
	[
		{
			type: 'hindered',
			pod,
			how: 'evict',
			afterMs: 5000,
			serverText: refusal,
			hindrance: {kind: 'budget', budget: 'web', message: 'needs 2 healthy pods and has 2 currently'},
		},
		`stderr error when evicting pods/"web-1" -n "shop" (will retry after 5s): ${refusal} poddisruptionbudget/web in namespace shop needs 2 healthy pods and has 2 currently`,
	],
	[
		{
			type: 'hindered',
			pod,
			how: 'evict',
			afterMs: 90_000,
			serverText: 'too many requests',
			hindrance: {kind: 'budget', budget: undefined, message: 'too many requests'},
		},
		'stderr error when evicting pods/"web-1" -n "shop" (will retry after 1m30s): too many requests',
	],
	[
		{
			type: 'hindered',
			pod,
			how: 'evict',
			afterMs: 5000,
			serverText: 'no',
			hindrance: {kind: 'namespace', serverText: 'no'},
		},
		'stderr error when evicting pod "web-1" from terminating namespace "shop" (will retry after 5s): no',
	],
	[
		{type: 'failed', pod, how: 'evict', message: 'bad \x1b[31mnews', remedy: 'Do this.'},
		'stdout pod/web-1 eviction failed',
		'stderr error when evicting pods/"web-1" -n "shop": bad \\x1b[31mnews',
		'stderr Do this.',
	],
	[
		{type: 'skipped', pod, text: 'pod "web-1" has DeletionTimestamp older than 5 seconds, skipping'},
		'stdout pod "web-1" has DeletionTimestamp older than 5 seconds, skipping',
	],
	[
		{type: 'stuck', pod, waitsFor: {kind: 'finalizers', finalizers: ['example.com/a', 'example.com/b']}},
		'stderr pod/web-1 in namespace shop is not gone: it has ended, but has the finalizers example.com/a, example.com/b, which its owner has to take off; see: kubectl -n shop get pod web-1 -o yaml',
	],
	[
		{type: 'stuck', pod, waitsFor: {kind: 'kubelet'}},
		'stderr pod/web-1 in namespace shop is not gone: its grace period is over and the kubelet of its node does not say that it has ended: is the kubelet up, and the runtime?',
	],
];

for (const [event, ...expected] of says) {
	test(`of ${JSON.stringify(event)}`, t => {
		t.deepEqual(
			drainLines(event).map(({to, text}) => `${to} ${text}`),
			expected,
		);
	});
}

test('what the filters refuse is said once for each reason, as kubectl 1.36 says it', t => {
	const errors = [{text: 'Pods that declare no controller (use --force to override)', pods: [pod, other]}];
	t.deepEqual(drainEndLines({kind: 'refused', errors}, 'worker', 0), [
		{
			to: 'stderr',
			text: 'error: cannot delete Pods that declare no controller (use --force to override): shop/web-1, shop/web-2',
		},
	]);
});

test('what a preview finds blocked names its budget, or says why there is none to name', t => {
	t.is(
		blockedText({pod, budget: 'web', message: 'needs 2 healthy pods and has 2 currently'}),
		'pod/web-1 in namespace shop: poddisruptionbudget/web in namespace shop needs 2 healthy pods and has 2 currently',
	);
	t.is(blockedText({pod, budget: undefined, message: 'denied\x1b'}), 'pod/web-1 in namespace shop: denied\\x1b');
});

test('a drained node is said so', t => {
	t.deepEqual(drainEndLines({kind: 'drained', gone: [pod], skipped: [], stay: []}, 'worker', 0), [
		{to: 'stdout', text: 'node/worker drained'},
	]);
});

test('when the time is over, what each pod waits for is said', t => {
	const lines = drainEndLines(
		{
			kind: 'incomplete',
			gone: [],
			skipped: [],
			stay: [],
			failed: [],
			pending: [
				{pod, isAccepted: false, waitsFor: {kind: 'budget', budget: 'web', message: 'needs 2 healthy pods and has 2 currently'}},
				{pod: other, isAccepted: true, waitsFor: {kind: 'grace', secondsLeft: 12, finalizers: ['example.com/a']}},
			],
		},
		'worker',
		3_660_000,
	);
	t.deepEqual(
		lines.map(({text}) => text),
		[
			'error when evicting pods/"web-1" -n "shop": global timeout reached: 1h1m0s; poddisruptionbudget/web in namespace shop needs 2 healthy pods and has 2 currently',
			'error when waiting for pod "web-2" in namespace "shop" to terminate: global timeout reached: 1h1m0s; 12 s of its grace period are left, and it has the finalizer example.com/a',
		],
	);
});
