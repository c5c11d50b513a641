import type {ConfigDecision} from './config-decisions.ts';
import type {Future} from './future.ts';
import type {PlanInput} from './input.ts';

/** What is to be changed, and what comes of it. */
export type Changes = {
	readonly input: PlanInput;
	readonly future: Future;
	readonly decisions: readonly ConfigDecision[];
};
