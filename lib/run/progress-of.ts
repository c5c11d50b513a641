import {type JournalLine, type SectionState, stateOf} from '../plan/journal.ts';
import type {Cordoned} from './pointer.ts';

/** How far a run has come, by its journal. */
export type RunProgress = {
	/** The last number in it; 0 where it is empty. */
	readonly last: number;
	/** Steps of the client that are done. */
	readonly done: ReadonlySet<string>;
	/** Who cordoned the node; undefined: nobody has begun to. */
	readonly cordoned: Cordoned | undefined;
	readonly section: SectionState;
	/** Why it was taken back, or what is stuck. */
	readonly sectionDetail: string;
	/** Seconds since 1970 by the node's clock: when its kubelet was last started. 0: it never was. */
	readonly kubeletStartedAt: number;
};

/** Reads the client's and the node's lines. The last word on a step counts. */
export function progressOf(journal: readonly JournalLine[]): RunProgress {
	const done = new Set<string>();
	let cordoned: RunProgress['cordoned'];
	let kubeletStartedAt = 0;
	for (const {by, step, state, detail, at} of journal) {
		if (by === 'client' && state === 'done') {
			done.add(step);
		} else if (by === 'client') {
			done.delete(step);
		}

		// Written before the node is cordoned, so that a client which dies in between still owns what it did.
		if (by === 'client' && step === 'cordon' && (detail === 'ours' || detail === 'before')) {
			cordoned = detail;
		}

		if (by === 'node' && ((step === 'start-kubelet' && state === 'begin') || (step === 'stop-kubelet' && state === 'undo'))) {
			kubeletStartedAt = at;
		}
	}

	const {section, detail} = stateOf(journal);
	return {last: journal.at(-1)?.number ?? 0, done, cordoned, section, sectionDetail: detail, kubeletStartedAt};
}
