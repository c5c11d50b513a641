import http from 'node:http';
import https from 'node:https';
import type {Credential} from './credentials.ts';

/** Where the server is and how to get there; credentials apart, since they change. */
export type Endpoint = {
	/** Perhaps with a path, under which the API lies. */
	readonly server: URL;
	readonly namespace: string;
	readonly tls: {readonly ca?: string | string[]; readonly servername?: string; readonly insecure: boolean};
	/** Whether answers may come packed. */
	readonly compress: boolean;
	/** An http:// or https:// proxy for everything. */
	readonly proxy: URL | undefined;
	/** In place of our own agent: a way to the server that is not Node.js' own. */
	readonly agent?: ((credential: Credential) => Promise<http.Agent>) | undefined;
};

/** More at once make a server slower, not faster, and each is a TLS handshake. */
export const maxConnections = 16;

/** Connections that are kept open and used again. client-node makes a new one for each request. */
export class Agents {
	readonly #endpoint: Endpoint;
	readonly #made: {readonly credential: Credential; readonly agent: http.Agent | Promise<http.Agent>}[] = [];

	constructor(endpoint: Endpoint) {
		this.#endpoint = endpoint;
	}

	/** A new one when the client certificate changed; requests under way keep theirs. */
	agentFor(credential: Credential): http.Agent | Promise<http.Agent> {
		const last = this.#made.at(-1);
		if (last !== undefined && last.credential.cert === credential.cert && last.credential.key === credential.key) {
			return last.agent;
		}

		const agent = this.#endpoint.agent?.(credential) ?? this.#make(credential);
		this.#made.push({credential, agent});
		return agent;
	}

	close(): void {
		for (const {agent} of this.#made) {
			void Promise.resolve(agent).then(
				opened => opened.destroy(),
				() => undefined, // It could not be made, which a request was told.
			);
		}
	}

	#make({cert, key}: Credential): http.Agent {
		const {server, tls, proxy} = this.#endpoint;
		const options = {
			keepAlive: true,
			maxSockets: maxConnections,
			scheduling: 'lifo' as const,
			...(proxy && {proxyEnv: {HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href}}),
		};
		if (server.protocol === 'http:') {
			return new http.Agent(options);
		}

		return new https.Agent({
			...options,
			rejectUnauthorized: !tls.insecure,
			...(tls.ca !== undefined && {ca: tls.ca}),
			...(tls.servername !== undefined && {servername: tls.servername}),
			...(cert !== undefined && {cert}),
			...(key !== undefined && {key}),
		});
	}
}
