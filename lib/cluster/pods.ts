import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import {asText, field} from './json.ts';
import {listAll, oneKind} from './paging.ts';

export type PodsOf = {
	readonly namespace: string;
	readonly labelSelector: string;
	readonly signal: AbortSignal;
};

type NewPod = {readonly metadata: {readonly namespace: string; readonly name: string}};

const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const metadataListOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** Without a namespace: the pods of all namespaces. */
export function podsPath(namespace: string | undefined, name?: string): string {
	const path = namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
	return name === undefined ? path : `${path}/${encodeURIComponent(name)}`;
}

/**
Makes a pod under a name that is its maker's alone, so that a request whose answer was lost can be sent again and finding
the pod there is success. The answer is not read beyond its status. `dryRun`: the server decides and makes nothing.
*/
export async function createPod(
	api: Api,
	pod: NewPod,
	{dryRun = false, signal}: {readonly dryRun?: boolean; readonly signal: AbortSignal},
): Promise<void> {
	try {
		await api.request({
			method: 'POST',
			path: podsPath(pod.metadata.namespace),
			query: {dryRun: dryRun ? 'All' : undefined},
			accept: metadataOnly,
			body: pod,
			idempotent: true,
			signal,
		});
	} catch (error) {
		if (!(error instanceof ApiError && error.status === 409 && error.reason === 'AlreadyExists')) {
			throw error;
		}
	}
}

/** All of them, whole, and the version at which a watch has to start. */
export async function listPods(
	api: Api,
	{namespace, labelSelector, signal}: PodsOf,
): Promise<{readonly pods: readonly unknown[]; readonly resourceVersion: string}> {
	const pods: unknown[] = [];
	const resourceVersion = await listAll(
		api,
		{path: podsPath(namespace), query: {labelSelector}, limit: 250, kinds: ['PodList'], signal, restart: () => pods.splice(0)},
		page => {
			pods.push(...page);
		},
	);
	return {pods, resourceVersion};
}

/** The version at which a watch of these pods has to start, from a list of at most one of them. */
export async function podsResourceVersion(api: Api, {namespace, labelSelector, signal}: PodsOf): Promise<string> {
	const {json} = await api.request({
		path: podsPath(namespace),
		query: {labelSelector, limit: 1},
		accept: metadataListOnly,
		signal,
	});
	return asText(field(oneKind(api, json, ['PartialObjectMetadataList', 'PodList']), 'metadata', 'resourceVersion'));
}

/** Deletes all that match, in one request; there may be none. */
export async function deletePods(api: Api, {namespace, labelSelector, signal}: PodsOf): Promise<void> {
	await api.request({
		method: 'DELETE',
		path: podsPath(namespace),
		query: {labelSelector},
		accept: metadataListOnly,
		signal,
	});
}

/** The most of a log that is read: many times the longest answer of a probe. */
const logBytes = 1024 * 1024;

/** Milliseconds for one try at a log, of which there are two: the kubelet sends it at once, or means ill. */
const logTimeout = 7_500;

/** What the pod's only container wrote, its end left out where it is longer than 1 MiB. */
export async function podLog(
	api: Api,
	{namespace, name, signal}: {readonly namespace: string; readonly name: string; readonly signal: AbortSignal},
): Promise<string> {
	const {text} = await api.request({
		path: `${podsPath(namespace, name)}/log`,
		query: {limitBytes: logBytes},
		accept: '*/*',
		maxBytes: 2 * logBytes,
		timeout: logTimeout,
		signal,
	});
	return text;
}
