type Run<T> = {readonly result: Promise<T>; readonly end: AbortController; callers: number};

/**
One run of `start` for all who ask while it goes on. Each waits for as long as its own signal says, whatever `start` makes of it; the run's
signal aborts once nobody is left who waits, and whoever comes after that begins another.
*/
export function inCommon<T>(start: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
	let running: Run<T> | undefined;
	return async signal => {
		signal.throwIfAborted();
		const run = running ?? begin(start);
		running = run;
		run.callers += 1;
		try {
			return await untilAborted(run.result, signal);
		} finally {
			run.callers -= 1;
			if (run.callers === 0) {
				running = running === run ? undefined : running;
				run.end.abort(new Error('nobody waits for it any more'));
			}
		}
	};
}

function begin<T>(start: (signal: AbortSignal) => Promise<T>): Run<T> {
	const end = new AbortController();
	return {result: start(end.signal), end, callers: 0};
}

async function untilAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
	const {promise: aborted, reject} = Promise.withResolvers<never>();
	const abort = () => reject(signal.reason as Error);
	signal.addEventListener('abort', abort, {once: true});
	try {
		return await Promise.race([result, aborted]);
	} finally {
		signal.removeEventListener('abort', abort);
	}
}
