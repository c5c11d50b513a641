import {randomUUID} from 'node:crypto';
import {type KubeObject, type Pod, timestamp} from './objects.ts';
import type {Store} from './store.ts';

/** Puts pods of one ReplicaSet on a node, as if they had run for long; what its kubelet makes of them is its own. */
export function plantPods(store: Store, node: string, count: number): void {
	const replicaSet: KubeObject = {
		apiVersion: 'apps/v1',
		kind: 'ReplicaSet',
		metadata: metadataOf('web'),
		spec: {replicas: count},
	};
	store.create('replicasets', replicaSet);
	for (let index = 1; index <= count; index += 1) {
		const owner = {
			apiVersion: 'apps/v1',
			kind: 'ReplicaSet',
			name: 'web',
			uid: replicaSet.metadata.uid,
			controller: true,
			blockOwnerDeletion: true,
		};
		const pod: Pod = {
			apiVersion: 'v1',
			kind: 'Pod',
			metadata: {...metadataOf(`web-${index}`), labels: {app: 'web'}, ownerReferences: [owner]},
			spec: {
				nodeName: node,
				terminationGracePeriodSeconds: 30,
				containers: [{name: 'main', image: 'registry.k8s.io/pause:3.10'}],
			},
			status: {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]},
		};
		store.create('pods', pod);
	}
}

function metadataOf(name: string): KubeObject['metadata'] {
	return {name, namespace: 'default', uid: randomUUID(), resourceVersion: '', creationTimestamp: timestamp()};
}
