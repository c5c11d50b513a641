import type {IncomingMessage} from 'node:http';
import {Agent, request as startRequest} from 'node:https';
import {createInterface} from 'node:readline';

/** Where a plain client talks to: an API server, what to trust, and who it is. */
export type Endpoint = {readonly url: string; readonly ca: string; readonly token?: string};

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
		this.#agent = new Agent({ca: endpoint.ca, keepAlive: true});
	}

	/** The same server as somebody else. */
	as(token: string | undefined): PlainClient {
		const {token: _mine, ...endpoint} = this.#endpoint;
		return new PlainClient(token === undefined ? endpoint : {...endpoint, token});
	}

	async call(method: string, path: string, request: PlainRequest = {}): Promise<PlainAnswer> {
		const response = await this.#send(method, path, request);
		const chunks: Buffer[] = [];
		for await (const chunk of response as AsyncIterable<Buffer>) {
			chunks.push(chunk);
		}

		const text = Buffer.concat(chunks).toString();
		const isJson = response.headers['content-type']?.startsWith('application/json') === true;
		return {status: response.statusCode ?? 0, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined};
	}

	/** The lines of an open answer, as they come; ends with the answer, or when the caller stops reading. */
	async *lines(path: string, request: PlainRequest = {}): AsyncGenerator<Json> {
		const response = await this.#send('GET', path, request);
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

	async #send(
		method: string,
		path: string,
		{query = {}, accept = 'application/json', body, headers = {}}: PlainRequest,
	): Promise<IncomingMessage> {
		const url = new URL(path, this.#endpoint.url);
		for (const [key, value] of Object.entries(query)) {
			url.searchParams.set(key, String(value));
		}

		const {token} = this.#endpoint;
		const content = body === undefined ? undefined : JSON.stringify(body);
		return new Promise((resolve, reject) => {
			const sent = startRequest(url, {
				method,
				agent: this.#agent,
				headers: {
					accept,
					...(token !== undefined && {authorization: `Bearer ${token}`}),
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
