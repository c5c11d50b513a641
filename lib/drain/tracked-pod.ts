import type {Clock} from '../clock.ts';
import type {Blocked} from './eviction.ts';
import type {DrainPod} from './pod.ts';

/** What a pod that is there still waits for. */
export type Waiting =
	/** Nobody has answered its eviction yet. */
	| {readonly kind: 'answer'}
	/** The server does not let it go. */
	| ({readonly kind: 'budget'} & Blocked)
	/** Its namespace is being deleted, and does not let it be evicted. */
	| {readonly kind: 'namespace'; readonly serverText: string}
	/** Its containers may take so long to end. */
	| {readonly kind: 'grace'; readonly secondsLeft: number; readonly finalizers: readonly string[]}
	/** Somebody has to take these off it. */
	| {readonly kind: 'finalizers'; readonly finalizers: readonly string[]}
	/** Its time is over, and its kubelet does not say that it has ended. */
	| {readonly kind: 'kubelet'};

/** What hinders an eviction, by the last answer. */
export type Hindrance = Extract<Waiting, {readonly kind: 'budget' | 'namespace'}>;

/** One pod that has to go, as the watch sees it. */
export class TrackedPod {
	/** The last answer to its eviction, where that was no. */
	hindrance: Hindrance | undefined;
	/** Whether the server has taken its eviction. */
	isAccepted = false;
	readonly gone: Promise<void>;
	/** Resolves when somebody has deleted it. */
	readonly deleted: Promise<void>;
	readonly #clock: Clock;
	readonly #gone = Promise.withResolvers<void>();
	readonly #deleted = Promise.withResolvers<void>();
	#pod: DrainPod;
	#isGone = false;
	#graceEnds: number | undefined;

	constructor(pod: DrainPod, clock: Clock) {
		this.#clock = clock;
		this.#pod = pod;
		this.gone = this.#gone.promise;
		this.deleted = this.#deleted.promise;
		this.see(pod);
	}

	get pod(): DrainPod {
		return this.#pod;
	}

	get isGone(): boolean {
		return this.#isGone;
	}

	see(pod: DrainPod): void {
		const before = this.#graceEnds === undefined ? undefined : this.#pod.deletion?.graceSeconds;
		this.#pod = pod;
		if (pod.deletion !== undefined && pod.deletion.graceSeconds !== before) {
			this.#graceEnds = this.#clock.monotonic() + pod.deletion.graceSeconds * 1000;
			this.#deleted.resolve();
		}
	}

	readonly leave = (): void => {
		this.#isGone = true;
		this.#gone.resolve();
	};

	/**
	When its grace period ends, by the monotonic clock, counted from when it was seen to be deleted: the server's wall clock may be another
	than ours. Infinity where nobody has deleted it.
	*/
	get graceEnds(): number {
		return this.#graceEnds ?? Number.POSITIVE_INFINITY;
	}

	/** Seconds until its grace period ends; 0 where it is over. Undefined where nobody has deleted it. */
	get graceLeft(): number | undefined {
		return this.#graceEnds === undefined ? undefined : Math.max(0, Math.ceil((this.#graceEnds - this.#clock.monotonic()) / 1000));
	}

	get waitsFor(): Waiting {
		const secondsLeft = this.graceLeft;
		const {finalizers} = this.#pod;
		if (secondsLeft === undefined) {
			return this.hindrance ?? {kind: 'answer'};
		}

		if (secondsLeft > 0) {
			return {kind: 'grace', secondsLeft, finalizers};
		}

		return finalizers.length > 0 ? {kind: 'finalizers', finalizers} : {kind: 'kubelet'};
	}
}
