import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import {asText, field} from './json.ts';
import {oneKind} from './paging.ts';

type NewConfigMap = {readonly metadata: {readonly namespace: string; readonly name: string}};

type ConfigMapRef = {readonly namespace: string; readonly name: string; readonly signal: AbortSignal};

function configMapsPath(namespace: string, name?: string): string {
	const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`;
	return name === undefined ? path : `${path}/${encodeURIComponent(name)}`;
}

/**
Makes a ConfigMap under a name that is its maker's alone. One that is there already was made by a request whose answer was
lost; it is made anew, since its uid is not known and no right to read it is asked for.
*/
export async function createConfigMap(
	api: Api,
	configMap: NewConfigMap,
	signal: AbortSignal,
): Promise<{readonly name: string; readonly uid: string}> {
	const {namespace, name} = configMap.metadata;
	try {
		return await post(api, configMap, signal);
	} catch (error) {
		if (!(error instanceof ApiError && error.status === 409 && error.reason === 'AlreadyExists')) {
			throw error;
		}

		await deleteConfigMap(api, {namespace, name, signal});
		return post(api, configMap, signal);
	}
}

async function post(
	api: Api,
	configMap: NewConfigMap,
	signal: AbortSignal,
): Promise<{readonly name: string; readonly uid: string}> {
	const {namespace, name} = configMap.metadata;
	const {json} = await api.request({
		method: 'POST',
		path: configMapsPath(namespace),
		accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
		body: configMap,
		idempotent: true,
		signal,
	});
	return {name, uid: asText(field(oneKind(api, json, ['PartialObjectMetadata', 'ConfigMap']), 'metadata', 'uid'))};
}

/** Deletes one; that there is none is fine. */
export async function deleteConfigMap(api: Api, {namespace, name, signal}: ConfigMapRef): Promise<void> {
	try {
		await api.request({method: 'DELETE', path: configMapsPath(namespace, name), signal});
	} catch (error) {
		if (!(error instanceof ApiError && error.status === 404)) {
			throw error;
		}
	}
}
