import type {JournalLine} from '../plan/journal.ts';
import type {Orders} from '../plan/orders.ts';
import {ActRefused} from './agent.ts';
import type {RunContext} from './context.ts';
import type {SectionEnd} from './follow.ts';
import type {Outcome} from './outcome.ts';
import type {Cordoned} from './pointer.ts';
import {cordon, Declined, drain, type Payload, point, rehearse, stage} from './prepare.ts';
import {progressOf, type RunProgress} from './progress-of.ts';
import {follow, startUnit} from './section.ts';
import {afterReturn, proveOrGoBack} from './settle.ts';
import {undoEarly} from './undo-early.ts';

export type UpgradeOptions = {
	readonly orders: Orders;
	/** Files for the stage; empty where they are there already. */
	readonly payload: readonly Payload[];
	/** What the node's journal holds so far; empty for a new run. */
	readonly journal: readonly JournalLine[];
	/** Whether the plan is on the node, whole. */
	readonly isStaged: boolean;
};

/**
Carries out a plan, from wherever its journal says that it is. Up to the section on the node a failure takes back what was done and is
thrown; from there on the node ends or goes back by itself, and the outcome says which.
*/
export async function carryOut(context: RunContext, options: UpgradeOptions): Promise<Outcome> {
	const progress = progressOf(options.journal);
	const {cordoned, end} =
		progress.section === 'none'
			? await prepareAndStart(context, options, progress)
			: {cordoned: progress.cordoned ?? 'before', end: await follow(context, options, progress)};
	return end.state === 'done' ? proveOrGoBack(context, options, cordoned) : afterReturn(context, end, cordoned, undefined);
}

type Prepared = {readonly cordoned: Cordoned; readonly end: SectionEnd};

async function prepareAndStart(context: RunContext, options: UpgradeOptions, progress: RunProgress): Promise<Prepared> {
	const {orders, payload} = options;
	let cordoned = progress.cordoned ?? 'before';
	let isAsked = false;
	try {
		await stage(
			context,
			orders,
			payload,
			options.isStaged ? {...progress, done: new Set([...progress.done, 'stage'])} : progress,
		);
		await rehearse(context, progress);
		cordoned = await cordon(context, progress, who => {
			cordoned = who;
		});
		await drain(context, orders);
		context.signal.throwIfAborted();
		await confirmSection(context);
		await point(context, 'on-the-node', cordoned);
		isAsked = true;
		await startUnit(context);
	} catch (error) {
		// Once the node was asked to begin it may have begun, unless it says itself that it did not.
		if (!context.ownsNode() || (isAsked && !(error instanceof ActRefused))) {
			throw error;
		}

		const isWhole = await undoEarly(context, {cordonedByUs: cordoned === 'ours', mayHaveBegun: isAsked});
		context.onEvent({type: 'unchanged', isWhole});
		throw error;
	}

	// From here on the node works alone: what is lost on the way to it is not taken for a failure.
	return {cordoned, end: await follow(context, options, progress)};
}

async function confirmSection({confirm}: RunContext): Promise<void> {
	if (confirm !== undefined && !(await confirm('section'))) {
		throw new Declined('section');
	}
}
