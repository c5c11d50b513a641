import type {Clock} from '../../lib/clock.ts';

type Timer = {readonly at: number; readonly fire: () => void};

/** A clock that stands still until it is told to go on; naps shorter than `napsUnder` are over at once, and noted. */
export class FakeClock implements Clock {
	/** Milliseconds of each nap that was skipped. */
	readonly naps: number[] = [];
	#time = 1_000_000;
	readonly #napsUnder: number;
	readonly #timers = new Set<Timer>();

	constructor(napsUnder = 0) {
		this.#napsUnder = napsUnder;
	}

	readonly now = () => this.#time;
	readonly monotonic = () => this.#time;

	readonly sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
		signal.throwIfAborted();
		if (ms < this.#napsUnder) {
			this.naps.push(ms);
			this.#time += ms;
			return;
		}

		await new Promise<void>((resolve, reject) => {
			const timer = {at: this.#time + ms, fire: resolve};
			this.#timers.add(timer);
			signal.addEventListener('abort', () => {
				this.#timers.delete(timer);
				reject(signal.reason as Error);
			});
		});
	};

	get waiting(): number {
		return this.#timers.size;
	}

	advance(ms: number): void {
		this.#time += ms;
		for (const timer of this.#timers) {
			if (timer.at <= this.#time) {
				this.#timers.delete(timer);
				timer.fire();
			}
		}
	}
}
