import {createInterface} from 'node:readline';
import {Writable} from 'node:stream';
import {escapeLines} from './escape.ts';
import type {Output} from './output.ts';

export type Terminal = {
	readonly stdin: NodeJS.ReadableStream & {readonly isTTY?: boolean};
	readonly stderr: Output;
	readonly signal: AbortSignal;
	/** What Ctrl-C does elsewhere: while a line is read, the terminal hands it on as a character. */
	readonly interrupt: () => void;
};

/**
Asks a person one question on the terminal, on stderr so that results stay clean. Undefined where there is no terminal or they ended
their input. A secret is not echoed. Rejects with the signal's reason.
*/
export async function ask(
	question: string,
	{stdin, stderr, signal, interrupt}: Terminal,
	{secret = false}: {readonly secret?: boolean} = {},
): Promise<string | undefined> {
	signal.throwIfAborted();
	if (stdin.isTTY !== true) {
		return undefined;
	}

	// readline echoes to its output: a secret's goes nowhere.
	const silence = new Writable({write: (_chunk, _encoding, done) => done()});
	stderr.write(escapeLines(question));
	const line = createInterface({input: stdin, output: secret ? silence : stderr, terminal: true});
	try {
		return await new Promise<string | undefined>((resolve, reject) => {
			line
				.once('line', resolve)
				.once('close', () => resolve(undefined))
				.once('SIGINT', interrupt);
			signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true});
		});
	} finally {
		line.close();
		if (secret) {
			stderr.write('\n');
		}
	}
}
