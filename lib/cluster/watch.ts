import type {Clock} from '../clock.ts';
import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import {asText, field} from './json.ts';
import {podsPath} from './pods.ts';

export type PodEvent =
	/** `pod` is an object of kind Pod; nothing else about it is certain. The same event may come twice. */
	| {readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly pod: unknown}
	/** Events may have been missed. Each pod that exists was just given as MODIFIED; any other pod exists no more. */
	| {readonly type: 'RELISTED'; readonly names: readonly string[]};

export type WatchPods = {
	readonly namespace: string;
	readonly labelSelector: string;
	/** From a list; only what changed after it is given. */
	readonly resourceVersion: string;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	/** Lists the same pods, when the server has forgotten the version at which the watch was. */
	readonly relist: () => Promise<{readonly pods: readonly unknown[]; readonly resourceVersion: string}>;
	/** From 0 to 1. */
	readonly random?: () => number;
};

/**
Milliseconds without a line after which the connection counts as dead. A network that drops packets tells nobody; a server
that has nothing to say sends a bookmark about once a minute, so a quiet watch is now and then opened anew for nothing.
*/
const idleDeadline = 45_000;

/** The server ends a watch by itself after so many seconds. */
const timeoutSeconds = 300;

/** Connections in a row that gave no usable event, after which it is no passing trouble. */
const mostFailures = 10;

const firstDelay = 250;
const longestDelay = 5_000;

/** Yields what happens to pods until the signal aborts, over as many connections as it takes. Throws when it cannot go on. */
export async function* watchPods(api: Api, options: WatchPods): AsyncGenerator<PodEvent, never, undefined> {
	const {clock, signal, relist, random = Math.random} = options;
	let at = options.resourceVersion;
	let failures = 0;
	for (;;) {
		const began = clock.monotonic();
		let end: WatchEnd;
		try {
			const lines = readEvents(api, options, at);
			for (let next = await lines.next(); ; next = await lines.next()) {
				if (next.done === true) {
					end = next.value;
					break;
				}

				failures = 0;
				at = next.value.resourceVersion;
				if (next.value.event !== undefined) {
					yield next.value.event;
				}
			}
		} catch (error) {
			signal.throwIfAborted();
			if (!(error instanceof ApiError && error.status === 410)) {
				throw error;
			}

			end = {kind: 'expired'};
		}

		signal.throwIfAborted();
		if (end.kind === 'ended' && end.error === undefined && clock.monotonic() - began > firstDelay) {
			continue;
		}

		failures += 1;
		if (failures > mostFailures) {
			throw end.kind === 'ended' && end.error !== undefined
				? end.error
				: new Error(`the watch of pods in namespace/${options.namespace} ends again and again`);
		}

		if (failures > 1 || end.kind === 'ended') {
			await clock.sleep(Math.min(firstDelay * 2 ** (failures - 1), longestDelay) * (0.5 + random() / 2), signal);
		}

		if (end.kind === 'expired') {
			const list = await relist();
			at = list.resourceVersion;
			for (const pod of list.pods) {
				yield {type: 'MODIFIED', pod};
			}

			yield {type: 'RELISTED', names: list.pods.map(pod => asText(field(pod, 'metadata', 'name')))};
		}
	}
}

/** Why a connection came to its end: broken off, done, quiet for too long, or at a version that the server does not hold any more. */
type WatchEnd = {readonly kind: 'ended'; readonly error?: Error} | {readonly kind: 'expired'};

type ReadEvent = {readonly resourceVersion: string; readonly event?: PodEvent};

/** One connection. Throws only where it could not be opened. */
async function* readEvents(
	api: Api,
	options: WatchPods,
	resourceVersion: string,
): AsyncGenerator<ReadEvent, WatchEnd, undefined> {
	const {namespace, labelSelector, clock, signal} = options;
	const connection = new AbortController();
	const lines = await api.stream({
		path: podsPath(namespace),
		query: {watch: true, labelSelector, resourceVersion, allowWatchBookmarks: true, timeoutSeconds},
		signal: AbortSignal.any([signal, connection.signal]),
	});
	const guard = new IdleGuard(clock, connection);
	try {
		for await (const line of lines) {
			guard.touch();
			const read = readEvent(line);
			if ('kind' in read) {
				return read;
			}

			yield read;
		}

		return {kind: 'ended'};
	} catch (error) {
		signal.throwIfAborted();
		return guard.expired ? {kind: 'ended'} : {kind: 'ended', error: error instanceof Error ? error : new Error(String(error))};
	} finally {
		guard.stop();
		connection.abort(new Error('the watch is over'));
	}
}

/** Aborts a connection over which nothing came for the length of the deadline. */
class IdleGuard {
	expired = false;
	readonly #clock: Clock;
	readonly #stopped = new AbortController();
	#last: number;

	constructor(clock: Clock, connection: AbortController) {
		this.#clock = clock;
		this.#last = clock.monotonic();
		void this.#run(connection);
	}

	touch(): void {
		this.#last = this.#clock.monotonic();
	}

	stop(): void {
		this.#stopped.abort();
	}

	async #run(connection: AbortController): Promise<void> {
		try {
			for (let left = idleDeadline; left > 0; left = idleDeadline - (this.#clock.monotonic() - this.#last)) {
				await this.#clock.sleep(left, this.#stopped.signal);
			}

			this.expired = true;
			connection.abort(new Error(`nothing came for ${idleDeadline / 1000} s`));
		} catch {
			// The connection came to its end before.
		}
	}
}

/** One line of a watch. What is no event of a pod is an error of the protocol: nothing after it on this connection is taken. */
function readEvent(line: string): ReadEvent | WatchEnd {
	let event: unknown;
	try {
		event = JSON.parse(line);
	} catch (error) {
		return {kind: 'ended', error: new Error('the watch of pods sent a line that is no JSON', {cause: error})};
	}

	const type = field(event, 'type');
	const object = field(event, 'object');
	if (type === 'ERROR') {
		const {code, reason} = {code: field(object, 'code'), reason: field(object, 'reason')};
		return code === 410 || reason === 'Expired' || reason === 'Gone'
			? {kind: 'expired'}
			: {kind: 'ended', error: new Error(`the watch of pods sent an error: ${asText(field(object, 'message')) || 'no message'}`)};
	}

	const resourceVersion = asText(field(object, 'metadata', 'resourceVersion'));
	const isPod = field(object, 'kind') === 'Pod';
	if (resourceVersion !== '' && isPod && type === 'BOOKMARK') {
		return {resourceVersion};
	}

	if (resourceVersion !== '' && isPod && (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED')) {
		return {resourceVersion, event: {type, pod: object}};
	}

	return {kind: 'ended', error: new Error('the watch of pods sent something else than an event of a pod')};
}
