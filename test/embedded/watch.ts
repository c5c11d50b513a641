import type {ServerResponse} from 'node:http';
import type {WatchFault} from './faults.ts';
import type {KubeObject} from './objects.ts';
import {isTrue, type RequestInfo} from './request-info.ts';
import type {Resource} from './resources.ts';
import {type Matcher, readSelectors} from './selector.ts';
import {negotiate, type Shape, shapeObject} from './shape.ts';
import {ApiStatus, refuse} from './status.ts';
import type {Store, StoreEvent} from './store.ts';

/** The real server's is one minute. */
const bookmarkMs = 60_000;
const defaultTimeoutSeconds = 1800;

/** One open watch: events as lines of JSON in a chunked answer, from a version on, until the client or the timeout ends it. */
export function openWatch(
	store: Store,
	info: RequestInfo,
	row: Resource,
	accept: string | undefined,
	response: ServerResponse,
	fault: WatchFault | undefined,
): void {
	const shape = negotiate(accept, row);
	const matches = readSelectors(info.query, row.resource) ?? (() => true);
	const from = readVersion(info.query);
	const bookmarks = isTrue(info.query.get('allowWatchBookmarks'));
	const seconds = Number(info.query.get('timeoutSeconds') ?? defaultTimeoutSeconds);
	if (info.query.has('sendInitialEvents')) {
		throw refuse.invalid(
			'ListOptions',
			'',
			'sendInitialEvents',
			'Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
			'FieldValueForbidden',
		);
	}

	response.writeHead(200, {'content-type': 'application/json', 'transfer-encoding': 'chunked'});
	response.flushHeaders();
	const past = from === 0 ? store.list(row.resource).map(object => added(object)) : store.since(row.resource, from);
	if (past === undefined || fault?.kind === 'gone') {
		const status = refuse.expired(`too old resource version: ${from} (${store.floor(row.resource)})`);
		response.end(errorLine(status));
		return;
	}

	const lines = new LineWriter(response, fault);
	let version = from;
	const send = (event: StoreEvent) => {
		version = event.version;
		const line = eventLine(event, matches, info, shape);
		if (line !== undefined && (info.namespace === '' || event.object.metadata.namespace === info.namespace)) {
			lines.write(line);
		}
	};
	const bookmark = () => {
		lines.write(`${JSON.stringify({type: 'BOOKMARK', object: bookmarkObject(row, Math.max(version, store.version))})}\n`);
	};

	for (const event of past) {
		send(event);
	}

	const unsubscribe = store.subscribe(row.resource, send);
	const beat = bookmarks ? setInterval(bookmark, bookmarkMs).unref() : undefined;
	const end = setTimeout(() => {
		if (bookmarks) {
			bookmark();
		}

		lines.end();
	}, seconds * 1000).unref();
	response.once('close', () => {
		unsubscribe();
		clearInterval(beat);
		clearTimeout(end);
	});
}

/** Writes lines, and breaks them as a fault says. */
class LineWriter {
	readonly #response: ServerResponse;
	readonly #fault: WatchFault | undefined;
	#lines = 0;
	#silent = false;

	constructor(response: ServerResponse, fault: WatchFault | undefined) {
		this.#response = response;
		this.#fault = fault;
		this.#silent = fault?.kind === 'half-open' && (fault.after ?? 0) === 0;
	}

	write(line: string): void {
		if (this.#silent) {
			return;
		}

		this.#lines += 1;
		const fault = this.#lines > (this.#fault?.after ?? 0) ? this.#fault : undefined;
		switch (fault?.kind) {
			case undefined:
			case 'gone':
				this.#response.write(line);
				break;
			case 'half-open':
				this.#silent = true;
				break;
			case 'reset':
				this.#silent = true;
				this.#response.destroy();
				break;
			case 'close':
				this.#silent = true;
				this.#response.end();
				break;
			case 'truncated-line':
				this.#silent = true;
				this.#response.end(line.slice(0, line.length / 2));
				break;
			case 'duplicates':
				this.#response.write(line + line);
				break;
			case 'long-line':
				this.#silent = true;
				this.#response.write(`{"type":"ADDED","object":{"padding":"${'x'.repeat(fault.bytes)}"}}\n`);
				break;
			case 'bad-json':
				this.#silent = true;
				this.#response.write(`{"type":"MODIFIED","object":\n`);
				break;
		}
	}

	end(): void {
		if (!this.#silent) {
			this.#response.end();
		}
	}
}

/** How a change looks to a watch with a selector: entering it is ADDED, leaving it is DELETED, never in it is nothing. */
function eventLine(event: StoreEvent, matches: Matcher, info: RequestInfo, shape: Shape): string | undefined {
	const isIn = event.type !== 'DELETED' && matches(event.object);
	const wasIn = event.previous !== undefined && matches(event.previous);
	if (!isIn && !wasIn) {
		return undefined;
	}

	const type = isIn ? (wasIn ? 'MODIFIED' : 'ADDED') : 'DELETED';
	return `${JSON.stringify({type, object: shapeObject(event.object, shape, info)})}\n`;
}

function errorLine(status: ApiStatus): string {
	return `${JSON.stringify({type: 'ERROR', object: status.body})}\n`;
}

function added(object: KubeObject): StoreEvent {
	return {type: 'ADDED', version: Number(object.metadata.resourceVersion), object, previous: undefined};
}

function bookmarkObject({kind, group, version}: Resource, at: number) {
	return {
		kind,
		apiVersion: group === '' ? version : `${group}/${version}`,
		metadata: {resourceVersion: String(at), creationTimestamp: null},
	};
}

/** 0: from now, after an ADDED for everything that there is. */
function readVersion(query: URLSearchParams): number {
	const text = query.get('resourceVersion') ?? '';
	if (!/^\d*$/.test(text)) {
		throw new ApiStatus(
			500,
			'',
			`resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
		);
	}

	return Number(text);
}
