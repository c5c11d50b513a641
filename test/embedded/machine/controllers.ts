import {type KubeObject, keyOf, type Node, type Pod} from '../objects.ts';
import type {Store} from '../store.ts';
import {makeObject} from './make-object.ts';

type Workload = KubeObject & {
	readonly spec: {
		readonly replicas?: number;
		readonly selector: {readonly matchLabels: Readonly<Record<string, string>>};
		readonly template: {readonly metadata: object; readonly spec: object};
	};
};

/**
The ReplicaSet and DaemonSet controllers with a scheduler, as far as a drain needs them: a pod that is gone is made again, a ReplicaSet's on
a schedulable node that is Ready, a DaemonSet's on its node whether that is cordoned or not. Returns how to end it.
*/
export function runControllers(store: Store): () => void {
	let due: NodeJS.Immediate | undefined;
	const later = () => {
		due ??= setImmediate(() => {
			due = undefined;
			reconcile(store);
		});
	};
	const ends = ['pods', 'nodes', 'replicasets', 'daemonsets'].map(resource => store.subscribe(resource, later));
	later();
	return () => {
		clearImmediate(due);
		for (const end of ends) {
			end();
		}
	};
}

function reconcile(store: Store): void {
	for (const set of store.list('replicasets') as readonly Workload[]) {
		const missing = (set.spec.replicas ?? 1) - podsOf(store, set).length;
		for (let left = missing; left > 0; left -= 1) {
			make(store, set, undefined);
		}
	}

	for (const set of store.list('daemonsets') as readonly Workload[]) {
		const has = new Set(podsOf(store, set).map(({spec}) => spec.nodeName));
		for (const {metadata} of store.list('nodes').filter(({metadata}) => !has.has(metadata.name))) {
			make(store, set, metadata.name);
		}

		count(store, set);
	}

	for (const pod of (store.list('pods') as readonly Pod[]).filter(isWaiting)) {
		bind(store, pod);
	}
}

/** Those that count: not ended, not being deleted. */
function podsOf(store: Store, {metadata}: Workload): readonly Pod[] {
	return (store.list('pods', metadata.namespace) as readonly Pod[]).filter(
		pod =>
			pod.metadata.deletionTimestamp === undefined &&
			pod.status.phase !== 'Failed' &&
			pod.status.phase !== 'Succeeded' &&
			pod.metadata.ownerReferences?.some(({uid}) => uid === metadata.uid) === true,
	);
}

function isWaiting({spec, metadata}: Pod): boolean {
	return spec.nodeName === undefined && metadata.ownerReferences !== undefined && metadata.deletionTimestamp === undefined;
}

function make(store: Store, {kind, apiVersion, metadata, spec}: Workload, node: string | undefined): void {
	const owner = {apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true};
	const tolerations = node === undefined ? {} : {tolerations: [{operator: 'Exists'}]};
	makeObject(store, 'pods', metadata.namespace ?? '', {
		metadata: {...spec.template.metadata, generateName: `${metadata.name}-`, ownerReferences: [owner]},
		spec: {...spec.template.spec, ...tolerations, ...(node !== undefined && {nodeName: node})},
	});
}

/** To the node with the fewest pods. */
function bind(store: Store, pod: Pod): void {
	const pods = store.list('pods') as readonly Pod[];
	const load = (name: string) => pods.filter(({spec}) => spec.nodeName === name).length;
	const [best] = (store.list('nodes') as readonly Node[])
		.filter(isSchedulable)
		.sort((a, b) => load(a.metadata.name) - load(b.metadata.name));
	if (best !== undefined) {
		store.update<Pod>('pods', keyOf(pod.metadata), current => ({
			...current,
			spec: {...current.spec, nodeName: best.metadata.name},
		}));
	}
}

function isSchedulable({spec, status}: Node): boolean {
	const taints = (spec['taints'] ?? []) as readonly object[];
	return (
		spec.unschedulable !== true &&
		taints.length === 0 &&
		status.conditions.some(({type, status}) => type === 'Ready' && status === 'True')
	);
}

function count(store: Store, set: Workload): void {
	const pods = podsOf(store, set);
	const ready = pods.filter(({status}) =>
		((status['conditions'] ?? []) as readonly {type: string; status: string}[]).some(
			({type, status}) => type === 'Ready' && status === 'True',
		),
	).length;
	const status = {
		desiredNumberScheduled: store.size('nodes'),
		currentNumberScheduled: pods.length,
		numberReady: ready,
		numberAvailable: ready,
	};
	if (JSON.stringify(status) !== JSON.stringify(set['status'])) {
		store.update('daemonsets', keyOf(set.metadata), current => ({...current, status}));
	}
}
