import type {DrainEvent, DrainOutcome} from '../drain/outcome.ts';
import type {ProofItem} from './proof/proof.ts';

/** What becomes of a step. `back`: it is being taken back. */
export type StepState = 'begin' | 'done' | 'skipped' | 'failed' | 'back' | 'taken-back' | 'stuck';

/** What happens in a run, for whoever shows or keeps it. */
export type RunEvent =
	| {
			readonly type: 'step';
			readonly step: string;
			readonly on: 'cluster' | 'node';
			readonly state: StepState;
			readonly detail: string;
			/** Milliseconds since 1970, by the clock of the side on which it happened. */
			readonly at: number;
	  }
	| {readonly type: 'drain'; readonly event: DrainEvent}
	/** `timeout`: milliseconds that were given for it. */
	| {readonly type: 'drain-end'; readonly outcome: DrainOutcome; readonly timeout: number}
	| {readonly type: 'proof'; readonly item: ProofItem}
	/** The run has ended before the node was changed. `isWhole`: and nothing of it is left. */
	| {readonly type: 'unchanged'; readonly isWhole: boolean}
	| {readonly type: 'notice'; readonly message: string};
