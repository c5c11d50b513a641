import type {Server} from './contract.ts';
import type {Json} from './plain-client.ts';

/** Paths and bodies that the cases share. */
export const paths = {
	pods: (namespace: string) => `/api/v1/namespaces/${namespace}/pods`,
	configMaps: (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`,
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
