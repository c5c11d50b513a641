/** A node full of pods on some server, drained once by one program. */
export type Ground = {
	readonly kubeconfig: string;
	/** Its pods run until they are deleted, and take ten seconds to end. */
	readonly node: string;
	/** Whom the program has to impersonate so that the server can tell its requests from others; undefined: nobody else asks. */
	readonly user: string | undefined;
	/** What the server counted, by `verb resource/subresource`, and when the last of the pods was gone, in milliseconds since 1970. */
	readonly stats: () => Promise<{
		readonly requests: number;
		readonly byVerb: Readonly<Record<string, number>>;
		readonly lastGone: number;
	}>;
	readonly stop: () => Promise<void>;
};

export const pods = 100;
export const terminationSeconds = 10;
