import type {Api} from '../cluster/api.ts';
import type {NodeRef} from '../cluster/nodes-write.ts';
import {podsPath} from '../cluster/pods.ts';
import {requireRights} from './rights.ts';
import type {RunSettings} from './settings.ts';

/**
Has the server decide on everything that a run would write, and write nothing: the rights, the cordon, the lock and a pod of ours; the
evictions were rehearsed for the plan. Rejects with the first refusal.
@returns What would have been done, a line each, in kubectl's words.
*/
export async function rehearseOnServer(
	api: Api,
	{node, settings, signal}: {readonly node: NodeRef; readonly settings: RunSettings; readonly signal: AbortSignal},
): Promise<readonly string[]> {
	const query = {dryRun: 'All'};
	await requireRights(api, settings, signal);
	await api.request({
		method: 'PATCH',
		path: `/api/v1/nodes/${encodeURIComponent(node.name)}`,
		query,
		contentType: 'application/merge-patch+json',
		body: {metadata: {uid: node.uid}, spec: {unschedulable: true}},
		idempotent: true,
		signal,
	});
	await api.request({
		method: 'POST',
		path: '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
		query,
		body: {
			apiVersion: 'coordination.k8s.io/v1',
			kind: 'Lease',
			metadata: {namespace: 'kube-node-lease', generateName: 'cni-upgrade-'},
			spec: {holderIdentity: 'dry-run', leaseDurationSeconds: 30},
		},
		idempotent: true,
		signal,
	});
	await api.request({
		method: 'POST',
		path: podsPath(settings.namespace),
		query,
		body: {
			apiVersion: 'v1',
			kind: 'Pod',
			metadata: {namespace: settings.namespace, generateName: 'cni-upgrade-canary-'},
			spec: {nodeName: node.name, containers: [{name: 'canary', image: settings.image ?? 'pause'}]},
		},
		idempotent: true,
		signal,
	});
	return [`node/${node.name} cordoned (server dry run)`, `node/${node.name} drained (server dry run)`];
}
