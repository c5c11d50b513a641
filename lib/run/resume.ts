import {annotate, setUnschedulable} from '../cluster/nodes-write.ts';
import type {RunContext} from './context.ts';
import {emptyIfOpen, emptyNode} from './empty-node.ts';
import type {HeldRun} from './held-run.ts';
import type {Outcome} from './outcome.ts';
import {type Pointer, pointerAnnotation} from './pointer.ts';
import {progressOf} from './progress-of.ts';
import {goBack} from './section.ts';
import {afterReturn} from './settle.ts';
import {undoEarly} from './undo-early.ts';
import {carryOut} from './upgrade.ts';

/** A run that cannot be gone on with, since the node was never given the whole plan: what there is of it is taken back. */
async function abandon(context: RunContext, held: HeldRun, pointer: Pointer | undefined): Promise<Outcome> {
	const cordoned = progressOf(held.journal).cordoned ?? pointer?.cordoned ?? null;
	const isWhole = await undoEarly(context, {cordonedByUs: cordoned === 'ours', mayHaveBegun: true});
	return isWhole
		? {kind: 'rolled-back', why: 'the run had not changed the node', proof: undefined}
		: {kind: 'stuck', why: 'not all traces of the run could be removed'};
}

/** Goes on where the journal says that the run is. */
export async function goOn(context: RunContext, held: HeldRun, pointer: Pointer | undefined): Promise<Outcome> {
	if (held.orders === undefined) {
		return abandon(context, held, pointer);
	}

	return carryOut(context, {orders: held.orders, payload: [], journal: held.journal, isStaged: true});
}

/** Takes everything back. A run that has ended is drained for again first, and so is one whose node somebody has opened since. */
export async function rollBack(
	context: RunContext,
	held: HeldRun,
	pointer: Pointer | undefined,
	wasFinished: boolean,
): Promise<Outcome> {
	const progress = progressOf(held.journal);
	if (held.orders === undefined || (progress.section === 'none' && !wasFinished)) {
		return abandon(context, held, pointer);
	}

	// Of a run that has ended only the pointer knows who cordoned: an earlier try to take it back.
	const cordoned = wasFinished
		? await emptyNode(context, {...progress, done: new Set(), cordoned: undefined}, true)
		: progress.section === 'done' || progress.section === 'stuck'
			? await emptyIfOpen(context, progress)
			: (progress.cordoned ?? 'before');
	return afterReturn(context, await goBack(context, held.orders, cordoned), cordoned, undefined);
}

/**
The node knows of no unfinished run, but the API does: the last thing that a run does is to take its pointer off. Where it was a rollback that
had only begun to drain, its cordon goes too.
*/
export async function tidyUp(context: RunContext, held: HeldRun, pointer: Pointer | undefined): Promise<Outcome> {
	const {api, node, signal, settings} = context;
	const annotations = {[pointerAnnotation]: null};
	if (pointer?.phase === 'draining' && pointer.cordoned === 'ours' && !settings.keepCordoned) {
		context.onEvent({type: 'notice', message: `node/${node.name} was being drained for a rollback, which is given up`});
		context.allowUncordon();
		await setUnschedulable(api, {node, value: false, annotations, signal});
	}

	await annotate(api, {node, annotations, signal});
	return progressOf(held.journal).section === 'done'
		? {kind: 'upgraded', proof: {verdict: 'proved', items: []}}
		: {kind: 'rolled-back', why: 'the run had ended before', proof: undefined};
}
