import {newObject} from '../new-object.ts';
import type {KubeObject} from '../objects.ts';
import type {RequestInfo} from '../request-info.ts';
import {resourceRow} from '../resources.ts';
import type {Store} from '../store.ts';

/** Creates an object as the API server would for a controller or a kubelet; the status is not left out. */
export function makeObject(
	store: Store,
	resource: string,
	namespace: string,
	body: Readonly<Record<string, unknown>>,
): KubeObject {
	const made = newObject(body, {namespace} as RequestInfo, resourceRow(resource));
	return store.create(resource, {...made, ...(body['status'] !== undefined && {status: body['status']})});
}
