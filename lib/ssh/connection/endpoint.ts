import type {Duplex} from 'node:stream';
import type {Identity} from '../keys/identities.ts';
import type {ExecResult, SshInput} from './exec.ts';

export type HostKeyCheck = {
	/** Types of the keys that are known, to be asked for first. */
	readonly keyTypes: readonly string[];
	/**
	Resolves only for a key that is to be trusted, perhaps after a person was asked; what it rejects with is what the caller gets. ssh2 knows no host certificates: a
	server that has one shows its plain key, so `@cert-authority` lines never apply.
	*/
	readonly verify: (key: Buffer) => Promise<void>;
};

export type SshEndpoint = {
	/** A name or an address, as it is connected to. */
	readonly hostName: string;
	readonly port: number;
	readonly user: string;
	readonly hostKey: HostKeyCheck;
	/** In the order in which they are tried. Asked for only once the host key has been verified. */
	readonly identities: () => AsyncIterable<Identity>;
};

export type SshConnection = AsyncDisposable & {
	/**
	Runs one command, writes stdin to it and closes it. Resolves whatever the exit code. Rejects with `SshError`: `channel` where
	the server opens none, `exec` on a refusal, on more than `maxBytes` of output and on abort, `lost` where the connection
	ended. Over-long output and abort end the whole connection at once, unless it is in use for something else.
	*/
	exec(
		command: string,
		options: {readonly stdin: SshInput; readonly maxBytes: number; readonly signal: AbortSignal},
	): Promise<ExecResult>;
	/** A stream from that server to another, for the next hop. The signal is for its opening only. */
	forward(hostName: string, port: number, signal: AbortSignal): Promise<Duplex>;
};
