import type {DrainFlags} from '../../lib/drain/filters.ts';

/** kubectl's defaults. */
export const defaults: DrainFlags = {
	force: false,
	ignoreDaemonSets: false,
	deleteEmptyDirData: false,
	gracePeriodSeconds: -1,
	timeout: 0,
	podSelector: undefined,
	disableEviction: false,
	skipWaitForDeleteSeconds: 0,
	chunkSize: 500,
};

/** What a controller owns. */
export function ownedBy(kind: string, name: string, {apiVersion = 'apps/v1', uid = `uid-of-${name}`} = {}) {
	return {ownerReferences: [{apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true}]};
}

/** A pod as the API gives it. */
export function podJson({
	name,
	namespace = 'default',
	uid = `uid-of-${name}`,
	node = 'worker',
	phase = 'Running',
	metadata = {},
	spec = {},
}: {
	readonly name: string;
	readonly namespace?: string;
	readonly uid?: string;
	readonly node?: string;
	readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
	readonly metadata?: object;
	readonly spec?: object;
}) {
	return {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: {name, namespace, uid, resourceVersion: '', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata},
		spec: {
			nodeName: node,
			terminationGracePeriodSeconds: 30,
			containers: [{name: 'main', image: 'registry.k8s.io/pause:3.10'}],
			...spec,
		},
		status: {phase, conditions: [{type: 'Ready', status: phase === 'Running' ? 'True' : 'False'}]},
	};
}
