import type {IncomingMessage} from 'node:http';
import {Agent, request as startRequest} from 'node:https';
import {createInterface} from 'node:readline';
import type {Duplex} from 'node:stream';
import {type ExecAnswer, type ExecOptions, readStreams, webSocketHeaders} from './plain-exec.ts';

/** Where a plain client talks to: an API server, what to trust, and who it is. */
export type Endpoint = {
	readonly url: string;
	readonly ca: string;
	readonly token?: string;
	/** A client certificate and its key, as PEM. */
	readonly cert?: string;
	readonly key?: string;
	/** A user to act as. */
	readonly as?: string;
};

export type PlainAnswer = {
	readonly status: number;
	readonly headers: IncomingMessage['headers'];
	readonly text: string;
	readonly json: Json;
};

/** JSON as a test reads it: any path may be tried, and what is not there is undefined. */
// biome-ignore lint/suspicious/noExplicitAny: answers of a server that is under test, read field by field
export type Json = any; // oxlint-disable-line typescript/no-explicit-any

export type PlainRequest = {
	readonly query?: Readonly<Record<string, string | number | boolean>>;
	readonly accept?: string;
	readonly body?: unknown;
	readonly headers?: Readonly<Record<string, string>>;
};

/** HTTP and nothing else: no retries, no models. It knows the API server's protocol, not our client. */
export class PlainClient {
	readonly #endpoint: Endpoint;
	readonly #agent: Agent;

	constructor(endpoint: Endpoint) {
		this.#endpoint = endpoint;
		const {ca, cert, key} = endpoint;
		this.#agent = new Agent({ca, keepAlive: true, ...(cert !== undefined && {cert, key})});
	}

	/** The same server as somebody else. */
	as(token: string | undefined): PlainClient {
		const {url, ca} = this.#endpoint;
		return new PlainClient(token === undefined ? {url, ca} : {url, ca, token});
	}

	/** Acts as a user, by the right to impersonate. */
	actingAs(user: string): PlainClient {
		return new PlainClient({...this.#endpoint, as: user});
	}

	async call(method: string, path: string, request: PlainRequest = {}): Promise<PlainAnswer> {
		const response = await this.#answer(method, path, request);
		return readAnswer(response);
	}

	/** The lines of an open answer, as they come; ends with the answer, or when the caller stops reading. */
	async *lines(path: string, request: PlainRequest = {}): AsyncGenerator<Json> {
		const response = await this.#answer('GET', path, request);
		try {
			for await (const line of createInterface({input: response})) {
				yield JSON.parse(line);
			}
		} finally {
			response.destroy();
		}
	}

	close(): void {
		this.#agent.destroy();
	}

	/** Runs a command in a container, as a WebSocket; `input` is its standard input, which then ends. */
	async exec(path: string, command: readonly string[], options: ExecOptions = {}): Promise<ExecAnswer> {
		const url = new URL(path, this.#endpoint.url);
		const {input, container, headers = {}} = options;
		const flags = {stdout: 'true', stderr: 'true', ...(input !== undefined && {stdin: 'true'}), ...(container && {container})};
		for (const [key, value] of [...Object.entries(flags), ...command.map(word => ['command', word] as const)]) {
			url.searchParams.append(key, value);
		}

		const {ca, cert, key} = this.#endpoint;
		const request = startRequest(url, {
			ca,
			...(cert !== undefined && {cert, key}),
			agent: false,
			headers: {...this.#identity(), ...webSocketHeaders, ...headers},
		});
		return new Promise((resolve, reject) => {
			request.once('error', reject);
			request.once('response', response => {
				void readAnswer(response).then(answer => resolve({upgraded: false, answer}), reject);
			});
			request.once('upgrade', (response: IncomingMessage, socket: Duplex, head: Buffer) => {
				resolve(readStreams(socket, head, String(response.headers['sec-websocket-protocol']), input));
			});
			request.end();
		});
	}

	#identity(): Readonly<Record<string, string>> {
		const {token, as} = this.#endpoint;
		return {
			...(token !== undefined && {authorization: `Bearer ${token}`}),
			...(as !== undefined && {'impersonate-user': as}),
		};
	}

	async #answer(
		method: string,
		path: string,
		{query = {}, accept = 'application/json', body, headers = {}}: PlainRequest,
	): Promise<IncomingMessage> {
		const url = new URL(path, this.#endpoint.url);
		for (const [key, value] of Object.entries(query)) {
			url.searchParams.set(key, String(value));
		}

		const content = body === undefined ? undefined : JSON.stringify(body);
		return new Promise((resolve, reject) => {
			const sent = startRequest(url, {
				method,
				agent: this.#agent,
				headers: {
					accept,
					...this.#identity(),
					// Node.js frames the body of a DELETE only when it is told the length.
					...(content !== undefined && {'content-type': 'application/json', 'content-length': Buffer.byteLength(content)}),
					...headers,
				},
			});
			sent.once('response', resolve).once('error', reject);
			sent.end(content);
		});
	}
}

async function readAnswer(response: IncomingMessage): Promise<PlainAnswer> {
	const chunks: Buffer[] = [];
	for await (const chunk of response as AsyncIterable<Buffer>) {
		chunks.push(chunk);
	}

	const text = Buffer.concat(chunks).toString();
	const isJson = response.headers['content-type']?.startsWith('application/json') === true;
	return {status: response.statusCode ?? 0, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined};
}
