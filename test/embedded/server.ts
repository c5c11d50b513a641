import {readFileSync} from 'node:fs';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import type {TLSSocket} from 'node:tls';
import type {Admission} from './admission.ts';
import {discover} from './discovery.ts';
import {type Faults, isWatchFault, type RequestFault} from './faults.ts';
import {answerList} from './list.ts';
import {keyOf} from './objects.ts';
import {type RequestInfo, readRequestInfo} from './request-info.ts';
import type {LoggedRequest, RequestLog} from './request-log.ts';
import type {Resource, Verb} from './resources.ts';
import {answerReview} from './review.ts';
import {negotiate, shapeObject} from './shape.ts';
import {ApiStatus, refuse} from './status.ts';
import type {Store} from './store.ts';
import {authorize, type User, type Users} from './users.ts';
import {openWatch} from './watch.ts';
import {answerCreate, answerDelete, answerDeleteCollection} from './writes.ts';

/** Certificates for loopback, made by tls/make.sh. */
const tls = (file: string) => readFileSync(new URL(`./tls/${file}`, import.meta.url), 'utf8');

export const caCertificate = tls('ca.crt');

export type ServerParts = {
	readonly store: Store;
	readonly users: Users;
	readonly admission: Admission;
	readonly faults: Faults;
	readonly requests: RequestLog;
	/** Answers GET of a pod's log by itself: what a kubelet holds is no object. */
	readonly answerLog: (info: RequestInfo, response: ServerResponse) => Promise<void>;
};

/** Starts the API server on a free port of 127.0.0.1. */
export async function startServer(parts: ServerParts): Promise<{readonly url: string; readonly stop: () => Promise<void>}> {
	const server = createServer(
		{key: tls('server.key'), cert: tls('server.crt'), keepAliveTimeout: 180_000},
		(request, response) => {
			void handle(parts, request, response);
		},
	);
	server.on('secureConnection', (socket: TLSSocket) => parts.requests.opened(socket));
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
		stop: async () => closeServer(server, parts.requests),
	};
}

async function closeServer(server: Server, requests: RequestLog): Promise<void> {
	await new Promise<void>(resolve => {
		server.close(() => resolve());
		requests.cutConnections();
		server.closeAllConnections();
	});
}

/** One request from its first byte to its last, logged whatever becomes of it. */
async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
	const info = readRequestInfo(request.method ?? 'GET', request.url ?? '/');
	const entry = logEntry(info, request);
	parts.requests.entries.push(entry);
	countBytes(response, entry);
	try {
		const body = await readBody(request);
		const user = parts.users.authenticate(request.headers);
		entry.user = user.name;
		const fault = parts.faults.take(info, user.name);
		const after = isWatchFault(fault) ? undefined : await strike(fault, request, response);
		if (after === 'struck') {
			return;
		}

		authorize(user, info);
		if (after !== undefined) {
			breakAnswer(response, after);
		}

		await dispatch(parts, info, user, request, response, body, isWatchFault(fault) ? fault : undefined);
	} catch (error) {
		sendStatus(
			response,
			error instanceof ApiStatus
				? error
				: refuse.internal(`Internal error occurred: ${error instanceof Error ? error.stack : error}`),
		);
	}
}

/** Verbs by resource path; `undefined` in the rows of resources.ts never gets here. */
async function dispatch(
	parts: ServerParts,
	info: RequestInfo,
	user: User,
	request: IncomingMessage,
	response: ServerResponse,
	body: unknown,
	fault: Parameters<typeof openWatch>[5],
): Promise<void> {
	if (!info.isResource) {
		send(response, 200, discover(info.path));
		return;
	}

	const {row} = info;
	if (row === undefined || (row.namespaced && info.namespace === '' && !['list', 'watch'].includes(info.verb))) {
		throw refuse.noSuchResource();
	}

	const verbs = info.subresource === '' ? row.verbs : row.subresources[info.subresource];
	if (verbs === undefined) {
		throw refuse.notImplemented(`the subresource ${row.resource}/${info.subresource}`);
	}

	if (!verbs.includes(info.verb as Verb)) {
		throw ['update', 'patch', 'deletecollection'].includes(info.verb)
			? refuse.notImplemented(`${info.verb} of ${row.resource}`)
			: refuse.methodNotAllowed();
	}

	const {store, admission} = parts;
	const {accept} = request.headers;
	if (info.subresource === 'log') {
		await parts.answerLog(info, response);
		return;
	}

	const write = {store, admission, info, row, body, accept};
	switch (info.verb as Verb) {
		case 'get':
			return send(response, 200, answerGet(store, info, row, accept));
		case 'list':
			return send(response, 200, answerList(store, info, row, accept));
		case 'watch':
			return openWatch(store, info, row, accept, response, fault);
		case 'create':
			return send(response, 201, row.resource === 'selfsubjectaccessreviews' ? answerReview(user, body) : answerCreate(write));
		case 'delete':
			return send(response, 200, answerDelete(write));
		case 'deletecollection':
			return send(response, 200, answerDeleteCollection(write));
		case 'update':
		case 'patch':
			throw refuse.notImplemented(`${info.verb} of ${row.resource}`);
	}
}

