import {keyOf, type Node} from './objects.ts';
import type {Store} from './store.ts';

const key = 'node.kubernetes.io/unschedulable';

type Taint = {readonly key: string; readonly [field: string]: unknown};

/** What the node lifecycle controller does about `spec.unschedulable`: a taint that comes and goes with it. Returns how to end it. */
export function keepCordonTaints(store: Store): () => void {
	return store.subscribe('nodes', ({type, object}) => {
		if (type !== 'DELETED') {
			setImmediate(() => keepTaint(store, object.metadata.name));
		}
	});
}

function keepTaint(store: Store, name: string): void {
	const node = store.get('nodes', keyOf({name})) as Node | undefined;
	const taints = (node?.spec['taints'] ?? []) as readonly Taint[];
	const wanted = node?.spec.unschedulable === true;
	if (node === undefined || taints.some(taint => taint.key === key) === wanted) {
		return;
	}

	store.update<Node>('nodes', keyOf({name}), current => {
		const {taints: _taints, ...spec} = current.spec;
		const others = taints.filter(taint => taint.key !== key);
		const all = wanted ? [...others, {key, effect: 'NoSchedule'}] : others;
		return {...current, spec: {...spec, ...(all.length > 0 && {taints: all})}};
	});
}
