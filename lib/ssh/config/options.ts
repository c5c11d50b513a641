import type {JumpHost} from './values.ts';

/** What the lines that apply to a host have set so far, as written: the first value of each wins. */
export type HostOptions = {
	hostName?: string;
	port?: number;
	user?: string;
	readonly identityFiles: string[];
	identitiesOnly?: boolean;
	identityAgent?: string;
	jump?: readonly JumpHost[] | 'none';
	/** Also 'none'. */
	proxyCommand?: string;
	userKnownHostsFiles?: readonly string[];
	globalKnownHostsFiles?: readonly string[];
	strictHostKeyChecking?: 'yes' | 'ask' | 'accept-new' | 'no';
	hostKeyAlias?: string;
	hashKnownHosts?: boolean;
	/** Seconds. */
	connectTimeout?: number;
	ignoreUnknown?: string;
	/** For `Match tagged`. */
	tag?: string;
	/** CanonicalizeHostname: makes OpenSSH read the files a second time. */
	canonicalize?: boolean;
};

/** One option from one line: validated already, set when the line applies. */
export type Setting = (options: HostOptions) => void;
