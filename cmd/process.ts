import {setFlagsFromString} from 'node:v8';
import {systemClock} from '../lib/clock.ts';
import {type ExitCode, exitCode} from '../lib/errors.ts';
import {runCli} from './root.ts';

/** Runs the command line of a process with its streams and signals, and returns the code with which it should end. */
export async function runInProcess({argv, stdout, stderr, stdin, env}: NodeJS.Process): Promise<ExitCode> {
	keepMemorySmall();
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
What a large fleet answers is read once and dropped, and V8 would rather take more memory than look for it: its young generation grows, and
the old one is left alone for long. So the first stays as it begins and the second is looked through often: of 5,000 nodes, 150 MiB at the
peak in place of 250, for a tenth more time.
*/
function keepMemorySmall(): void {
	setFlagsFromString('--semi-space-growth-factor=1');
	setFlagsFromString('--optimize-for-size');
}

/** Milliseconds that a removal may still take once somebody will not wait for it. */
const lastMoment = 2_000;

/** Aborted by the first Ctrl-C, TERM or HUP, so that a command can remove what it made; the second gives it two seconds more, the third none. */
function interruption(): {readonly signal: AbortSignal; readonly interrupt: () => void} {
	const controller = new AbortController();
	let times = 0;
	const interrupt = (name: string) => {
		times += 1;
		if (times === 1) {
			controller.abort(new Error(`interrupted by ${name}`));
			process.stderr.write('\nInterrupted: cleaning up. Once more ends within 2 s.\n');
		} else {
			setTimeout(() => process.exit(exitCode.interrupted), times === 2 ? lastMoment : 0).unref();
		}
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
