import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Clock} from '../../lib/clock.ts';
import type {Api} from '../../lib/cluster/api.ts';
import type {Credentials} from '../../lib/cluster/credentials.ts';
import {httpApi} from '../../lib/cluster/http-api.ts';
import {type DrainNode, drainNode} from '../../lib/drain/drain.ts';
import type {DrainFlags} from '../../lib/drain/filters.ts';
import type {DrainEvent, DrainOutcome} from '../../lib/drain/outcome.ts';
import {ca} from '../cluster-client/test-server.ts';
import {type EmbeddedCluster, startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {nodeObject} from '../embedded/node-object.ts';
import type {KubeObject} from '../embedded/objects.ts';
import {hurried} from '../faults/fleet.ts';
import {defaults, ownedBy, podJson} from './pods.ts';

export type Drained = {readonly outcome: DrainOutcome; readonly events: readonly DrainEvent[]};

/** An embedded cluster with the nodes `worker` and `other`, whose pods run until they are deleted. */
export type DrainCluster = {
	readonly cluster: EmbeddedCluster;
	readonly node: DrainNode['node'];
	readonly api: (clock?: Clock) => Api;
	/** A pod of a ReplicaSet that runs. */
	readonly pod: (name: string, options?: Partial<Parameters<typeof podJson>[0]>) => Promise<void>;
	/** Puts an object there as it is. */
	readonly put: (resource: string, object: object) => void;
	readonly budget: (name: string, labels: Readonly<Record<string, string>>, minAvailable: number) => Promise<void>;
	readonly drain: (
		flags?: Partial<DrainFlags>,
		options?: Partial<Omit<DrainNode, 'flags'>> & {readonly api?: Api},
	) => Promise<Drained>;
	/** Names of the pods that are there. */
	readonly left: () => readonly string[];
	/** Ends all pods and budgets, and the faults. */
	readonly clear: () => Promise<void>;
	readonly stop: () => Promise<void>;
};

const replicaSet = randomUUID();

export async function startDrainCluster(): Promise<DrainCluster> {
	const object = (name: string, address: string) =>
		nodeObject({
			name,
			address,
			osImage: 'Debian GNU/Linux 12 (bookworm)',
			kernel: '6.1.0-28-amd64',
			kubelet: 'v1.36.0',
			runtime: 'containerd://2.1.4',
		});
	const worker = object('worker', '10.0.0.1');
	const cluster = await startEmbeddedCluster({
		nodes: [worker, object('other', '10.0.0.2')].map(object => ({
			object,
			host: {kind: 'recorded', answer: () => ''},
			faults: [{kind: 'hangs'}],
		})),
	});
	const apis: Api[] = [];
	const api = (clock: Clock = hurried) => {
		const made = httpApi({
			endpoint: {
				server: new URL(cluster.url),
				namespace: 'default',
				tls: {insecure: false, ca},
				compress: true,
				proxy: undefined,
			},
			credentials: admin,
			clock,
			random: () => 0,
		});
		apis.push(made);
		return made;
	};

	const put = (resource: string, value: object) => {
		cluster.store.create(resource, value as KubeObject);
	};

	put('replicasets', {
		apiVersion: 'apps/v1',
		kind: 'ReplicaSet',
		metadata: {name: 'rs', namespace: 'default', uid: replicaSet, resourceVersion: '', creationTimestamp: ''},
		spec: {replicas: 1},
	});
	const node = {name: 'worker', uid: worker.metadata.uid};
	return {
		cluster,
		node,
		api,
		put,
		async pod(name, options = {}) {
			put('pods', podJson({name, uid: randomUUID(), metadata: ownedBy('ReplicaSet', 'rs', {uid: replicaSet}), ...options}));
			// A budget does not hold what its kubelet has not started.
			await until(() => {
				const found = cluster.store.get('pods', `${options.namespace ?? 'default'}/${name}`)?.['status'];
				const {phase, hostIP} = found as {readonly phase: string; readonly hostIP?: string};
				return phase === 'Running' && hostIP !== undefined;
			});
		},
		async budget(name, labels, minAvailable) {
			put('poddisruptionbudgets', {
				apiVersion: 'policy/v1',
				kind: 'PodDisruptionBudget',
				metadata: {name, namespace: 'default', uid: randomUUID(), resourceVersion: '', creationTimestamp: '', generation: 1},
				spec: {selector: {matchLabels: labels}, minAvailable},
				status: {disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0},
			});
			await until(() => {
				const [found] = cluster
					.list('poddisruptionbudgets')
					.filter(({metadata}) => metadata.name === name) as unknown as readonly {
					readonly status: {readonly observedGeneration?: number};
				}[];
				return found?.status.observedGeneration === 1;
			});
		},
		async drain(flags = {}, {api: given, ...options} = {}) {
			const events: DrainEvent[] = [];
			const outcome = await drainNode(given ?? api(), {
				node,
				flags: {...defaults, ...flags},
				exclude: () => false,
				clock: hurried,
				signal: new AbortController().signal,
				...options,
				onEvent(event) {
					events.push(event);
					options.onEvent?.(event);
				},
			});
			return {outcome, events};
		},
		left: () => cluster.list('pods').map(({metadata}) => metadata.name),
		async clear() {
			cluster.faults.clear();
			for (const resource of ['pods', 'poddisruptionbudgets', 'daemonsets']) {
				for (const {metadata} of cluster.list(resource)) {
					cluster.store.remove(resource, `${metadata.namespace ?? ''}/${metadata.name}`);
				}
			}
		},
		async stop() {
			for (const made of apis) {
				made.close();
			}

			await cluster.stop();
		},
	};
}

const admin: Credentials = {
	who: 'user/admin',
	get: async () => ({headers: {authorization: 'Bearer admin-token'}}),
	renew: async () => undefined,
};

/** Settles when it holds; the test's own timeout is the bound. */
export async function until(holds: () => boolean): Promise<void> {
	while (!holds()) {
		await sleep(2);
	}
}
