/** What proves to the server who we are, in HTTP's and TLS' words. */
export type Credential = {
	/** Authorization and Impersonate-*; a list is sent as several headers. */
	readonly headers: Readonly<Record<string, string | readonly string[]>>;
	/** PEM. */
	readonly cert?: string | Buffer;
	readonly key?: string | Buffer;
};

/** Where credentials come from. They may expire in the middle of a run. The signals are those of the request that waits for them. */
export type Credentials = {
	/** As a message names them: `user/admin`. */
	readonly who: string;
	/** Fresh enough for the next request. */
	readonly get: (signal: AbortSignal) => Promise<Credential>;
	/** Others than these, which the server refused; undefined where there are no others to be had. */
	readonly renew: (refused: Credential, signal: AbortSignal) => Promise<Credential | undefined>;
};
