import {Writable} from 'node:stream';
import type {Context} from '../../cmd/context.ts';
import {runCli} from '../../cmd/root.ts';
import {systemClock} from '../../lib/clock.ts';
import type {Output} from '../../lib/print/output.ts';

export type MemoryStream = Writable & Output & {readonly text: string};

/** A stream that keeps what was written to it, and may pass for a terminal. */
export function memoryStream({isTTY = false}: {readonly isTTY?: boolean} = {}): MemoryStream {
	const chunks: string[] = [];
	const stream = new Writable({
		decodeStrings: false,
		write(chunk: string, _encoding, done) {
			chunks.push(chunk);
			done();
		},
	});
	return Object.defineProperties(Object.assign(stream, {isTTY, columns: 100}), {
		text: {get: () => chunks.join('')},
		cursorTo: {value: () => true},
		moveCursor: {value: () => true},
		clearLine: {value: () => true},
	}) as unknown as MemoryStream;
}

export type CliResult = {readonly code: number; readonly stdout: string; readonly stderr: string};

/** Runs one command line in this process, with streams in memory. */
export async function cli(
	argv: readonly string[],
	context: Partial<Context> & {readonly isTTY?: boolean} = {},
): Promise<CliResult> {
	const {isTTY = false, ...rest} = context;
	const [stdout, stderr] = [memoryStream({isTTY}), memoryStream({isTTY})];
	const code = await runCli(argv, {
		stdout,
		stderr,
		stdin: process.stdin,
		env: {},
		clock: systemClock,
		signal: new AbortController().signal,
		interrupt() {},
		...rest,
	});
	return {code, stdout: stdout.text, stderr: stderr.text};
}
