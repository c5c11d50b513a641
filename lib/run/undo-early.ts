import {annotate, getNode, NodeGone, setUnschedulable} from '../cluster/nodes-write.ts';
import {messageOf} from '../errors.ts';
import {ActRefused} from './agent.ts';
import {type RunContext, tell} from './context.ts';
import {pointerAnnotation, readPointer} from './pointer.ts';

/** Milliseconds that taking back may take, also after Ctrl-C. */
const longest = 60_000;

/**
Takes back what was done before the node was changed: the run's files on the node, our cordon, the pointer. It has a deadline of its own, since
the run's signal may be aborted. What cannot be taken back is said, with the command that does it.
@param mayHaveBegun - The node may be at work: unless it says that it is not, it stays closed.
@returns Whether everything is as it was.
*/
export async function undoEarly(
	context: RunContext,
	{cordonedByUs, mayHaveBegun}: {readonly cordonedByUs: boolean; readonly mayHaveBegun: boolean},
): Promise<boolean> {
	const {agent, node, onEvent} = context;
	const signal = AbortSignal.timeout(longest);
	let hasBegun = false;
	const isDiscarded = await attempt(context, {
		what: `node/${node.name} still holds the files of run ${agent.run}`,
		remedy: `Once the node can be reached: kubectl cni-upgrade rollback ${node.name}`,
		async work() {
			try {
				await agent.look('discard', [], {signal, tries: 2});
			} catch (error) {
				hasBegun = error instanceof ActRefused;
				throw error;
			}
		},
	});
	if (hasBegun) {
		// The node is being changed, or was: it stays closed until that is settled.
		return false;
	}

	if (!isDiscarded && mayHaveBegun) {
		onEvent({
			type: 'notice',
			message: `node/${node.name} is not uncordoned: it did not say whether it has begun. Then: kubectl cni-upgrade rollback ${node.name}`,
		});
		return false;
	}

	const isOpen = await uncordonEarly(context, cordonedByUs, isDiscarded);
	return isDiscarded && isOpen;
}

/**
Gives the node back to the cluster where we had taken it, and takes the pointer off, unless it is still needed to find what is left.
@returns Whether that was possible.
*/
export async function uncordonEarly(context: RunContext, cordonedByUs: boolean, isDiscarded = true): Promise<boolean> {
	const {api, node, settings} = context;
	const signal = AbortSignal.timeout(longest);
	const annotations = isDiscarded && (await isPointerOurs(context, signal)) ? {[pointerAnnotation]: null} : {};
	if (cordonedByUs && !settings.keepCordoned) {
		context.allowUncordon();
		tell(context, 'cordon', 'back');
		const isDone = await attempt(context, {
			what: `node/${node.name} is still cordoned`,
			remedy: `Then: kubectl uncordon ${node.name}`,
			work: async () => setUnschedulable(api, {node, value: false, annotations, signal}),
		});
		if (!isDone) {
			return false;
		}

		tell(context, 'cordon', 'taken-back');
	}

	return (
		Object.keys(annotations).length === 0 ||
		attempt(context, {
			what: `node/${node.name} still has the annotation ${pointerAnnotation}`,
			remedy: `Then: kubectl annotate node ${node.name} ${pointerAnnotation}-`,
			work: async () => annotate(api, {node, annotations, signal}),
		})
	);
}

/** That of another run is left to it. Where it cannot be read it is taken for ours, and its removal then fails and is told. */
async function isPointerOurs({api, node, agent}: RunContext, signal: AbortSignal): Promise<boolean> {
	try {
		const text = (await getNode(api, node.name, signal))?.annotations[pointerAnnotation];
		const run = readPointer(text)?.run;
		return text !== undefined && (run === undefined || run === agent.run);
	} catch {
		return true;
	}
}

type Attempt = {readonly what: string; readonly remedy: string; readonly work: () => Promise<unknown>};

/** A node that is gone needs nothing taken back. */
async function attempt({onEvent}: RunContext, {what, remedy, work}: Attempt): Promise<boolean> {
	try {
		await work();
		return true;
	} catch (error) {
		if (error instanceof NodeGone) {
			return true;
		}

		onEvent({type: 'notice', message: `${what}: ${messageOf(error)}. ${remedy}`});
		return false;
	}
}
