import {Readable} from 'node:stream';
import type {ClientChannel} from 'ssh2';

/** What a command reads; pieces of an iterable as fast as it takes them. */
export type SshInput = string | Uint8Array | AsyncIterable<Uint8Array>;

/** What a command did. `code` is undefined where a signal ended it, and where the server did not say. */
export type ExecResult = {
	readonly code: number | undefined;
	/** Such as `SIGTERM`. */
	readonly signalName: string | undefined;
	readonly stdout: Buffer;
	/** The first 16 KiB. */
	readonly stderr: string;
};

const mostStderr = 16 * 1024;

/**
Writes stdin and closes it, and collects the output until the server closes the channel. `onOverflow` is called as soon as
there is more than `maxBytes` of output; what comes after that is dropped. `onBadInput`: an iterable threw.
*/
export function runOnChannel(
	channel: ClientChannel,
	{stdin, maxBytes}: {readonly stdin: SshInput; readonly maxBytes: number},
	onDone: (result: ExecResult) => void,
	onOverflow: () => void,
	onBadInput: (error: unknown) => void,
): void {
	const stdout = new Capped(maxBytes);
	const stderr = new Capped(mostStderr);
	channel.on('data', (chunk: Buffer) => {
		if (!stdout.add(chunk)) {
			onOverflow();
		}
	});
	channel.stderr.on('data', (chunk: Buffer) => {
		stderr.add(chunk);
	});
	channel.on('error', () => undefined); // A stdin that nobody reads; the exit code tells.
	channel.on('close', (code?: number | null, signalName?: string) => {
		onDone({code: code ?? undefined, signalName, stdout: stdout.bytes(), stderr: stderr.bytes().toString()});
	});
	if (typeof stdin === 'string' || stdin instanceof Uint8Array) {
		channel.end(stdin);
		return;
	}

	const source = Readable.from(stdin, {objectMode: false});
	source.on('error', onBadInput);
	channel.on('close', () => source.destroy());
	source.pipe(channel);
}

/** Bytes up to a limit, copied: a small piece would keep alive the whole packet that it came in. */
class Capped {
	readonly #most: number;
	#bytes = Buffer.alloc(0);
	#length = 0;

	constructor(most: number) {
		this.#most = most;
	}

	/** False where it is too much; the part that fits is kept. */
	add(chunk: Buffer): boolean {
		const part = chunk.subarray(0, this.#most - this.#length);
		const needed = this.#length + part.length;
		if (needed > this.#bytes.length) {
			const larger = Buffer.alloc(Math.min(Math.max(needed, 2 * this.#bytes.length, 4096), this.#most));
			this.#bytes.copy(larger);
			this.#bytes = larger;
		}

		part.copy(this.#bytes, this.#length);
		this.#length = needed;
		return part.length === chunk.length;
	}

	bytes(): Buffer {
		return this.#bytes.subarray(0, this.#length);
	}
}
