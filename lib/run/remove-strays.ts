import type {Api} from '../cluster/api.ts';
import {asText, field} from '../cluster/json.ts';
import {deletePodOnce} from '../cluster/pod-reads.ts';
import {listPods} from '../cluster/pods.ts';
import {messageOf} from '../errors.ts';
import {labels, managedBy} from '../transport/probe-pod.ts';

export type RemoveStrays = {
	readonly namespace: string;
	readonly node: {readonly name: string};
	/** Whose pods stay: the id of this call. */
	readonly session: string;
	/** The run that is gone on with; pods of it on other nodes go too. */
	readonly run: string;
	readonly signal: AbortSignal;
	readonly onNotice: (message: string) => void;
};

/**
Removes what a call that was killed left in the cluster: its pod on the node, its canary. Only for whoever holds the node's lock: nobody else
is at work there then. What cannot be removed ends by itself at its deadline, and is told.
*/
export async function removeStrays(api: Api, {namespace, node, session, run, signal, onNotice}: RemoveStrays): Promise<void> {
	try {
		const {pods} = await listPods(api, {namespace, labelSelector: `${labels.managedBy}=${managedBy},!${labels.probe}`, signal});
		const strays = pods.filter(pod => {
			const own = asText(field(pod, 'metadata', 'labels', labels.run));
			const isHere = asText(field(pod, 'spec', 'nodeName')) === node.name;
			return own !== session && (isHere || own === run);
		});
		for (const pod of strays) {
			const [name, uid] = [asText(field(pod, 'metadata', 'name')), asText(field(pod, 'metadata', 'uid'))];
			await deletePodOnce(api, {namespace, name, uid, signal});
		}
	} catch (error) {
		signal.throwIfAborted();
		onNotice(
			`pods of an earlier call in namespace/${namespace} could not be removed: ${messageOf(error)}. Later: kubectl cni-upgrade cleanup --namespace ${namespace}`,
		);
	}
}
