import test from 'ava';
import * as fc from 'fast-check';
import {type DaemonSetLook, type DrainFlags, filterPods} from '../../lib/drain/filters.ts';
import {type DrainPod, readPod} from '../../lib/drain/pod.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {defaults, ownedBy, podJson} from './pods.ts';

const now = Date.parse('2026-06-01T12:00:00Z');
const daemonSets = new Map<string, DaemonSetLook>([
	['default/ds', {kind: 'there'}],
	['default/gone', {kind: 'gone', text: 'daemonsets.apps "gone" not found'}],
	['default/secret', {kind: 'unread', text: 'user jane may not get daemonsets in namespace default'}],
]);

const emptyDir = {volumes: [{name: 'scratch', emptyDir: {medium: ''}}]};

/** The pods of kubectl's own TestDrain (kubernetes/kubectl:pkg/cmd/drain/drain_test.go@v0.36.3), and some more. */
const pods = {
	rc: podJson({name: 'bar', metadata: ownedBy('ReplicationController', 'rc', {apiVersion: 'v1'})}),
	rs: podJson({name: 'bar', metadata: ownedBy('ReplicaSet', 'rs')}),
	job: podJson({name: 'bar', metadata: ownedBy('Job', 'job', {apiVersion: 'batch/v1'}), spec: emptyDir}),
	jobEnded: podJson({
		name: 'bar',
		phase: 'Succeeded',
		metadata: ownedBy('Job', 'job', {apiVersion: 'batch/v1'}),
		spec: emptyDir,
	}),
	ds: podJson({name: 'bar', metadata: ownedBy('DaemonSet', 'ds')}),
	dsEnded: podJson({name: 'bar', phase: 'Failed', metadata: ownedBy('DaemonSet', 'ds')}),
	dsOrphan: podJson({name: 'bar', metadata: ownedBy('DaemonSet', 'gone')}),
	dsUnread: podJson({name: 'bar', metadata: ownedBy('DaemonSet', 'secret')}),
	dsEmptyDir: podJson({name: 'bar', metadata: ownedBy('DaemonSet', 'ds'), spec: emptyDir}),
	dsOfOthers: podJson({name: 'bar', metadata: ownedBy('DaemonSet', 'ds', {apiVersion: 'apps.kruise.io/v1alpha1'})}),
	naked: podJson({name: 'bar'}),
	nakedEnded: podJson({name: 'bar', phase: 'Succeeded'}),
	emptyDir: podJson({name: 'bar', spec: emptyDir}),
	emptyDirEnded: podJson({name: 'bar', phase: 'Succeeded', spec: emptyDir}),
	hostPath: podJson({
		name: 'bar',
		metadata: ownedBy('ReplicaSet', 'rs'),
		spec: {volumes: [{name: 'h', hostPath: {path: '/var'}}]},
	}),
	mirror: podJson({name: 'bar', metadata: {annotations: {'kubernetes.io/config.mirror': 'x'}}, spec: emptyDir}),
	ours: podJson({name: 'bar', metadata: {labels: {run: 'ours'}}}),
	deleted: podJson({name: 'bar', metadata: {deletionTimestamp: '2026-06-01T11:59:29Z', deletionGracePeriodSeconds: 30}}),
	ownedWithoutController: podJson({
		name: 'bar',
		metadata: {ownerReferences: [{apiVersion: 'v1', kind: 'Node', name: 'worker', uid: 'u'}]},
	}),
};

type Case = {
	readonly pod: keyof typeof pods;
	readonly flags?: Partial<DrainFlags>;
	readonly goes?: boolean;
	readonly error?: string;
	readonly warnings?: readonly string[];
};

const force = {force: true};
const emptyDirText = 'Pods with local storage (use --delete-emptydir-data to override)';
const nakedText = 'Pods that declare no controller (use --force to override)';
const nakedWarning = 'deleting Pods that declare no controller';

