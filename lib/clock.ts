/** Time as an argument, so that no test waits for it. */
export type Clock = {
	/** Milliseconds since 1970, for what is written and for expiry times that others set. */
	readonly now: () => number;
	/** Milliseconds since some start, never set back: for durations and deadlines. */
	readonly monotonic: () => number;
	/** Settles after `ms` milliseconds; rejects with the signal's reason as soon as it aborts. */
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** The longest that a timer can take; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	async sleep(ms, signal) {
		signal.throwIfAborted();
		await new Promise<void>((resolve, reject) => {
			const abort = () => {
				clearTimeout(timer);
				reject(signal.reason as Error);
			};
			const timer = setTimeout(
				() => {
					signal.removeEventListener('abort', abort);
					resolve();
				},
				Math.min(ms, longestTimer),
			);
			signal.addEventListener('abort', abort, {once: true});
		});
	},
};
