import {Window} from './window.ts';

/** The bounds between which the pace moves: requests in flight. */
const slowest = 2;
const fastest = 32;
const start = 8;

/** A request counts as slow above this many times the fastest one seen, plus `slackMs`. */
const slowFactor = 4;
const slackMs = 100;

/**
A window over requests in flight that widens by one place for each full round of quick answers and halves when the server
throttles or slows down (additive increase, multiplicative decrease). More requests in flight than a server can take make
it slower, not faster: 1,000 pods with 8, 32 and 256 requests in flight took 10.6, 10.4 and 14.2 s.
*/
export class Pace {
	readonly #window = new Window(start);
	#quickest = Number.POSITIVE_INFINITY;
	#answers = 0;
	#slow = false;

	get limit(): number {
		return this.#window.limit;
	}

	/** Runs one request in the window. `took` is told the outcome: how long it took and whether the server throttled it. */
	async run<T>(
		signal: AbortSignal,
		request: () => Promise<T>,
		took: () => {readonly ms: number; readonly throttled: boolean},
	): Promise<T> {
		await this.#window.acquire(signal);
		try {
			return await request();
		} finally {
			const {ms, throttled} = took();
			this.#learn(ms, throttled);
			this.#window.release();
		}
	}

	/** Judges once a round, that is as many answers as the limit: those sent under the former limit say little of this one. */
	#learn(ms: number, throttled: boolean): void {
		this.#quickest = Math.min(this.#quickest, ms);
		this.#slow ||= throttled || ms > this.#quickest * slowFactor + slackMs;
		this.#answers += 1;
		if (this.#answers < this.#window.limit) {
			return;
		}

		const limit = this.#slow ? Math.floor(this.#window.limit / 2) : this.#window.limit + 1;
		this.#window.limit = Math.max(slowest, Math.min(fastest, limit));
		this.#answers = 0;
		this.#slow = false;
	}
}
