import {type KubeObject, keyOf, type Pod, timestamp} from './objects.ts';
import type {Resource} from './resources.ts';
import type {Store} from './store.ts';

/**
Deletes an object as the API server does: at once; or, where something has to end first (the containers of a pod that runs,
the content of a namespace), by a deletion timestamp. Returns the object as it is then.
*/
export function deleteObject(store: Store, row: Resource, object: KubeObject, gracePeriodSeconds?: number): KubeObject {
	const key = keyOf(object.metadata);
	if (row.resource === 'namespaces') {
		return markDeleted(store, row, object, {deletionTimestamp: timestamp()}, {status: {phase: 'Terminating'}});
	}

	const seconds = row.resource === 'pods' ? graceSeconds(object as Pod, gracePeriodSeconds) : 0;
	if (seconds === 0) {
		return store.remove(row.resource, key) ?? object;
	}

	return markDeleted(store, row, object, {
		deletionTimestamp: timestamp(Date.now() + seconds * 1000),
		deletionGracePeriodSeconds: seconds,
	});
}

function markDeleted(
	store: Store,
	row: Resource,
	object: KubeObject,
	deletion: Partial<KubeObject['metadata']>,
	changes: object = {},
): KubeObject {
	if (object.metadata.deletionTimestamp !== undefined) {
		return object;
	}

	const marked = store.update(row.resource, keyOf(object.metadata), current => ({
		...current,
		...changes,
		metadata: {...current.metadata, ...deletion},
	}));
	return marked ?? object;
}

/** 0 where nothing of the pod can be running. */
function graceSeconds({spec, status}: Pod, wanted: number | undefined): number {
	const ended = spec.nodeName === undefined || status.phase === 'Succeeded' || status.phase === 'Failed';
	return ended ? 0 : (wanted ?? spec.terminationGracePeriodSeconds ?? 30);
}
