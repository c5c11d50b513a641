import type {PodGroup} from './filters.ts';
import type {PodRef} from './pod.ts';
import type {Hindrance, Waiting} from './tracked-pod.ts';

type How = 'evict' | 'delete';

/** What happens while a node is drained, in the order in which it does. */
export type DrainEvent =
	/** Before anything is evicted. */
	| {readonly type: 'warnings'; readonly warnings: readonly PodGroup[]}
	/** Each try. */
	| {readonly type: 'evicting'; readonly pod: PodRef; readonly how: How}
	/** Not now: it is tried again after so many milliseconds. */
	| {
			readonly type: 'hindered';
			readonly pod: PodRef;
			readonly how: How;
			readonly afterMs: number;
			readonly serverText: string;
			readonly hindrance: Hindrance;
	  }
	/** It should be gone and is not; it is waited for still. */
	| {readonly type: 'stuck'; readonly pod: PodRef; readonly waitsFor: Waiting}
	| {readonly type: 'skipped'; readonly pod: PodRef; readonly text: string}
	| {readonly type: 'gone'; readonly pod: PodRef; readonly how: How}
	/** This pod will not go; the others are gone on with. */
	| {
			readonly type: 'failed';
			readonly pod: PodRef;
			readonly how: How;
			readonly message: string;
			readonly remedy: string | undefined;
	  };

/** How it ended with one pod. */
export type PodEnd =
	| {readonly kind: 'gone'}
	| {readonly kind: 'skipped'; readonly text: string}
	| {readonly kind: 'failed'; readonly message: string; readonly remedy: string | undefined};

type Ended = {
	readonly gone: readonly PodRef[];
	/** Not waited for any longer, as --skip-wait-for-delete-timeout or `leaveHangingAfter` has it. */
	readonly skipped: readonly {readonly pod: PodRef; readonly text: string}[];
	readonly stay: readonly {readonly pod: PodRef; readonly why: string}[];
};

export type FailedPod = {readonly pod: PodRef; readonly message: string; readonly remedy: string | undefined};

/** `isAccepted`: the server has taken its eviction. */
export type PendingPod = {readonly pod: PodRef; readonly isAccepted: boolean; readonly waitsFor: Waiting};

export type DrainOutcome =
	| ({readonly kind: 'drained'} & Ended)
	/** The filters refuse: nothing was evicted. */
	| {readonly kind: 'refused'; readonly errors: readonly PodGroup[]}
	| ({
			readonly kind: 'incomplete';
			readonly failed: readonly FailedPod[];
			/** Not gone when the time was over; empty where it was not. */
			readonly pending: readonly PendingPod[];
	  } & Ended);
