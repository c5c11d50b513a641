import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import {asList, asText, field} from './json.ts';
import {listAll} from './paging.ts';
import {podsPath} from './pods.ts';

/** What is asked of one pod that is waited for. */
export type PodLook = {
	readonly uid: string;
	readonly phase: string;
	readonly addresses: readonly string[];
	/** The reason and the message of the container that waits, or of the pod that failed; empty where there is none. */
	readonly trouble: string;
	readonly exitCode: number | undefined;
	readonly isDeleting: boolean;
};

/** One pod as it is now; undefined where there is none of that name. */
export async function lookAtPod(
	api: Api,
	{namespace, name, signal}: {readonly namespace: string; readonly name: string; readonly signal: AbortSignal},
): Promise<PodLook | undefined> {
	try {
		const {json} = await api.request({path: podsPath(namespace, name), signal});
		return readPod(json);
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) {
			return undefined;
		}

		throw error;
	}
}

function readPod(json: unknown): PodLook {
	const status = field(json, 'status');
	const state = field(asList(field(status, 'containerStatuses'))[0], 'state');
	const waiting = field(state, 'waiting');
	const exitCode = field(state, 'terminated', 'exitCode');
	const ips = asList(field(status, 'podIPs')).map(entry => asText(field(entry, 'ip')));
	const trouble = [waiting, status].flatMap(from =>
		['reason', 'message'].map(key => asText(field(from, key))).filter(text => text !== ''),
	);
	return {
		uid: asText(field(json, 'metadata', 'uid')),
		phase: asText(field(status, 'phase')),
		addresses: (ips.length > 0 ? ips : [asText(field(status, 'podIP'))]).filter(ip => /^[0-9a-fA-F.:]{2,45}$/.test(ip)),
		trouble: trouble.join(': '),
		exitCode: typeof exitCode === 'number' ? exitCode : undefined,
		isDeleting: field(json, 'metadata', 'deletionTimestamp') !== undefined,
	};
}

/** Deletes that very pod. That it is gone already, or is another by now, is as good. */
export async function deletePodOnce(
	api: Api,
	pod: {readonly namespace: string; readonly name: string; readonly uid?: string; readonly signal: AbortSignal},
): Promise<void> {
	try {
		await api.request({
			method: 'DELETE',
			path: podsPath(pod.namespace, pod.name),
			body: {
				apiVersion: 'v1',
				kind: 'DeleteOptions',
				...(pod.uid !== undefined && {preconditions: {uid: pod.uid}}),
			},
			signal: pod.signal,
		});
	} catch (error) {
		if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) {
			throw error;
		}
	}
}

export type PodTrouble = {readonly reason: string; readonly message: string};

/** The warnings about one pod, in the server's order. None where they may not be read: they only tell more. */
export async function podWarnings(
	api: Api,
	{namespace, uid, signal}: {readonly namespace: string; readonly uid: string; readonly signal: AbortSignal},
): Promise<readonly PodTrouble[]> {
	try {
		const {json} = await api.request({
			path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`,
			query: {fieldSelector: `involvedObject.uid=${uid},type=Warning`, limit: 50},
			signal,
		});
		return asList(field(json, 'items')).map(item => ({
			reason: asText(field(item, 'reason')),
			message: asText(field(item, 'message')),
		}));
	} catch {
		signal.throwIfAborted();
		return [];
	}
}

/** A pod that a DaemonSet has on a node. */
export type DaemonPod = {
	readonly namespace: string;
	readonly name: string;
	readonly daemonSet: string;
	readonly isReady: boolean;
};

/** The pods on a node that DaemonSets own, those that are being deleted left out. */
export async function daemonPodsOn(api: Api, node: string, signal: AbortSignal): Promise<readonly DaemonPod[]> {
	const pods: DaemonPod[] = [];
	await listAll(
		api,
		{
			path: '/api/v1/pods',
			query: {fieldSelector: `spec.nodeName=${node}`},
			limit: 500,
			kinds: ['PodList'],
			signal,
			restart: () => pods.splice(0),
		},
		items => {
			pods.push(...items.flatMap(readDaemonPod));
		},
	);
	return pods;
}

function readDaemonPod(pod: unknown): readonly DaemonPod[] {
	const owner = asList(field(pod, 'metadata', 'ownerReferences')).find(
		entry => field(entry, 'kind') === 'DaemonSet' && field(entry, 'controller') === true,
	);
	if (owner === undefined || field(pod, 'metadata', 'deletionTimestamp') !== undefined) {
		return [];
	}

	return [
		{
			namespace: asText(field(pod, 'metadata', 'namespace')),
			name: asText(field(pod, 'metadata', 'name')),
			daemonSet: asText(field(owner, 'name')),
			isReady: asList(field(pod, 'status', 'conditions')).some(
				condition => field(condition, 'type') === 'Ready' && field(condition, 'status') === 'True',
			),
		},
	];
}

/** The cluster address and first port of a Service; undefined where it is not there, has none, or may not be read. */
export async function serviceAddress(
	api: Api,
	{namespace, name, signal}: {readonly namespace: string; readonly name: string; readonly signal: AbortSignal},
): Promise<{readonly address: string; readonly port: number} | undefined> {
	try {
		const {json} = await api.request({path: `/api/v1/namespaces/${namespace}/services/${name}`, signal});
		const address = asText(field(json, 'spec', 'clusterIP'));
		const port = field(asList(field(json, 'spec', 'ports'))[0], 'port');
		return /^[0-9a-fA-F.:]{2,45}$/.test(address) && typeof port === 'number' ? {address, port} : undefined;
	} catch {
		signal.throwIfAborted();
		return undefined;
	}
}

/** Addresses of pods that run on the pod network of other nodes than this one: three at most. */
export async function podAddresses(api: Api, except: string, signal: AbortSignal): Promise<readonly string[]> {
	try {
		const {json} = await api.request({
			path: '/api/v1/pods',
			query: {fieldSelector: `spec.nodeName!=${except},status.phase=Running`, limit: 100},
			signal,
		});
		return asList(field(json, 'items'))
			.filter(pod => field(pod, 'spec', 'hostNetwork') !== true)
			.flatMap(pod => readPod(pod).addresses.slice(0, 1))
			.slice(0, 3);
	} catch {
		signal.throwIfAborted();
		return [];
	}
}
