import {readFileSync} from 'node:fs';
import {createServer as createHttpServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {createServer} from 'node:https';
import type {AddressInfo, Socket} from 'node:net';
import type {ExecutionContext} from 'ava';
import type {Clock} from '../../lib/clock.ts';
import type {Api} from '../../lib/cluster/api.ts';
import type {Credentials} from '../../lib/cluster/credentials.ts';
import {httpApi} from '../../lib/cluster/http-api.ts';
import {FakeClock} from './fake-clock.ts';

const tls = (file: string) => new URL(`../embedded/tls/${file}`, import.meta.url);

/** The authority of the test certificate, for 127.0.0.1 and localhost. */
export const caFile = tls('ca.crt').pathname;
export const ca = readFileSync(caFile, 'utf8');

/** Also a client's certificate: its test asks only whether it arrives. */
export const serverPair = {key: readFileSync(tls('server.key'), 'utf8'), cert: readFileSync(tls('server.crt'), 'utf8')};

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export type TestServer = {
	readonly url: string;
	readonly requests: IncomingMessage[];
	readonly bodies: string[];
	readonly connections: () => number;
};

/** A server on loopback that answers as each test says, over TLS or not. */
export async function testServer(
	t: ExecutionContext,
	answer: Answer,
	{plain = false}: {readonly plain?: boolean} = {},
): Promise<TestServer> {
	const requests: IncomingMessage[] = [];
	const bodies: string[] = [];
	let connections = 0;
	const listener = (request: IncomingMessage, response: ServerResponse) => {
		requests.push(request);
		let body = '';
		request.setEncoding('utf8').on('data', (chunk: string) => {
			body += chunk;
		});
		request.on('end', () => {
			bodies.push(body);
			answer(request, response, body);
		});
	};
	const server = plain
		? createHttpServer(listener)
		: createServer({...serverPair, requestCert: true, rejectUnauthorized: false}, listener);
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		connections += 1;
		sockets.add(socket);
	});
	t.teardown(() => {
		server.close();
		for (const socket of sockets) {
			socket.destroy();
		}
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http${plain ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
		requests,
		bodies,
		connections: () => connections,
	};
}

export function json(
	response: ServerResponse,
	status: number,
	value: unknown,
	headers: Readonly<Record<string, string>> = {},
): void {
	response.writeHead(status, {'content-type': 'application/json', ...headers}).end(JSON.stringify(value));
}

/** The API server's refusal. */
export function refuse(
	response: ServerResponse,
	code: number,
	reason: string,
	message: string,
	headers: Readonly<Record<string, string>> = {},
): void {
	json(response, code, {kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message}, headers);
}

export const nobody: Credentials = {who: 'user/test', get: async () => ({headers: {}}), renew: async () => undefined};

export type TestApi = {
	readonly clock?: Clock;
	readonly credentials?: Credentials;
	readonly proxy?: URL;
	readonly trusted?: boolean;
	readonly servername?: string;
};

/** The real client before that server, with naps skipped. */
export function apiOf(
	t: ExecutionContext,
	url: string,
	{clock = new FakeClock(30_000), credentials = nobody, proxy, trusted = true, servername}: TestApi = {},
): Api {
	const api = httpApi({
		endpoint: {
			server: new URL(url),
			namespace: 'default',
			tls: {insecure: false, ...(trusted && {ca}), ...(servername !== undefined && {servername})},
			compress: true,
			proxy,
		},
		credentials,
		clock,
		random: () => 0,
	});
	t.teardown(() => api.close());
	return api;
}
