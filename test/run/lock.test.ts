import test, {type ExecutionContext} from 'ava';
import type {Api} from '../../lib/cluster/api.ts';
import {acquireLock, type Lock} from '../../lib/run/lock.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {apiOf} from '../cluster-client/test-server.ts';
import type {Json} from '../contract/plain-client.ts';
import {type EmbeddedCluster, startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {nodeObject} from '../embedded/node-object.ts';
import {Interleaving} from './interleaving.ts';

let cluster: EmbeddedCluster;

test.before(async () => {
	cluster = await startEmbeddedCluster({nodes: []});
});

test.after.always(async () => cluster.stop());

const plainNode = {osImage: 'Debian', kernel: '6.1', kubelet: 'v1.34.2', runtime: 'containerd://1.7.24', address: '10.0.0.1'};

const namespace = 'kube-node-lease';

const leases = (...names: readonly string[]) =>
	cluster.list('leases', namespace).filter(({metadata}) => names.includes(metadata.name)) as Json[];

const credentials = {
	who: 'user/admin',
	get: async () => ({headers: {authorization: 'Bearer admin-token'}}),
	renew: async () => undefined,
};

/** A request that nothing answers. */
async function never(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true});
	});
}

class Operators {
	readonly world: Interleaving;
	readonly notices: string[] = [];
	readonly #t: ExecutionContext;

	constructor(t: ExecutionContext, seed = 1) {
		this.#t = t;
		this.world = new Interleaving(seed);
	}