function answerGet(store: Store, info: RequestInfo, row: Resource, accept: string | undefined): unknown {
	const shape = negotiate(accept, row);
	const object = store.get(row.resource, keyOf({namespace: row.namespaced ? info.namespace : undefined, name: info.name}));
	if (object === undefined) {
		throw refuse.notFound({group: row.group, resource: row.resource, name: info.name});
	}

	return shapeObject(object, shape, info);
}

function send(response: ServerResponse, code: number, body: unknown): void {
	const text = `${JSON.stringify(body)}\n`;
	response.writeHead(code, {'content-type': 'application/json', 'content-length': Buffer.byteLength(text)});
	response.end(text);
}

function sendStatus(response: ServerResponse, status: ApiStatus): void {
	if (response.headersSent) {
		response.destroy();
		return;
	}

	const seconds = status.details?.retryAfterSeconds;
	if (seconds !== undefined) {
		response.setHeader('retry-after', String(seconds));
	}

	send(response, status.code, status.body);
}

const largestBody = 3 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size > largestBody) {
			throw refuse.tooLarge();
		}

		chunks.push(chunk);
	}

	if (size === 0) {
		return undefined;
	}

	if (!/^application\/json\b/.test(request.headers['content-type'] ?? 'application/json')) {
		throw refuse.unsupportedMediaType();
	}

	try {
		return JSON.parse(Buffer.concat(chunks).toString());
	} catch (error) {
		throw refuse.badRequest(`the object provided is unrecognized: ${error instanceof Error ? error.message : String(error)}`);
	}
}

/** Lets a fault strike before the request is carried out. What is to strike its answer is handed back. */
async function strike(
	fault: RequestFault | undefined,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<'struck' | 'answer-lost' | 'truncated' | undefined> {
	switch (fault?.kind) {
		case undefined:
			return undefined;
		case 'delay':
			await sleep(fault.ms);
			return undefined;
		case 'status': {
			const {code, reason = 'InternalError', message = 'a fault of the embedded cluster', retryAfterSeconds, html} = fault;
			if (html !== undefined) {
				response.writeHead(code, {'content-type': 'text/html'}).end(html);
				return 'struck';
			}

			throw new ApiStatus(code, reason, message, retryAfterSeconds === undefined ? undefined : {retryAfterSeconds});
		}

		case 'reset-before':
			request.socket.destroy();
			return 'struck';
		case 'no-answer':
			return 'struck';
		case 'answer-lost':
		case 'truncated':
			return fault.kind;
	}
}

/** Replaces the end of the answer by a cut connection. */
function breakAnswer(response: ServerResponse, how: 'answer-lost' | 'truncated'): void {
	const end = response.end.bind(response);
	response.end = ((body: unknown) => {
		if (how === 'answer-lost' || typeof body !== 'string') {
			response.socket?.destroy();
		} else {
			response.write(body.slice(0, body.length / 2), () => response.socket?.destroy());
		}

		return response;
	}) as typeof end;
}

function logEntry(
	{verb, resource, subresource, namespace, name, path, query}: RequestInfo,
	{headers}: IncomingMessage,
): LoggedRequest & {user: string} {
	const {accept = '', 'user-agent': userAgent = ''} = headers;
	return {
		user: '',
		verb,
		resource,
		subresource,
		namespace,
		name,
		path,
		query: query.toString(),
		accept,
		userAgent,
		status: 0,
		bytes: 0,
	};
}

/** Counts the body as it is written, so that an open watch counts too. */
function countBytes(response: ServerResponse, entry: LoggedRequest): void {
	const write = response.write.bind(response) as (chunk: unknown, ...rest: unknown[]) => boolean;
	const end = response.end.bind(response) as (chunk: unknown, ...rest: unknown[]) => ServerResponse;
	const count = (chunk: unknown) => {
		entry.status = response.statusCode;
		entry.bytes += typeof chunk === 'string' || Buffer.isBuffer(chunk) ? Buffer.byteLength(chunk) : 0;
	};
	response.write = ((chunk: unknown, ...rest: unknown[]) => {
		count(chunk);
		return write(chunk, ...rest);
	}) as typeof response.write;
	response.end = ((chunk: unknown, ...rest: unknown[]) => {
		count(chunk);
		return end(chunk, ...rest);
	}) as typeof response.end;
}
