import type {Api} from './api.ts';
import {ApiError} from './errors.ts';

/** Makes a namespace. Rejects with an `ApiError` of status 409 where there is one, perhaps made by a try whose answer was lost. */
export async function createNamespace(
	api: Api,
	name: string,
	labels: Readonly<Record<string, string>>,
	signal: AbortSignal,
): Promise<void> {
	await api.request({
		method: 'POST',
		path: '/api/v1/namespaces',
		body: {apiVersion: 'v1', kind: 'Namespace', metadata: {name, labels}},
		idempotent: true,
		signal,
	});
}

/** Deletes a namespace and all that is in it. */
export async function deleteNamespace(api: Api, name: string, signal: AbortSignal): Promise<void> {
	await api.request({method: 'DELETE', path: `/api/v1/namespaces/${encodeURIComponent(name)}`, signal});
}

/** The namespace as it is, nothing about its shape certain; undefined where there is none. */
export async function getNamespace(api: Api, name: string, signal: AbortSignal): Promise<unknown> {
	try {
		return (await api.request({path: `/api/v1/namespaces/${encodeURIComponent(name)}`, signal})).json;
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) {
			return undefined;
		}

		throw error;
	}
}
