import type {Clock} from '../clock.ts';
import {messageOf, UserError} from '../errors.ts';
import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import {asText, field} from './json.ts';
import {podsPath} from './pods.ts';

export type PodEvent =
	/** `pod` is an object of kind Pod; nothing else about it is certain. The same event may come twice. */
	| {readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly pod: unknown}
	/** Events may have been missed. Each pod that exists was just given as MODIFIED; any other pod exists no more. */
	| {readonly type: 'RELISTED'; readonly names: readonly string[]; readonly uids: readonly string[]};

type Watched = {
	/** From a list; only what changed after it is given. */
	readonly resourceVersion: string;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	/** From 0 to 1. */
	readonly random?: () => number;
};

export type WatchPods = Watched & {
	/** Undefined: all of them. */
	readonly namespace: string | undefined;
	readonly labelSelector?: string;
	/** Such as `spec.nodeName=NODE`: what leaves it is given as DELETED. */
	readonly fieldSelector?: string;
	/** Lists the same pods, when the server has forgotten the version at which the watch was. */
	readonly relist: () => Promise<{readonly pods: readonly unknown[]; readonly resourceVersion: string}>;
};

export type ObjectEvent =
	| {readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: unknown}
	/** Events may have been missed. Each object that exists was just given as MODIFIED; any other exists no more. */
	| {readonly type: 'RELISTED'; readonly objects: readonly unknown[]};

export type WatchObjects = Watched & {
	readonly path: string;
	readonly query: Readonly<Record<string, string>>;
	/** All that may come. */
	readonly kind: string;
	/** As a message says it: `pods in namespace/default`. */
	readonly what: string;
	readonly relist: () => Promise<{readonly objects: readonly unknown[]; readonly resourceVersion: string}>;
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
	const {namespace, labelSelector, fieldSelector} = options;
	const relist = async () => {
		const {pods, resourceVersion} = await options.relist();
		return {objects: pods, resourceVersion};
	};
	const watch = {
		path: podsPath(namespace),
		query: {...(labelSelector !== undefined && {labelSelector}), ...(fieldSelector !== undefined && {fieldSelector})},
		kind: 'Pod',
		what: `pods in ${namespace === undefined ? 'all namespaces' : `namespace/${namespace}`}`,
	};
	for await (const event of watchObjects(api, {...options, ...watch, relist})) {
		if (event.type === 'RELISTED') {
			const each = (key: string) => event.objects.map(pod => asText(field(pod, 'metadata', key)));
			yield {type: 'RELISTED', names: each('name'), uids: each('uid')};
		} else {
			yield {type: event.type, pod: event.object};
		}
	}

	throw new Error('a watch has no end');
}

/** The same of any objects. */
export async function* watchObjects(api: Api, options: WatchObjects): AsyncGenerator<ObjectEvent, never, undefined> {
	const {what, clock, signal, relist, random = Math.random} = options;
	const cursor: Cursor = {at: options.resourceVersion, failures: 0};
	for (;;) {
		const end = yield* readEvents(api, options, cursor);
		signal.throwIfAborted();
		if (end.kind === 'done') {
			continue;
		}

		cursor.failures += 1;
		if (cursor.failures > mostFailures) {
			throw new UserError(`the watch of ${what} fails again and again: ${end.reason}`, {
				remedy: 'Something between here and the API server may cut or change answers. Try again.',
			});
		}

		if (end.kind === 'broken' || cursor.failures > 1) {
			await clock.sleep(Math.min(firstDelay * 2 ** (cursor.failures - 1), longestDelay) * (0.5 + random() / 2), signal);
		}

		if (end.kind === 'expired') {
			const {objects, resourceVersion} = await relist();
			cursor.at = resourceVersion;
			yield* objects.map(object => ({type: 'MODIFIED' as const, object}));
			yield {type: 'RELISTED', objects};
		}
	}
}

/** Where the watch is, and how many connections in a row gave nothing. */
type Cursor = {at: string; failures: number};

/** Why a connection came to its end. `expired`: the server does not hold the version any more at which the watch was. */
type WatchEnd = {readonly kind: 'done'} | {readonly kind: 'broken' | 'expired'; readonly reason: string};

/** One connection. Throws where it could not be opened. */
async function* readEvents(api: Api, options: WatchObjects, cursor: Cursor): AsyncGenerator<ObjectEvent, WatchEnd, undefined> {
	const {kind, clock, signal} = options;
	const connection = new AbortController();
	const began = clock.monotonic();
	let guard: IdleGuard | undefined;
	try {
		const lines = await open(api, options, cursor, AbortSignal.any([signal, connection.signal]));
		guard = new IdleGuard(clock, connection);
		for await (const line of lines) {
			guard.touch();
			const read = readEvent(line, kind);
			if ('kind' in read) {
				return read;
			}

			cursor.at = read.resourceVersion;
			cursor.failures = 0;
			if (read.event !== undefined) {
				yield read.event;
			}
		}
	} catch (error) {
		signal.throwIfAborted();
		if (error instanceof ApiError && error.status === 410) {
			return {kind: 'expired', reason: error.message};
		}

		if (error instanceof UserError) {
			throw error;
		}

		return guard?.expired === true ? {kind: 'done'} : {kind: 'broken', reason: messageOf(error)};
	} finally {
		guard?.stop();
		connection.abort(new Error('the watch is over'));
	}

	// The server ends a watch now and then; one that ends it at once is not asked in a hot loop.
	return clock.monotonic() - began > firstDelay ? {kind: 'done'} : {kind: 'broken', reason: 'the server ends it at once'};
}

async function open(api: Api, {path, query}: WatchObjects, {at}: Cursor, signal: AbortSignal): Promise<AsyncIterable<string>> {
	return api.stream({
		path,
		query: {...query, watch: true, resourceVersion: at, allowWatchBookmarks: true, timeoutSeconds},
		signal,
	});
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

type ReadEvent = {readonly resourceVersion: string; readonly event?: ObjectEvent};

/** One line of a watch. What is no event of such an object is an error of the protocol: nothing after it on this connection is taken. */
function readEvent(line: string, kind: string): ReadEvent | WatchEnd {
	const event = parseOrUndefined(line);
	const type = field(event, 'type');
	const object = field(event, 'object');
	if (type === 'ERROR') {
		const reason = asText(field(object, 'message')) || 'the server sent an error without a message';
		const isExpired = field(object, 'code') === 410 || ['Expired', 'Gone'].includes(asText(field(object, 'reason')));
		return {kind: isExpired ? 'expired' : 'broken', reason};
	}

	const resourceVersion = asText(field(object, 'metadata', 'resourceVersion'));
	if (resourceVersion !== '' && field(object, 'kind') === kind) {
		if (type === 'BOOKMARK') {
			return {resourceVersion};
		}

		if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
			return {resourceVersion, event: {type, object}};
		}
	}

	return {kind: 'broken', reason: `the server sent a line that is no event of a ${kind.toLowerCase()}`};
}

function parseOrUndefined(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined; // Which is no event either.
	}
}
