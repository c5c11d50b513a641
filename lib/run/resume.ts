import {annotate} from '../cluster/nodes-write.ts';
import type {RunContext} from './context.ts';
import type {HeldRun} from './held-run.ts';
import {type Pointer, pointerAnnotation} from './pointer.ts';
import {cordon, drain} from './prepare.ts';
import {progressOf, type RunProgress} from './progress-of.ts';
import {goBack} from './section.ts';
import {afterReturn} from './settle.ts';
import {uncordonEarly, undoEarly} from './undo-early.ts';
import {carryOut, type Outcome} from './upgrade.ts';

/** A run that cannot be gone on with, since the node was never given the whole plan: what there is of it is taken back. */
async function abandon(context: RunContext, held: HeldRun, pointer: Pointer | undefined): Promise<Outcome> {
	const cordoned = progressOf(held.journal).cordoned ?? pointer?.cordoned ?? null;
	const isWhole = await undoEarly(context, cordoned === 'ours');
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

/** Takes everything back. A run that has ended is drained for again first: pods that run hold networks of the plugins that go. */
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

	let cordoned = progress.cordoned ?? 'before';
	if (wasFinished) {
		cordoned = await emptyNode(context, {...progress, done: new Set<string>(), cordoned: undefined});
	}

	const end =
		progress.section === 'undone' && !wasFinished ? {state: 'undone' as const, detail: ''} : await goBack(context, held.orders);
	return afterReturn(context, end, cordoned, undefined);
}

async function emptyNode(context: RunContext, progress: RunProgress): Promise<'ours' | 'before'> {
	const cordoned = await cordon(context, progress);
	try {
		await drain(context, progress);
	} catch (error) {
		await uncordonEarly(context, cordoned === 'ours');
		throw error;
	}

	return cordoned;
}

/** The node knows of no unfinished run, but the API does: the last thing that a run does is to take its pointer off. */
export async function removePointer({api, node, signal}: RunContext): Promise<void> {
	await annotate(api, {node, annotations: {[pointerAnnotation]: null}, signal});
}
