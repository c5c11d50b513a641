import {UserError} from '../errors.ts';

/** What a command reads. Of an iterable every piece is given on as fast as the command takes it, and once only. */
export type ShellInput = string | Uint8Array | AsyncIterable<Uint8Array>;

export type ShellCommand = {
	readonly stdin?: ShellInput;
	/** The most bytes of standard output; more is an error. */
	readonly maxBytes: number;
	/** Milliseconds for the whole of it. */
	readonly timeout: number;
	readonly signal: AbortSignal;
};

export type ShellAnswer = {
	/** 128 and the signal's number where a signal ended it. */
	readonly code: number;
	readonly stdout: Buffer;
	/** The first 16 KiB. */
	readonly stderr: string;
};

/** Commands as root in the namespaces of one node, over a way that may be cut at any time. */
export type NodeShell = {
	readonly way: 'pod' | 'ssh';
	/**
	Runs words[0] with the rest as arguments; no shell parses them, and each has to match `word`. Resolves whatever the exit code.
	Rejects with `ShellLost` where it is not known what became of the command, which is to be asked again; with another `UserError` where
	that does not help.

	A command has to read all of its input, and to know how much that is: kubelet and containerd wait for ever for one that ended without, CRI-O
	breaks off without its exit code, and servers before 1.30 cannot tell it the end. And by pod a code of 0 proves nothing by itself: a runtime
	that is stopped meanwhile says so of commands that were cut. What matters has to be told in what a command writes.
	*/
	readonly exec: (words: readonly string[], command: ShellCommand) => Promise<ShellAnswer>;
	/** Removes what was made, within its own deadline; what it cannot remove is told as a notice. */
	readonly close: () => Promise<void>;
};

/**
The node did not answer, or the stream broke: a kubelet or a runtime that restarts, a reboot, a network. What became of the command is not
known; try again until your own deadline.
*/
export class ShellLost extends UserError {}

/** What a word may be, so that it means the same by every way: nothing in it is anything to any shell between double quotes. */
const word = /^[\w./:@=+~%,-]+$/;

/** Throws where a word is not plain: that is a mistake of ours, not of a person. */
export function requirePlainWords(words: readonly string[]): void {
	const other = words.find(text => !word.test(text));
	if (other !== undefined || words.length === 0) {
		throw new TypeError(`not a plain word: ${other ?? 'no command'}`);
	}
}
