import type {Clock} from '../../lib/clock.ts';

type Sleeper = {readonly until: number; readonly wake: () => void};

/** Milliseconds up to which a sleep is a pause between two looks. */
const longestPause = 3_000;

/** Real milliseconds of the longest pause. */
const longestReal = 70;

/**
A clock for whole runs on machines that really do things. A pause between two looks is a small part as long as it says and counts in full;
whoever sleeps longer (a lease that is renewed, a deadline) waits until so much time has been counted. So time goes as fast as the looks come
back, however slow this computer is, and never outruns them.
*/
export class QuickClock implements Clock {
	/** How much shorter a pause is than it says; may be changed. */
	haste: number;
	/** How much faster time goes where nobody pauses: for whoever waits for an answer that never comes. */
	readonly #rate: number;
	#credit = 0;
	readonly #sleepers = new Set<Sleeper>();
	#isStopped = false;

	constructor({haste = 15, rate = 1}: {readonly haste?: number; readonly rate?: number} = {}) {
		this.haste = haste;
		this.#rate = rate;
	}

	readonly now = (): number => Date.now();
	readonly monotonic = (): number => performance.now() * this.#rate + this.#credit;

	readonly sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
		signal.throwIfAborted();
		if (this.#isStopped) {
			await new Promise<never>(() => undefined);
		}

		await new Promise<void>((resolve, reject) => {
			const abort = () => {
				clearTimeout(timer);
				this.#sleepers.delete(sleeper);
				reject(signal.reason as Error);
			};
			const end = () => {
				signal.removeEventListener('abort', abort);
				clearTimeout(timer);
				this.#sleepers.delete(sleeper);
				if (!this.#isStopped) {
					resolve();
				}
			};
			const sleeper: Sleeper = {until: this.monotonic() + ms, wake: end};
			const isPause = ms <= longestPause;
			const timer = setTimeout(
				() => {
					end();
					if (isPause) {
						this.#count(ms);
					}
				},
				isPause ? Math.min(ms / this.haste, longestReal) : ms / this.#rate,
			);
			timer.unref();
			if (!isPause) {
				this.#sleepers.add(sleeper);
			}

			signal.addEventListener('abort', abort, {once: true});
		});
	};

	/** Whoever sleeps sleeps on for ever, as in a process that was killed. */
	stop(): void {
		this.#isStopped = true;
	}

	#count(ms: number): void {
		this.#credit += ms;
		const now = this.monotonic();
		for (const {until, wake} of this.#sleepers) {
			if (until <= now) {
				wake();
			}
		}
	}
}
