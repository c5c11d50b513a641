import {type KubeObject, keyOf, type Pod, timestamp} from './objects.ts';
import type {Resource} from './resources.ts';
import {refuse} from './status.ts';
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
	if (seconds === 0 && (object.metadata.finalizers ?? []).length === 0) {
		return store.remove(row.resource, key) ?? object;
	}

	return markDeleted(store, row, object, {
		deletionTimestamp: timestamp(Date.now() + seconds * 1000),
		deletionGracePeriodSeconds: seconds,
	});
}

/** What a deletion may ask of its object. */
export type Preconditions = {readonly uid?: string; readonly resourceVersion?: string};

/** Throws 409 where the object is not the one that is meant (apiserver:pkg/registry/rest/delete.go, BeforeDelete). */
export function requirePreconditions(
	{metadata}: KubeObject,
	{group, kind}: Resource,
	{uid, resourceVersion}: Preconditions = {},
): void {
	const subject = {group, resource: kind, name: metadata.name};
	if (uid !== undefined && uid !== metadata.uid) {
		throw refuse.conflict(
			subject,
			`the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
		);
	}

	if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
		throw refuse.conflict(
			subject,
			`the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
		);
	}
}

function markDeleted(
	store: Store,
	row: Resource,
	object: KubeObject,
	deletion: Partial<KubeObject['metadata']>,
	changes: object = {},
): KubeObject {
	// A second deletion may shorten the time that is left, never lengthen it.
	const {deletionTimestamp, deletionGracePeriodSeconds = 0} = object.metadata;
	if (deletionTimestamp !== undefined && (deletion.deletionGracePeriodSeconds ?? 0) >= deletionGracePeriodSeconds) {
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
