import type {Clock} from '../clock.ts';
import {type PodState, podState} from './pod-status.ts';

/** Milliseconds in which a kubelet that works takes up a pod that is meant for it; a silent one costs no more than this. */
const pickUpTimeout = 15_000;

/** One pod under way. Events may come twice, or before the request that made the pod has returned. */
export class Flight {
	readonly #image: string;
	readonly #ended = Promise.withResolvers<PodState>();
	readonly #pickedUp = Promise.withResolvers<void>();
	#isPickedUp = false;
	#seen = false;

	constructor(image: string) {
		this.#image = image;
	}

	see(pod: unknown, deleted: boolean): void {
		this.#seen = true;
		const state = podState(pod, this.#image);
		if (state.state !== 'pending') {
			this.#isPickedUp = true;
			this.#pickedUp.resolve();
		}

		if (state.state === 'ended' || state.state === 'failed') {
			this.#ended.resolve(state);
		} else if (deleted) {
			this.#ended.resolve({state: 'failed', again: true, reason: 'the probe pod was deleted by someone else before it answered'});
		}
	}

	/** The pod is not in a fresh list. One that was never seen may still be on its way into being. */
	gone(): void {
		if (this.#seen) {
			this.#ended.resolve({state: 'failed', again: true, reason: 'the probe pod was deleted by someone else before it answered'});
		}
	}

	/** How it ended, or why it is not waited for any longer. Before it is given up, `lookAgain` has a last word. */
	async end(
		{clock, timeout}: {readonly clock: Clock; readonly timeout: number},
		lookAgain: () => Promise<void>,
		signal: AbortSignal,
	): Promise<PodState> {
		const timers = new AbortController();
		const timerSignal = AbortSignal.any([signal, timers.signal]);
		const silent = async (): Promise<PodState> => {
			await Promise.race([clock.sleep(Math.min(pickUpTimeout, timeout), timerSignal), this.#pickedUp.promise]);
			if (!this.#isPickedUp) {
				await lookAgain();
			}

			return this.#isPickedUp
				? this.#ended.promise
				: failed(
						`its kubelet did not take up the probe pod within ${pickUpTimeout / 1000} s: the kubelet is silent, or the node is gone`,
					);
		};
		const late = async (): Promise<PodState> => {
			await clock.sleep(timeout, timerSignal);
			await lookAgain();
			return failed(`no answer within ${timeout / 1000} s; allow more with --timeout`);
		};
		try {
			return await Promise.race([this.#ended.promise, silent(), late()]);
		} finally {
			timers.abort();
		}
	}
}

function failed(reason: string): PodState {
	return {state: 'failed', again: false, reason};
}