	api(): Api {
		return this.world.wrap(apiOf(this.#t, cluster.url, {credentials, clock: new FakeClock(3_000)}));
	}

	/** Makes the node, with which its lease would go. */
	async acquire(
		who: string,
		node: string,
		more: {isControlPlane?: boolean; skew?: number; api?: Api; signal?: AbortSignal} = {},
	) {
		if (!cluster.list('nodes').some(({metadata}) => metadata.name === node)) {
			cluster.store.create('nodes', nodeObject({name: node, uid: `uid-of-${node}`, ...plainNode}));
		}

		return acquireLock(more.api ?? this.api(), {
			node: {name: node, uid: `uid-of-${node}`, isControlPlane: more.isControlPlane ?? false},
			holder: who,
			run: 'run0000001',
			clock: this.world.clock(more.skew),
			signal: more.signal ?? new AbortController().signal,
			onNotice: message => this.notices.push(message),
			token: who,
		});
	}

	/** What comes of it, with time going on as it has to. */
	async see<T>(promise: Promise<T>): Promise<{value: T} | {error: Json}> {
		await this.world.until(promise);
		return promise.then(
			value => ({value}),
			(error: unknown) => ({error}),
		);
	}

	async get<T>(promise: Promise<T>): Promise<T> {
		await this.world.until(promise);
		return promise;
	}
}

test.serial('of two operators exactly one goes on, 200 times in 200 orders', async t => {
	let first = 0;
	const apis = [0, 1].map(() => apiOf(t, cluster.url, {credentials, clock: new FakeClock(3_000)}));
	for (let seed = 0; seed < 200; seed += 1) {
		const operators = new Operators(t, seed);
		const isControlPlane = seed % 4 === 0;
		const node = `both-${seed}`;
		const attempts = ['a@one', 'b@two'].map(async (who, index) =>
			operators.acquire(who, node, {isControlPlane, api: operators.world.wrap(apis[index] as Api)}),
		);
		const ends = await Promise.all(attempts.map(async attempt => operators.see(attempt)));
		const locks = ends.flatMap(end => ('value' in end ? [end.value] : []));
		const errors = ends.flatMap(end => ('error' in end ? [end.error] : []));
		t.is(locks.length, 1, `order ${seed}`);
		t.regex(
			errors[0].message,
			/^(node\/both-\d+|another control-plane node) is being worked on by [ab]@(one|two)\/run0000001 since /,
		);
		first += 'value' in (ends[0] as object) ? 1 : 0;
		t.false((locks[0] as Lock).lost.aborted);
		await operators.get((locks[0] as Lock).release());
		t.deepEqual(leases(`cni-upgrade-${node}`, 'cni-upgrade-control-plane'), [], 'nothing is left of either');
	}

	t.true(first > 40 && first < 160, `each is the first at times: ${first}`);
});

test.serial('two control-plane nodes are not worked on at the same time, and who is refused leaves nothing', async t => {
	const operators = new Operators(t);
	const lock = await operators.get(operators.acquire('a@one', 'control-1', {isControlPlane: true}));
	const end = await operators.see(operators.acquire('b@two', 'control-2', {isControlPlane: true}));
	t.like(end, {error: {exitCode: 5}});
	t.regex((end as Json).error.remedy, /kubectl cni-upgrade status\n.*kubectl cni-upgrade resume NODE$/);
	t.deepEqual(leases('cni-upgrade-control-2'), []);
	await operators.get(lock.release());
	const second = await operators.get(operators.acquire('b@two', 'control-2', {isControlPlane: true}));
	await operators.get(second.release());
});

test('a lock is a lease of the node, renewed every ten seconds, and goes with the node', async t => {
	const operators = new Operators(t);
	const lock = await operators.get(operators.acquire('a@one', 'renewed'));
	const [made] = leases('cni-upgrade-renewed');
	t.like(made, {
		metadata: {ownerReferences: [{apiVersion: 'v1', kind: 'Node', name: 'renewed', uid: 'uid-of-renewed'}]},
		spec: {holderIdentity: 'a@one/run0000001', leaseDurationSeconds: 30, leaseTransitions: 0},
	});
	await operators.world.pass(35_000);
	const [later] = leases('cni-upgrade-renewed');
	t.is(Date.parse(later.spec.renewTime) - Date.parse(made.spec.renewTime), 30_000);
	t.is(later.spec.acquireTime, made.spec.acquireTime);
	t.false(lock.lost.aborted);
	await operators.get(lock.release());
	await operators.get(lock.release());
	t.deepEqual(leases('cni-upgrade-renewed'), []);
});

test('a holder that is gone is taken over once it was seen silent for 30 s, however wrong the clocks are', async t => {
	for (const skew of [-3_600_000, 3_600_000]) {
		const operators = new Operators(t);
		const node = `silent-${skew}`;
		const dead = new AbortController();
		const api = operators.api();
		const lock = await operators.get(
			operators.acquire('a@one', node, {
				api: {...api, request: async request => (dead.signal.aborted ? never(request.signal) : api.request(request))},
			}),
		);
		dead.abort();
		const began = operators.world.now;
		const second = await operators.get(operators.acquire('b@two', node, {skew}));
		const took = operators.world.now - began;
		t.true(took >= 30_000 && took < 40_000, `${took} ms`);
		t.true(lock.lost.aborted, 'the first knows before the second may begin');
		t.like(leases(`cni-upgrade-${node}`)[0].spec, {holderIdentity: 'b@two/run0000001', leaseTransitions: 1});
		t.regex(operators.notices.join('\n'), /looking for up to 30 s whether that run is alive\na@one\/run0000001 has not renewed/);
		await operators.get(second.release());
	}
});

test('another process of the same run by the same person is another holder', async t => {
	const operators = new Operators(t);
	const lock = await operators.get(operators.acquire('a@one', 'twice'));
	const options = {
		holder: 'a@one',
		run: 'run0000001',
		clock: operators.world.clock(),
		signal: new AbortController().signal,
		onNotice: () => undefined,
	};
	const end = await operators.see(
		acquireLock(operators.api(), {...options, node: {name: 'twice', uid: 'uid-of-twice', isControlPlane: false}}),
	);
	t.true('error' in end);
	await operators.get(lock.release());
});

for (const fault of [{kind: 'answer-lost'}, {kind: 'reset-before'}, {kind: 'status', code: 503}, {kind: 'truncated'}] as const) {
	for (const verb of ['get', 'create', 'update', 'delete'] as const) {
		test.serial(`${fault.kind} at a ${verb} loses nothing`, async t => {
			const node = `fault-${fault.kind}-${verb}`;
			const operators = new Operators(t);
			const struck = cluster.faults.struck;
			cluster.faults.add({fault, resource: 'leases', verb, name: verb === 'create' ? '' : `cni-upgrade-${node}`});
			t.teardown(() => cluster.faults.clear());
			const lock = await operators.get(operators.acquire('a@one', node));
			await operators.world.pass(45_000);
			t.false(lock.lost.aborted);
			t.is(leases(`cni-upgrade-${node}`)[0].spec.holderIdentity, 'a@one/run0000001');
			await operators.get(lock.release());
			t.deepEqual(leases(`cni-upgrade-${node}`), []);
			t.is(cluster.faults.struck, struck + 1);
		});
	}
}

test.serial(
	'a server that is away for eighteen seconds costs nothing, one that stays away costs the lock before anybody may take it',
	async t => {
		const operators = new Operators(t);
		const lock = await operators.get(operators.acquire('a@one', 'outage'));
		const fault = {kind: 'status', code: 503, reason: 'ServiceUnavailable'} as const;
		const disarm = cluster.faults.add({fault, resource: 'leases', verb: 'update', times: Number.POSITIVE_INFINITY});
		t.teardown(disarm);
		await operators.world.pass(18_000);
		disarm();
		await operators.world.pass(10_000);
		t.false(lock.lost.aborted);
		t.teardown(cluster.faults.add({fault, resource: 'leases', verb: 'update', times: Number.POSITIVE_INFINITY}));
		await operators.world.pass(36_000);
		t.true(lock.lost.aborted);
		t.regex(
			lock.lost.reason.message,
			/^the lock of node\/outage \(lease\/cni-upgrade-outage in namespace\/kube-node-lease\) was lost: it could not be renewed for 25 s: /,
		);
		await operators.get(lock.release());
		t.deepEqual(leases('cni-upgrade-outage'), []);
	},
);

test('a lock that somebody took or deleted is lost at the next renewal, and is not given up by us', async t => {
	const operators = new Operators(t);
	const api = operators.api();
	const path = (node: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/cni-upgrade-${node}`;
	const {signal} = new AbortController();
	const taken = await operators.get(operators.acquire('a@one', 'taken'));
	const {json} = (await operators.get(api.request({path: path('taken'), signal}))) as Json;
	const body = {...json, metadata: {...json.metadata, annotations: {}}, spec: {...json.spec, holderIdentity: 'evil\u001b[2J'}};
	await operators.get(api.request({method: 'PUT', path: path('taken'), body, signal}));
	const deleted = await operators.get(operators.acquire('a@one', 'deleted'));
	await operators.get(api.request({method: 'DELETE', path: path('deleted'), signal}));
	await operators.world.pass(11_000);
	t.regex(taken.lost.reason.message, /evil\?\[2J has taken it$/);
	await operators.get(taken.release());
	t.is(leases('cni-upgrade-taken')[0].spec.holderIdentity, 'evil\u001b[2J');
	t.regex(deleted.lost.reason.message, /somebody has deleted it$/);
	await operators.get(deleted.release());
	t.deepEqual(leases('cni-upgrade-deleted'), []);
});
