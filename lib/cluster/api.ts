import type {Duplex} from 'node:stream';
import type {ApiError} from './errors.ts';

/** One request to the Kubernetes API, in HTTP's own words. */
export type ApiRequest = {
	/** GET where absent. */
	readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
	/** Such as `/api/v1/nodes`, its parts encoded by the caller where they come from outside. */
	readonly path: string;
	/** Entries that are undefined are left out; of a list each stands by itself, in its order. */
	readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
	/** `application/json` where absent. */
	readonly accept?: string;
	/** Sent as JSON. */
	readonly body?: unknown;
	/** `application/json` where absent. */
	readonly contentType?: string;
	/**
	Whether sending it twice does what sending it once does, so that it may be sent again when no answer came. GET, DELETE
	and PUT always count so; a POST may where its object's name is its own, and then has to take 409 AlreadyExists as success.
	*/
	readonly idempotent?: boolean;
	/** At most so often it is sent. The client's own rules where absent. */
	readonly tries?: number;
	/** Refusals that say what the caller has to know, such as the 429 of a disruption budget: never tried again. None where absent. */
	readonly isAnswer?: (refusal: ApiError) => boolean;
	readonly signal: AbortSignal;
	/** Milliseconds for one try from sending to the last byte (of a stream: to its first); `--request-timeout`, or 30,000, where absent; 0 is no limit. */
	readonly timeout?: number;
	/** The most bytes of an answer, unpacked; of a stream: of one line. 64 MiB and 8 MiB where absent. */
	readonly maxBytes?: number;
};

export type ApiResponse = {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	/** The parsed body where the server says that it is JSON, else undefined. Nothing about its shape is certain. */
	readonly json: unknown;
	/** The body where it is not JSON, else empty, so that a large list is not held twice. */
	readonly text: string;
};

/** A connection that is no HTTP any more but a WebSocket, nothing of which has been read. */
export type ApiSocket = {
	/** The one of those offered that the server chose. */
	readonly protocol: string;
	/** Carries frames of RFC 6455. It is the caller's, who destroys it; the request's signal destroys it too. */
	readonly socket: Duplex;
};

/** The Kubernetes API as one user sees it: the seam that tests and every caller below `cmd/` take as an argument. */
export type Api = {
	/**
	Rejects with `ApiError` where the server refused, and with another `UserError` where it could not be asked or where the
	credentials or the rights are wanting. What can pass by itself (429, 5xx, a reset connection) is tried again, with a bound.
	*/
	readonly request: (request: ApiRequest) => Promise<ApiResponse>;
	/** Settles when the answer begins. Its lines end when the server ends it, and throw when it breaks off or a line is too long. */
	readonly stream: (request: ApiRequest) => Promise<AsyncIterable<string>>;
	/**
	Asks for a WebSocket that speaks one of these protocols, the first preferred; settles when the server has agreed. The same
	connections, credentials, patience and refusals as of `request`; the timeout is for the answer only. What it starts is started twice
	by asking twice: a request says `idempotent: false`.
	*/
	readonly upgrade: (request: ApiRequest, protocols: readonly string[]) => Promise<ApiSocket>;
	/** The server's URL, for messages. */
	readonly server: string;
	/** The context's namespace, or `default`. */
	readonly namespace: string;
	/** What was sent so far, each try counted, and how often the server said 429. */
	readonly counts: {readonly requests: number; readonly throttled: number};
	/** Closes idle connections and those in use. */
	readonly close: () => void;
};
