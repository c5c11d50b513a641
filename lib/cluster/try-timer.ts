import type {Clock} from '../clock.ts';
import {TimedOut} from './retry.ts';

/** One try's own signal: it aborts with the caller's, and with `TimedOut` once the time is over; 0 ms is no limit. */
export class TryTimer {
	readonly #controller = new AbortController();
	readonly #timer = new AbortController();
	readonly #outer: AbortSignal;
	readonly #forward = () => this.#controller.abort(this.#outer.reason);

	constructor(clock: Clock, outer: AbortSignal, ms: number) {
		this.#outer = outer;
		if (outer.aborted) {
			this.#forward();
			return;
		}

		outer.addEventListener('abort', this.#forward, {once: true});
		if (ms > 0) {
			void this.#run(clock, ms);
		}
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** No time limit from now on; the caller's signal still counts. */
	stopClock(): void {
		this.#timer.abort();
	}

	dispose(): void {
		this.#timer.abort();
		this.#outer.removeEventListener('abort', this.#forward);
	}

	async #run(clock: Clock, ms: number): Promise<void> {
		try {
			await clock.sleep(ms, this.#timer.signal);
			this.#controller.abort(new TimedOut(ms));
		} catch {
			// The clock was stopped.
		}
	}
}
