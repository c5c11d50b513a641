import type {Server} from './contract.ts';
import type {Json} from './plain-client.ts';

/** Paths and bodies that the cases share. */
export const paths = {
	pods: (namespace: string) => `/api/v1/namespaces/${namespace}/pods`,
	configMaps: (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`,
	events: (namespace: string) => `/api/v1/namespaces/${namespace}/events`,
	leases: (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
	budgets: (namespace: string) => `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
};

export const accept = {
	table: 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json',
	metadata: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
	metadataList: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
};

export function configMap(
	name: string,
	labels: Readonly<Record<string, string>> = {},
	data: Readonly<Record<string, string>> = {},
) {
	return {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name, labels}, data};
}

/** A pod that runs a script on the server's node; `$0` is its termination log. */
export function shellPod({node, image}: Server, name: string, script: string, metadata: object = {}) {
	return {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: {name, ...metadata},
		spec: {
			nodeName: node,
			restartPolicy: 'Never',
			hostNetwork: true,
			automountServiceAccountToken: false,
			terminationGracePeriodSeconds: 1,
			tolerations: [{operator: 'Exists'}],
			containers: [
				{name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['/bin/sh', '-c', script, '/dev/termination-log']},
			],
		},
	};
}

/** Makes the pod and gives back what its watch says when it has ended. */
export async function runToEnd({client, namespace}: Server, pod: ReturnType<typeof shellPod>): Promise<Json> {
	const path = paths.pods(namespace);
	const {json} = await client.call('POST', path, {body: pod});
	const query = {
		watch: true,
		resourceVersion: json.metadata.resourceVersion,
		fieldSelector: `metadata.name=${pod.metadata.name}`,
		timeoutSeconds: 30,
	};
	for await (const {object} of client.lines(path, {query})) {
		if (['Succeeded', 'Failed'].includes(object.status.phase)) {
			return object;
		}
	}

	throw new Error(`pod/${pod.metadata.name} did not end`);
}

/** Asks again until the answer is as wished, for at most half a minute. */
export async function eventually(ask: () => Promise<boolean>): Promise<boolean> {
	for (let wait = 5; wait < 15_000; wait *= 2) {
		if (await ask()) {
			return true;
		}

		await new Promise(resolve => {
			setTimeout(resolve, wait);
		});
	}

	return ask();
}

/**
Makes a pod that no kubelet runs, since its node is not there, and gives it the status that a test wants. A real cluster
removes such a pod after about a minute.
*/
export async function standingPod(
	{client, namespace, image}: Server,
	name: string,
	{app = name, phase = 'Running', ready = true}: {readonly app?: string; readonly phase?: string; readonly ready?: boolean} = {},
): Promise<Json> {
	const body = {
		metadata: {name, labels: {app}},
		spec: {
			nodeName: 'no-such-node',
			automountServiceAccountToken: false,
			containers: [{name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['/bin/sh', '-c', 'sleep 1']}],
		},
	};
	await client.call('POST', paths.pods(namespace), {body});
	const status = {phase, conditions: [{type: 'Ready', status: ready ? 'True' : 'False'}]};
	const {json} = await client.call('PATCH', `${paths.pods(namespace)}/${name}/status`, {
		headers: {'content-type': patches.strategic},
		body: {status},
	});
	return json;
}

/** The content types of patches. */
export const patches = {
	merge: 'application/merge-patch+json',
	strategic: 'application/strategic-merge-patch+json',
};

/** Makes a PodDisruptionBudget for pods labelled `app` and waits until its controller has counted so many of them as healthy. */
export async function budget(
	{client, namespace}: Server,
	name: string,
	{app, healthy, ...spec}: {readonly app: string; readonly healthy: number; readonly [field: string]: unknown},
): Promise<boolean> {
	const body = {
		apiVersion: 'policy/v1',
		kind: 'PodDisruptionBudget',
		metadata: {name},
		spec: {selector: {matchLabels: {app}}, ...spec},
	};
	await client.call('POST', paths.budgets(namespace), {body});
	return eventually(async () => {
		const {status, metadata} = (await client.call('GET', `${paths.budgets(namespace)}/${name}`)).json;
		return status.observedGeneration === metadata.generation && status.currentHealthy === healthy;
	});
}

/** Asks for the eviction of a pod. */
export async function evict(
	{client, namespace}: Server,
	name: string,
	deleteOptions?: object,
	query: Readonly<Record<string, string>> = {},
) {
	const body = {apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name, namespace}, ...(deleteOptions && {deleteOptions})};
	return client.call('POST', `${paths.pods(namespace)}/${name}/eviction`, {body, query});
}
