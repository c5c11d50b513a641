import type {IncomingMessage} from 'node:http';
import type {Clock} from '../clock.ts';
import {UserError} from '../errors.ts';
import {version} from '../version.ts';
import {Agents, type Endpoint} from './agents.ts';
import type {Api, ApiRequest, ApiResponse, ApiSocket} from './api.ts';
import type {Credential, Credentials} from './credentials.ts';
import {ApiError, connectionError, forbidden, notAnApiServer, timedOut, unauthorized} from './errors.ts';
import {flatHeaders, readBody, sendOnce, TooLong} from './http-try.ts';
import {splitLines} from './lines.ts';
import {retryDelay, TimedOut} from './retry.ts';
import {TryTimer} from './try-timer.ts';
import {checkHandshake, type Handshake, handshakeHeaders, newHandshake} from './upgrade.ts';

export type HttpApiOptions = {
	readonly endpoint: Endpoint;
	readonly credentials: Credentials;
	readonly clock: Clock;
	/** Milliseconds for one try, where a request sets none. */
	readonly timeout?: number | undefined;
	/** From 0 to 1. */
	readonly random?: () => number;
};

const defaultTimeout = 30_000;
const mib = 1024 * 1024;

/** The API over HTTPS: a few connections kept open, bounded answers, bounded patience. */
export function httpApi(options: HttpApiOptions): Api {
	const client = new HttpClient(options);
	return {
		request: async request => client.send(request, client.readWhole),
		stream: async request => client.send(request, client.readLines),
		upgrade: async (request, protocols) => client.send(request, client.openSocket, protocols),
		server: client.server,
		namespace: options.endpoint.namespace,
		counts: client.counts,
		close: () => client.close(),
	};
}

type Read<T> = (request: ApiRequest, response: IncomingMessage, timer: TryTimer, handshake?: Handshake) => Promise<T>;

class HttpClient {
	readonly server: string;
	readonly counts = {requests: 0, throttled: 0};
	readonly #options: HttpApiOptions;
	readonly #agents: Agents;
	/** Whether the server has answered anything. */
	#known = false;

	constructor(options: HttpApiOptions) {
		this.#options = options;
		this.#agents = new Agents(options.endpoint);
		this.server = options.endpoint.server.href.replace(/\/$/, '');
	}

