import {setFlagsFromString} from 'node:v8';
import {systemClock} from '../lib/clock.ts';
import {type ExitCode, exitCode} from '../lib/errors.ts';
import {runCli} from './root.ts';

/** Runs the command line of a process with its streams and signals, and returns the code with which it should end. */
export async function runInProcess({argv, stdout, stderr, stdin, env}: NodeJS.Process): Promise<ExitCode> {
	keepYoungGenerationSmall();
	let unwritten: Error | undefined;
	for (const stream of [stdout, stderr]) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			// Whoever reads has had enough, as `head` does: nothing to complain about.
			if (error.code !== 'EPIPE') {
				unwritten = error;
			}
		});
	}

	const {signal, interrupt} = interruption();
	const code = await runCli(argv.slice(2), {stdout, stderr, stdin, env, clock: systemClock, signal, interrupt});
	await flushed(stdout);
	if (unwritten !== undefined) {
		stderr.write(`error: the output could not be written: ${unwritten.message}\n`);
		return exitCode.failed;
	}

	return code;
}

/**
What a large fleet answers is read once and dropped, over which V8's young generation grows to 48 MiB, and what should die there is kept
beside it: 100 MiB for 5,000 nodes that make nothing faster. It stays as small as it begins.
*/
function keepYoungGenerationSmall(): void {
	setFlagsFromString('--semi-space-growth-factor=1');
}

/** Aborted by the first Ctrl-C, TERM or HUP, so that a command can remove what it made; the second ends the process at once. */
function interruption(): {readonly signal: AbortSignal; readonly interrupt: () => void} {
	const controller = new AbortController();
	const interrupt = (name: string) => {
		if (controller.signal.aborted) {
			process.exit(exitCode.interrupted);
		}

		controller.abort(new Error(`interrupted by ${name}`));
		process.stderr.write('\nInterrupted: cleaning up. Once more ends at once.\n');
	};
	for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
		process.on(name, () => interrupt(name));
	}

	return {signal: controller.signal, interrupt: () => interrupt('SIGINT')};
}

/** Settles when everything written before has left, or cannot. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
	return new Promise(resolve => {
		stream.write('', () => resolve());
	});
}
