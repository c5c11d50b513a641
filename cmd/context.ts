import type {Clock} from '../lib/clock.ts';
import type {Environment, Output} from '../lib/print/output.ts';

/** All that a command has of the world. The executable passes the process's own; tests pass theirs. */
export type Context = {
	readonly stdout: Output;
	readonly stderr: Output;
	readonly stdin: NodeJS.ReadableStream & {readonly isTTY?: boolean};
	readonly env: Environment;
	readonly clock: Clock;
	/** Aborted by the first Ctrl-C: a command then removes what it made and ends. */
	readonly signal: AbortSignal;
	/** Does what Ctrl-C does, for a prompt that reads it as a character. */
	readonly interrupt: () => void;
};