	/** Sends until there is an answer, a failure that will not pass, or no patience left. */
	async send<T>(request: ApiRequest, read: Read<T>, protocols?: readonly string[]): Promise<T> {
		const {clock, credentials, random = Math.random} = this.#options;
		let credential = await credentials.get(request.signal);
		let renewed = false;
		for (let tries = 1; ; tries += 1) {
			try {
				return await this.#try(request, credential, read, protocols && newHandshake(protocols));
			} catch (error) {
				request.signal.throwIfAborted();
				if (error instanceof ApiError && error.status === 401 && !renewed) {
					renewed = true;
					const other = await credentials.renew(credential, request.signal);
					if (other !== undefined) {
						credential = other;
						continue;
					}
				}

				const delay = retryDelay(request, error, {tries, known: this.#known, jitter: random()});
				if (delay === undefined) {
					throw this.#inWords(error);
				}

				await clock.sleep(delay, request.signal);
				credential = await credentials.get(request.signal);
			}
		}
	}

	/** Reads the answer to its end. */
	readonly readWhole: Read<ApiResponse> = async (request, response, timer) => {
		try {
			return await readBody(response, request.maxBytes ?? 64 * mib);
		} catch (error) {
			timer.signal.throwIfAborted();
			if (error instanceof SyntaxError || error instanceof TooLong) {
				throw notAnApiServer(this.server, `gave an answer to ${request.path} that cannot be read (${error.message})`);
			}

			throw error;
		} finally {
			timer.dispose();
		}
	};

	/** Hands the answer out as it comes. */
	readonly readLines: Read<AsyncIterable<string>> = async (request, response, timer) => {
		timer.stopClock();
		response.once('close', () => timer.dispose());
		return splitLines(response, request.maxBytes ?? 8 * mib);
	};

	/** Hands the connection out, once the server has agreed to what it is from now on. */
	readonly openSocket: Read<ApiSocket> = async ({path}, response, timer, handshake) => {
		const {socket} = response;
		const protocol = handshake && checkHandshake(handshake, response);
		if (protocol === undefined) {
			response.destroy();
			socket.destroy();
			throw notAnApiServer(this.server, `answered ${response.statusCode} without a WebSocket to ${path}`);
		}

		timer.stopClock();
		const {signal} = timer;
		const abort = () => socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
		signal.addEventListener('abort', abort, {once: true});
		socket.once('close', () => {
			signal.removeEventListener('abort', abort);
			timer.dispose();
		});
		return {protocol, socket};
	};

	close(): void {
		this.#agents.close();
	}

	async #try<T>(request: ApiRequest, credential: Credential, read: Read<T>, handshake: Handshake | undefined): Promise<T> {
		const timer = new TryTimer(this.#options.clock, request.signal, request.timeout ?? this.#options.timeout ?? defaultTimeout);
		this.counts.requests += 1;
		try {
			const response = await sendOnce({
				url: this.#url(request),
				method: request.method ?? 'GET',
				headers: {
					...this.#headers(request, read === this.readWhole),
					...(handshake && handshakeHeaders(handshake)),
					...credential.headers,
				},
				body: request.body === undefined ? undefined : JSON.stringify(request.body),
				agent: await this.#agents.agentFor(credential),
				signal: timer.signal,
			});
			this.#known = true;
			const status = response.statusCode ?? 0;
			if ((status >= 200 && status < 300) || status === 101) {
				this.#expectJson(request, response);
				return await read(request, response, timer, handshake);
			}

			throw await this.#refusal(request, response, timer);
		} catch (error) {
			timer.dispose();
			throw timer.signal.aborted && timer.signal.reason instanceof TimedOut ? timer.signal.reason : error;
		}
	}

	#url({path, query = {}}: ApiRequest): URL {
		const url = new URL(this.server + path);
		for (const [name, value] of Object.entries(query)) {
			for (const entry of Array.isArray(value) ? (value as readonly string[]) : value === undefined ? [] : [value]) {
				url.searchParams.append(name, String(entry));
			}
		}

		return url;
	}

	#headers(
		{accept = 'application/json', contentType = 'application/json', body}: ApiRequest,
		whole: boolean,
	): Record<string, string> {
		return {
			accept,
			'user-agent': `kubectl-cni_upgrade/${version}`,
			...(whole && this.#options.endpoint.compress && {'accept-encoding': 'gzip'}),
			...(body !== undefined && {'content-type': contentType}),
		};
	}

	/** A login page also answers 200. */
	#expectJson({accept = 'application/json', path}: ApiRequest, response: IncomingMessage): void {
		const type = response.headers['content-type'] ?? '';
		if (accept.startsWith('application/json') && /html/i.test(type)) {
			response.destroy();
			throw notAnApiServer(this.server, `answered ${type} to ${path}`);
		}
	}

	async #refusal(request: ApiRequest, response: IncomingMessage, timer: TryTimer): Promise<Error> {
		const {statusCode: status = 0, headers} = response;
		if (status >= 300 && status < 400) {
			response.destroy();
			return notAnApiServer(
				this.server,
				`sends us on to ${headers.location?.slice(0, 300) ?? 'nowhere'} (${status}), which is not followed with credentials`,
			);
		}

		if (status === 429) {
			this.counts.throttled += 1;
		}

		const parts = {
			server: this.server,
			method: request.method ?? 'GET',
			path: request.path,
			status,
			headers: flatHeaders(response),
		};
		try {
			const {json, text} = await readBody(response, mib);
			return new ApiError({...parts, json, text: /html/i.test(headers['content-type'] ?? '') ? '' : text});
		} catch {
			// The status says enough; its text was cut or is no JSON.
			timer.signal.throwIfAborted();
			return new ApiError({...parts, json: undefined, text: ''});
		}
	}

	#inWords(error: unknown): unknown {
		if (error instanceof ApiError) {
			return error.status === 401
				? unauthorized(error, this.server, this.#options.credentials.who)
				: (forbidden(error, this.server) ?? error);
		}

		if (error instanceof UserError) {
			return error;
		}

		const proxy = this.#options.endpoint.proxy;
		return error instanceof TimedOut
			? timedOut(this.server, error.ms, error)
			: connectionError(error, {server: this.server, proxy: proxy && `${proxy.protocol}//${proxy.host}`});
	}
}
