import {readFileSync} from 'node:fs';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import type {Duplex} from 'node:stream';
import type {TLSSocket} from 'node:tls';
import {readBody, sendStatus} from './body.ts';
import {type Backend, dispatch} from './dispatch.ts';
import {type Faults, isWatchFault} from './faults.ts';
import {type RequestInfo, readRequestInfo} from './request-info.ts';
import type {LoggedRequest, RequestLog} from './request-log.ts';
import {ApiStatus, refuse} from './status.ts';
import {breakAnswer, strike} from './strike.ts';
import {handleUpgrade, type UpgradeParts} from './upgrade.ts';
import {authorize, type Users} from './users.ts';

/** Certificates for loopback, made by tls/make.sh. */
const tls = (file: string) => readFileSync(new URL(`./tls/${file}`, import.meta.url), 'utf8');

export const caCertificate = tls('ca.crt');

export type ServerParts = Backend &
	UpgradeParts & {readonly users: Users; readonly faults: Faults; readonly requests: RequestLog};

/** Starts the API server on a free port of 127.0.0.1. */
export async function startServer(parts: ServerParts): Promise<{readonly url: string; readonly stop: () => Promise<void>}> {
	const server = createServer(
		{key: tls('server.key'), cert: tls('server.crt'), keepAliveTimeout: 180_000},
		(request, response) => {
			void handle(parts, request, response);
		},
	);
	server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
		const info = readRequestInfo(request.method ?? 'GET', request.url ?? '/');
		const entry = logEntry(info, request);
		parts.requests.received(entry);
		handleUpgrade(parts, info, entry, request, socket);
	});
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
	parts.requests.received(entry);
	countBytes(response, entry);
	try {
		const body = await readBody(request);
		const user = parts.users.authenticate(request.headers);
		entry.user = user.name;
		const fault = parts.faults.take(info, user.name);
		const watchFault = isWatchFault(fault) ? fault : undefined;
		const struck = isWatchFault(fault) ? undefined : await strike(fault, request, response);
		if (struck === 'answered') {
			return;
		}

		authorize(user, info);
		if (struck !== undefined) {
			breakAnswer(response, struck);
		}

		const {accept, 'content-type': contentType = ''} = request.headers;
		dispatch(parts, {info, user, accept, body, contentType, response, watchFault});
	} catch (error) {
		sendStatus(response, error instanceof ApiStatus ? error : bug(error));
	}
}

/** Anything else that was thrown is a mistake of ours, or the client that went away in the middle of its request. */
function bug(error: unknown): ApiStatus {
	return refuse.internal(`Internal error occurred: ${String(error instanceof Error ? error.stack : error)}`);
}

function logEntry(
	{verb, resource, subresource, namespace, name, path, query}: RequestInfo,
	{headers}: IncomingMessage,
): LoggedRequest {
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
