import type {ApiRequest} from './api.ts';
import {ApiError, codeOf} from './errors.ts';

/** No answer within the time of one try. */
export class TimedOut extends Error {
	readonly ms: number;

	constructor(ms: number) {
		super(`no answer within ${ms} ms`);
		this.ms = ms;
	}
}

/** Tries for what passes soon or never, such as a quota's conflict. */
const fewTries = 4;

/** Tries at a 500, behind which may be a webhook that always fails; of a thousand pods none must run out of them by bad luck. */
const someTries = 6;

/** Tries for an outage of a server that has answered before: with the delays below about half a minute. */
const manyTries = 7;

const firstDelay = 500;
const longestDelay = 16_000;

/** A server that wants to be left alone for longer than this is not waited for. */
const longestRetryAfter = 60_000;

/** What happens to connections to a server that restarts, or over a network that is changing. */
const passing =
	/^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTFOUND|ERR_PROXY_TUNNEL)$/;

export type Tried = {
	/** Tries made so far. */
	readonly tries: number;
	/** Whether this server has answered anything before. */
	readonly known: boolean;
	/** From 0 to 1, at random. */
	readonly jitter: number;
};

/**
Milliseconds to wait before the request may be sent again, or undefined where it may not, or where that is not worth it.
A 429 says that nothing was done, and so does a 5xx with Retry-After (as client-go takes both); all else is sent again only where
twice is once.
*/
export function retryDelay(request: ApiRequest, error: unknown, {tries, known, jitter}: Tried): number | undefined {
	const isAnswer = error instanceof ApiError && request.isAnswer?.(error) === true;
	if (isAnswer || tries >= (request.tries ?? triesFor(error, known)) || !mayRepeat(request, error)) {
		return undefined;
	}

	const retryAfter = error instanceof ApiError ? error.retryAfter : undefined;
	if (retryAfter !== undefined) {
		// Jitter on top: those who were all sent away at once do not all come back at once.
		return retryAfter > longestRetryAfter ? undefined : retryAfter + jitter * firstDelay;
	}

	return Math.min(firstDelay * 2 ** (tries - 1), longestDelay) * (0.5 + jitter / 2);
}

/** Whether what kept us from an answer may be over at another time. */
export function passesSoon(error: unknown): boolean {
	return error instanceof TimedOut || passing.test(codeOf(error));
}

function triesFor(error: unknown, known: boolean): number {
	if (error instanceof TimedOut) {
		return 2;
	}

	if (error instanceof ApiError) {
		return error.status === 409 ? fewTries : error.status === 500 ? someTries : manyTries;
	}

	if (known) {
		return manyTries;
	}

	// A server that never answered has a wrong URL more likely than an outage, unless it let us in and then hung up.
	return codeOf(error) === 'ECONNRESET' ? fewTries : 1;
}

function mayRepeat(request: ApiRequest, error: unknown): boolean {
	const {method = 'GET', idempotent = ['GET', 'PUT', 'DELETE'].includes(method)} = request;
	if (error instanceof ApiError) {
		const {status, reason, retryAfter} = error;
		// A quota was counted by somebody else at the same moment: nothing was made.
		if (status === 409 && reason === 'Conflict' && method === 'POST') {
			return idempotent;
		}

		return (
			status === 429 || (status >= 500 && (retryAfter !== undefined || (idempotent && [500, 502, 503, 504].includes(status))))
		);
	}

	const code = codeOf(error);
	// A connection that was refused brought nothing to the server.
	return error instanceof TimedOut ? idempotent : passing.test(code) && (idempotent || code === 'ECONNREFUSED');
}
