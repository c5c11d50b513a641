import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {watchNode} from '../cluster/node-watch.ts';
import {getNode, NodeGone, type NodeRef} from '../cluster/nodes-write.ts';
import {exitCode, UserError} from '../errors.ts';

export type NodeGuard = {
	/** Aborts with a `UserError` when somebody else takes the node away from under the run. */
	readonly broken: AbortSignal;
	/** The run itself is about to uncordon: that is no reason to stop. */
	readonly allowUncordon: () => void;
	readonly stop: () => Promise<void>;
};

/** Watches a node for as long as a run is at work on it: that it goes, becomes another one, or is uncordoned by somebody else ends the run. */
export async function guardNode(
	api: Api,
	node: NodeRef,
	{clock, signal}: {readonly clock: Clock; readonly signal: AbortSignal},
): Promise<NodeGuard> {
	const broken = new AbortController();
	const over = new AbortController();
	let mayUncordon = false;
	const seen = await getNode(api, node.name, signal);
	if (seen === undefined || seen.uid !== node.uid) {
		throw new NodeGone(`node/${node.name} is not there any more, or is another machine now`, {
			remedy: `Nothing was changed. See: kubectl get node ${node.name} -o wide`,
		});
	}

	const watch = async () => {
		for await (const change of watchNode(api, {node: seen, clock, signal: AbortSignal.any([signal, over.signal])})) {
			const reason =
				change.type === 'deleted'
					? 'its Node object was deleted'
					: change.type === 'replaced'
						? 'another machine has its name now'
						: change.type === 'uncordoned' && !mayUncordon
							? 'somebody has uncordoned it'
							: undefined;
			if (reason !== undefined) {
				broken.abort(
					new UserError(`node/${node.name} was taken out of our hands: ${reason}`, {
						exitCode: exitCode.blocked,
						remedy: `See who is at work on it, then look at where it stands: kubectl cni-upgrade status ${node.name}`,
					}),
				);
			}
		}
	};
	// A watch that cannot go on is no reason to stop: every write has its own precondition.
	const watching = watch().catch(() => undefined);
	return {
		broken: broken.signal,
		allowUncordon() {
			mayUncordon = true;
		},
		async stop() {
			over.abort(new Error('the run is over'));
			await watching;
		},
	};
}
