import type {Clock} from '../clock.ts';
import {ShellLost} from '../transport/node-shell.ts';

/** Milliseconds for which a node that works alone is waited for: its deadline, and the time to go back. */
const longest = 30 * 60_000;

const pause = 2_000;

/**
Tries again where a node that works alone cannot be heard: by pod it cannot while its kubelet is stopped, which may take minutes.
@param onWait - Told once, before the first wait.
*/
export async function patiently<T>(
	work: () => Promise<T>,
	{clock, signal, onWait}: {readonly clock: Clock; readonly signal: AbortSignal; readonly onWait: () => void},
): Promise<T> {
	const until = clock.monotonic() + longest;
	for (let tries = 0; ; tries += 1) {
		try {
			return await work();
		} catch (error) {
			signal.throwIfAborted();
			if (!(error instanceof ShellLost) || clock.monotonic() > until) {
				throw error;
			}

			if (tries === 0) {
				onWait();
			}

			await clock.sleep(pause, signal);
		}
	}
}