const cases: Readonly<Record<string, Case>> = {
	'a pod of a ReplicationController goes': {pod: 'rc', goes: true},
	'a pod of a ReplicaSet goes': {pod: 'rs', goes: true},
	'a pod of a Job with local storage goes with both flags': {
		pod: 'job',
		flags: {force: true, deleteEmptyDirData: true},
		goes: true,
		warnings: ['deleting Pods with local storage'],
	},
	'a pod of a Job that ended goes': {pod: 'jobEnded', goes: true},
	'a pod of a DaemonSet is refused': {pod: 'ds', error: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)'},
	'a pod of a DaemonSet is refused with --force too': {
		pod: 'ds',
		flags: force,
		error: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)',
	},
	'a pod of a DaemonSet that ended goes': {pod: 'dsEnded', goes: true},
	'a pod whose DaemonSet is gone is refused': {pod: 'dsOrphan', error: 'daemonsets.apps "gone" not found'},
	'a pod whose DaemonSet is gone goes with --force': {
		pod: 'dsOrphan',
		flags: force,
		goes: true,
		warnings: ['daemonsets.apps "gone" not found'],
	},
	'a pod whose DaemonSet could not be read is refused whatever is said': {
		pod: 'dsUnread',
		flags: {force: true, ignoreDaemonSets: true},
		error: 'user jane may not get daemonsets in namespace default',
	},
	'a pod of a DaemonSet stays with --ignore-daemonsets': {
		pod: 'ds',
		flags: {ignoreDaemonSets: true},
		warnings: ['ignoring DaemonSet-managed Pods'],
	},
	'a pod of a DaemonSet with local storage stays with --ignore-daemonsets': {
		pod: 'dsEmptyDir',
		flags: {ignoreDaemonSets: true},
		warnings: ['ignoring DaemonSet-managed Pods'],
	},
	'a DaemonSet of another API group is a controller like any': {pod: 'dsOfOthers', goes: true},
	'a pod without a controller is refused': {pod: 'naked', error: nakedText},
	'a pod without a controller goes with --force': {pod: 'naked', flags: force, goes: true, warnings: [nakedWarning]},
	'a pod without a controller that ended goes': {pod: 'nakedEnded', goes: true},
	'an owner that is no controller is none': {pod: 'ownedWithoutController', error: nakedText},
	'a pod with local storage is refused with --force': {pod: 'emptyDir', flags: force, error: emptyDirText},
	'a pod with local storage that ended goes': {pod: 'emptyDirEnded', flags: force, goes: true},
	'a pod with local storage goes with --delete-emptydir-data, and both warnings are kept': {
		pod: 'emptyDir',
		flags: {force: true, deleteEmptyDirData: true},
		goes: true,
		warnings: [nakedWarning, 'deleting Pods with local storage'],
	},
	'a directory of the node is no local storage': {pod: 'hostPath', goes: true},
	'a mirror pod stays, in silence': {pod: 'mirror'},
	'a pod of ours stays, in silence': {pod: 'ours'},
	'a pod deleted 31 s ago stays where 30 s are waited for': {pod: 'deleted', flags: {skipWaitForDeleteSeconds: 30}},
	'a pod deleted 31 s ago is judged where 31 s are waited for': {
		pod: 'deleted',
		flags: {skipWaitForDeleteSeconds: 31},
		error: nakedText,
	},
	'a pod that is deleted is judged like any other': {pod: 'deleted', error: nakedText},
};

const read = (value: unknown): DrainPod => {
	const pod = readPod(value);
	if (pod === undefined) {
		throw new Error('that is no pod');
	}

	return pod;
};

const exclude = ({labels}: DrainPod) => labels['run'] === 'ours';

for (const [title, {pod, flags = {}, goes = false, error, warnings = []}] of Object.entries(cases)) {
	test(title, t => {
		const selection = filterPods([read(pods[pod])], {flags: {...defaults, ...flags}, now, daemonSets, exclude});
		const ref = {namespace: 'default', name: 'bar', uid: 'uid-of-bar'};
		t.deepEqual(
			selection.evict.map(({name}) => name),
			goes ? ['bar'] : [],
		);
		t.deepEqual(
			selection.stay.map(({pod}) => pod),
			goes || error !== undefined ? [] : [ref],
		);
		t.deepEqual(selection.errors, error === undefined ? [] : [{text: error, pods: [ref]}]);
		t.deepEqual(
			selection.warnings,
			warnings.map(text => ({text, pods: [ref]})),
		);
	});
}

test('a node without pods has nothing to say', t => {
	t.deepEqual(filterPods([], {flags: defaults, now, daemonSets, exclude}), {evict: [], stay: [], errors: [], warnings: []});
});

test('groups and the pods in them are sorted', t => {
	const named = (name: string, namespace: string) => read({...podJson({name, namespace, uid: name})});
	const {errors, warnings} = filterPods([named('b', 'y'), named('a', 'y'), named('c', 'x'), read(pods.dsOrphan), read(pods.ds)], {
		flags: defaults,
		now,
		daemonSets,
		exclude,
	});
	t.deepEqual(
		errors.map(({text, pods}) => `${text}: ${pods.map(({namespace, name}) => `${namespace}/${name}`).join(', ')}`),
		[
			'DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/bar',
			'Pods that declare no controller (use --force to override): x/c, y/a, y/b',
			'daemonsets.apps "gone" not found: default/bar',
		],
	);
	t.deepEqual(warnings, []);
});

test('whatever the server says is a pod or none, and any pod is judged once', t => {
	fc.assert(
		fc.property(
			fc.record(
				{
					metadata: fc.record(
						{
							name: fc.oneof(fc.string(), fc.jsonValue()),
							namespace: fc.oneof(fc.string(), fc.jsonValue()),
							uid: fc.oneof(fc.string(), fc.jsonValue()),
							labels: fc.jsonValue(),
							annotations: fc.jsonValue(),
							ownerReferences: fc.jsonValue(),
							finalizers: fc.jsonValue(),
							deletionTimestamp: fc.jsonValue(),
							deletionGracePeriodSeconds: fc.jsonValue(),
						},
						{requiredKeys: []},
					),
					spec: fc.oneof(fc.jsonValue(), fc.record({volumes: fc.jsonValue()})),
					status: fc.jsonValue(),
				},
				{requiredKeys: []},
			),
			value => {
				const pod = readPod(value);
				const {evict, stay, errors} = filterPods(pod === undefined ? [] : [pod], {flags: defaults, now, daemonSets, exclude});
				t.is(evict.length + stay.length + errors.length, pod === undefined ? 0 : 1);
			},
		),
		fuzzRuns(200),
	);
});
