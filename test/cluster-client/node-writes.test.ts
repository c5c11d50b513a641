import test, {type ExecutionContext} from 'ava';
import type {Api, ApiRequest} from '../../lib/cluster/api.ts';
import {writeNodeEvent} from '../../lib/cluster/node-events.ts';
import {type NodeChange, watchNode} from '../../lib/cluster/node-watch.ts';
import {annotate, getNode, NodeGone, removeAnnotation, setUnschedulable} from '../../lib/cluster/nodes-write.ts';
import type {Json} from '../contract/plain-client.ts';
import {type EmbeddedCluster, startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {nodeObject} from '../embedded/node-object.ts';
import {keyOf} from '../embedded/objects.ts';
import {FakeClock} from './fake-clock.ts';
import {apiOf} from './test-server.ts';

let cluster: EmbeddedCluster;
let names = 0;

test.before(async () => {
	cluster = await startEmbeddedCluster({nodes: []});
});

test.after.always(async () => cluster.stop());

const {signal} = new AbortController();
const mark = 'cni-upgrade/run';

/** A node of its own for each test, and a client. */
function start(t: ExecutionContext, more: {readonly cordoned?: boolean} = {}) {
	names += 1;
	const name = `node-${names}`;
	const node = {name, uid: `uid-${names}`};
	const about = {osImage: 'Debian', kernel: '6.1', kubelet: 'v1.34.2', runtime: 'containerd://1.7.24', address: '10.0.0.7'};
	cluster.store.create('nodes', nodeObject({...node, ...about, ...more}));
	const credentials = {
		who: 'user/admin',
		get: async () => ({headers: {authorization: 'Bearer admin-token'}}),
		renew: async () => undefined,
	};
	return {node, api: apiOf(t, cluster.url, {credentials, clock: new FakeClock(3_000)})};
}

const seen = (name: string) => cluster.list('nodes').find(({metadata}) => metadata.name === name) as Json;

/** As an autoscaler does it. */
const remove = (name: string) => cluster.store.remove('nodes', keyOf({namespace: undefined, name}));

/** A client before whose requests of a kind something happens once. */
function disturbed(api: Api, method: string, happens: () => Promise<unknown>): Api {
	let left = 1;
	return {
		...api,
		async request(request: ApiRequest) {
			if (request.method === method && left > 0) {
				left -= 1;
				await happens();
			}

			return api.request(request);
		},
	};
}

test('a node is read whole, and one that is not there is undefined', async t => {
	const {node, api} = start(t, {cordoned: true});
	const whole = await getNode(api, node.name, signal);
	t.like(whole, {
		...node,
		unschedulable: true,
		isLeaving: false,
		podCIDRs: ['10.244.7.0/24'],
		taints: [{key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule'}],
	});
	t.is(whole?.labels['kubernetes.io/hostname'], node.name);
	const ready = whole?.conditions.find(({type}) => type === 'Ready');
	t.like(ready, {status: 'True', reason: 'KubeletReady'});
	t.regex(ready?.lastHeartbeatTime ?? '', /^\d{4}-.*Z$/);
	t.is(await getNode(api, 'nobody', signal), undefined);
});

test('a node is cordoned and uncordoned, and one that is so already is not written', async t => {
	const {node, api} = start(t);
	t.is((await setUnschedulable(api, {node, value: true, signal})).was, 'changed');
	t.true(seen(node.name).spec.unschedulable);
	const {resourceVersion} = seen(node.name).metadata;
	t.is((await setUnschedulable(api, {node, value: true, annotations: {[mark]: 'x'}, signal})).was, 'before');
	t.is(seen(node.name).metadata.resourceVersion, resourceVersion);
	t.is((await setUnschedulable(api, {node, value: false, signal})).was, 'changed');
	t.is(seen(node.name).spec.unschedulable, undefined);
});

test('a change of something else meanwhile is no reason to stop, one by somebody who cordons is theirs', async t => {
	const one = start(t);
	const touched = disturbed(one.api, 'PATCH', async () => annotate(one.api, {node: one.node, annotations: {other: 'x'}, signal}));
	t.is((await setUnschedulable(touched, {node: one.node, value: true, signal})).was, 'changed');
	t.is(seen(one.node.name).metadata.annotations.other, 'x');
	const two = start(t);
	const raced = disturbed(two.api, 'PATCH', async () => setUnschedulable(two.api, {node: two.node, value: true, signal}));
	t.is((await setUnschedulable(raced, {node: two.node, value: true, annotations: {[mark]: 'ours'}, signal})).was, 'before');
	t.is(seen(two.node.name).metadata.annotations[mark], undefined);
});

test.serial('a cordon whose answer was lost is known for ours by its mark', async t => {
	const {node, api} = start(t);
	t.teardown(cluster.faults.add({fault: {kind: 'answer-lost'}, resource: 'nodes', verb: 'patch', name: node.name}));
	t.is((await setUnschedulable(api, {node, value: true, annotations: {[mark]: 'ours'}, signal})).was, 'changed');
	t.is(seen(node.name).metadata.annotations[mark], 'ours');
});

test('another machine of the same name is never touched', async t => {
	const {node, api} = start(t);
	const other = {name: node.name, uid: 'other'};
	for (const write of [
		async () => setUnschedulable(api, {node: other, value: true, signal}),
		async () => annotate(api, {node: other, annotations: {a: 'b'}, signal}),
	]) {
		const error = await t.throwsAsync(write(), {instanceOf: NodeGone});
		t.regex(error?.message ?? '', /^node\/node-\d+ is another machine now/);
	}

	await removeAnnotation(api, {node: other, key: 'node.alpha.kubernetes.io/ttl', signal});
	t.is(seen(node.name).metadata.annotations['node.alpha.kubernetes.io/ttl'], '0');
	const nobody = annotate(api, {node: {name: 'nobody', uid: 'u'}, annotations: {a: 'b'}, signal});
	await t.throwsAsync(nobody, {instanceOf: NodeGone, message: /not there any more/});
	await removeAnnotation(api, {node: {name: 'nobody', uid: 'u'}, key: 'a', signal});
});

test('annotations are set and removed, and twice is once', async t => {
	const {node, api} = start(t);
	await annotate(api, {node, annotations: {[mark]: '{}'}, signal});
	t.is(seen(node.name).metadata.annotations[mark], '{}');
	await removeAnnotation(api, {node, key: mark, signal});
	await removeAnnotation(api, {node, key: mark, signal});
	t.is(seen(node.name).metadata.annotations[mark], undefined);
});

test('a watch of one node tells what happens to it, and of nothing else', async t => {
	const {node, api} = start(t);
	const stop = new AbortController();
	const first = await getNode(api, node.name, signal);
	const changes: string[] = [];
	const watching = (async () => {
		for await (const change of watchNode(api, {
			node: first as Json,
			clock: new FakeClock(5_000),
			signal: stop.signal,
			random: () => 0,
		})) {
			changes.push(wordsOf(change));
		}
	})();
	const after = async (act: () => unknown, count: number) => {
		await act();
		for (let tries = 0; tries < 500 && changes.length < count; tries += 1) {
			await new Promise(resolve => {
				setTimeout(resolve, 2);
			});
		}
	};
	await after(async () => annotate(api, {node, annotations: {a: 'b'}, signal}), 1);
	start(t);
	await after(async () => setUnschedulable(api, {node, value: true, signal}), 3);
	await after(
		async () =>
			api.request({
				method: 'PATCH',
				path: `/api/v1/nodes/${node.name}`,
				contentType: 'application/merge-patch+json',
				body: {spec: {unschedulable: null}},
				signal,
			}),
		5,
	);
	await after(() => remove(node.name), 6);
	const about = {osImage: 'Debian', kernel: '6.1', kubelet: 'v1.34.2', runtime: 'containerd://1.7.24', address: '10.0.0.7'};
	await after(() => cluster.store.create('nodes', nodeObject({name: node.name, uid: 'new', ...about})), 7);
	stop.abort(new Error('enough'));
	await t.throwsAsync(watching, {message: 'enough'});
	// Cordoning is two changes: the field, and the taint that follows it.
	t.deepEqual(
		changes.filter((change, index) => change !== changes[index - 1]),
		['changed', 'changed cordoned', 'uncordoned', 'changed', 'deleted', 'replaced new'],
	);
});

function wordsOf(change: NodeChange): string {
	if (change.type === 'deleted') {
		return change.type;
	}

	return `${change.type}${change.type === 'replaced' ? ` ${change.node.uid}` : change.node.unschedulable ? ' cordoned' : ''}`;
}

test('a watch that the server has forgotten tells of a node that is gone', async t => {
	const {node, api} = start(t);
	const stop = new AbortController();
	const first = await getNode(api, node.name, signal);
	remove(node.name);
	t.teardown(cluster.faults.add({fault: {kind: 'gone'}, resource: 'nodes', verb: 'watch'}));
	const watch = watchNode(api, {node: first as Json, clock: new FakeClock(5_000), signal: stop.signal});
	t.deepEqual((await watch.next()).value, {type: 'deleted'});
	stop.abort();
});

test('an event about a node stands where kubectl describe looks for it, once a run', async t => {
	const {node, api} = start(t);
	const notices: string[] = [];
	const event = {node, run: 'run0000001', clock: new FakeClock(), signal, onNotice: (message: string) => notices.push(message)};
	await writeNodeEvent(api, {...event, reason: 'CNIUpgradeStarted', message: 'to 1.1.0'});
	await writeNodeEvent(api, {...event, reason: 'CNIUpgradeStarted', message: 'to 1.1.0'});
	await writeNodeEvent(api, {...event, reason: 'CNIUpgradeFailed', message: 'x'.repeat(5000)});
	const events = cluster.list('events', 'default').filter(object => (object as Json).involvedObject.uid === node.uid) as Json[];
	t.deepEqual(events.map(({reason, type}) => `${type} ${reason}`).sort(), [
		'Normal CNIUpgradeStarted',
		'Warning CNIUpgradeFailed',
	]);
	t.like(
		events.find(({reason}) => reason === 'CNIUpgradeStarted'),
		{
			message: 'to 1.1.0',
			involvedObject: {kind: 'Node', name: node.name},
			source: {component: 'kubectl-cni-upgrade'},
		},
	);
	t.is(events.find(({reason}) => reason === 'CNIUpgradeFailed').message.length, 1024);
	t.deepEqual(notices, []);
});

test('an event that cannot be written is a notice', async t => {
	const {node, api} = start(t);
	const notices: string[] = [];
	cluster.users.add({name: 'mute', token: 'mute-token', rules: []});
	const mute = apiOf(t, cluster.url, {
		clock: new FakeClock(3_000),
		credentials: {
			who: 'user/mute',
			get: async () => ({headers: {authorization: 'Bearer mute-token'}}),
			renew: async () => undefined,
		},
	});
	const event = {node, run: 'run0000002', clock: new FakeClock(), signal, onNotice: (message: string) => notices.push(message)};
	await writeNodeEvent(mute, {...event, reason: 'CNIUpgradeSucceeded', message: 'done'});
	t.regex(
		notices.join('\n'),
		/^the event CNIUpgradeSucceeded of node\/node-\d+ could not be written: user mute may not create events in namespace default/,
	);
	await writeNodeEvent(api, {...event, reason: 'CNIUpgradeSucceeded', message: 'done'});
	t.is(notices.length, 1);
});
