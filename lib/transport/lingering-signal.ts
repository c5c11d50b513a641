/** Requests that make something are awaited for so many milliseconds after an abort. */
const abortGrace = 2_000;

/** Aborts a moment after the given signal does: for requests that make something, so that nothing comes into being behind the clean-up. */
export function lingeringSignal(signal: AbortSignal): AbortSignal {
	const lingering = new AbortController();
	signal.addEventListener('abort', () => setTimeout(() => lingering.abort(signal.reason), abortGrace).unref(), {once: true});
	return lingering.signal;
}
