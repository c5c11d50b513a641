import type {Clock} from '../clock.ts';
import {ApiError} from '../cluster/errors.ts';

/** Times that a 410 is taken for something that passes. */
const mostTries = 4;

const delayMs = 500;

/**
Asks again where the server answers 410 Gone: to a request that names no version this only comes from a cache that is being compacted or a
proxy, and passes. All else that passes is the `Api`'s own to try again.
*/
export async function askAgain<T>(clock: Clock, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
	for (let tries = 1; ; tries += 1) {
		try {
			return await ask();
		} catch (error) {
			if (tries >= mostTries || !(error instanceof ApiError && error.status === 410)) {
				throw error;
			}

			await clock.sleep(delayMs, signal);
		}
	}
}
