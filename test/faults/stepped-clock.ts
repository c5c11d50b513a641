import {setImmediate as turn} from 'node:timers/promises';
import {type Clock, systemClock} from '../../lib/clock.ts';

type Timer = {readonly at: number; readonly fire: () => void};

/** Time as it is, which can be put forward: deadlines of five seconds and more come when it is, shorter naps are over at once. */
export class SteppedClock implements Clock {
	#ahead = 0;
	readonly #timers = new Set<Timer>();

	readonly now = () => systemClock.now() + this.#ahead;
	readonly monotonic = () => systemClock.monotonic() + this.#ahead;

	readonly sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
		signal.throwIfAborted();
		if (ms < 5000) {
			await turn();
			return;
		}

		await new Promise<void>((resolve, reject) => {
			const timer = {at: this.monotonic() + ms, fire: resolve};
			this.#timers.add(timer);
			signal.addEventListener(
				'abort',
				() => {
					this.#timers.delete(timer);
					reject(signal.reason as Error);
				},
				{once: true},
			);
		});
	};

	/** Timers that have not come yet. */
	get waiting(): number {
		return this.#timers.size;
	}

	/** Milliseconds by which it was put forward. */
	get ahead(): number {
		return this.#ahead;
	}

	advance(ms: number): void {
		this.#ahead += ms;
		const now = this.monotonic();
		for (const timer of [...this.#timers].filter(({at}) => at <= now)) {
			this.#timers.delete(timer);
			timer.fire();
		}
	}
}
