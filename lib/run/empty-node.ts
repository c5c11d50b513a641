import {getNode} from '../cluster/nodes-write.ts';
import type {RunContext} from './context.ts';
import type {Cordoned} from './pointer.ts';
import {cordon, drain} from './prepare.ts';
import type {RunProgress} from './progress-of.ts';
import {uncordonEarly} from './undo-early.ts';

/**
Cordons and drains a node before it goes back: pods that run hold networks of the plugins that go. Where that fails the cordon is taken off
again, if it is ours.
@param isFinished - Nothing of the run is under way: once the cordon is off, nothing of this call is left.
*/
export async function emptyNode(context: RunContext, progress: RunProgress, isFinished: boolean): Promise<Cordoned> {
	let cordoned = 'before' as Cordoned;
	try {
		await cordon(context, progress, who => {
			cordoned = who;
		});
		await drain(context);
		return cordoned;
	} catch (error) {
		if (context.ownsNode()) {
			const isWhole = await uncordonEarly(context, cordoned === 'ours', isFinished);
			context.onEvent({type: 'unchanged', isWhole: isWhole && isFinished});
		}

		throw error;
	}
}

/** The same for a node that the run has left closed and that somebody has opened since. */
export async function emptyIfOpen(context: RunContext, progress: RunProgress): Promise<Cordoned> {
	const seen = await getNode(context.api, context.node.name, context.signal);
	return seen?.unschedulable === false ? emptyNode(context, progress, false) : (progress.cordoned ?? 'before');
}
