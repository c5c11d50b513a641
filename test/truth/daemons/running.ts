import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, existsSync, openSync, readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {normalize} from './normalize.ts';
import {daemonLog} from './places.ts';

/** A daemon that has been started; it ends with the namespace of processes in which it is. */
export type Running = {readonly child: ChildProcess};

/** Starts the daemon and waits until it answers, by `isUp`; its last word where it does not. */
export async function start(
	command: readonly string[],
	path: string,
	isUp: () => boolean,
): Promise<Running | {readonly error: string}> {
	const [program = '', ...args] = command;
	const log = openSync(daemonLog, 'a');
	const child = spawn(program, args, {stdio: ['ignore', log, log], env: {PATH: path, HOME: '/root'}});
	closeSync(log);
	const until = performance.now() + 30_000;
	while (performance.now() < until && child.exitCode === null && child.signalCode === null) {
		if (isUp()) {
			return {child};
		}

		await sleep(50);
	}

	const said = existsSync(daemonLog) ? readFileSync(daemonLog, 'utf8').trim().split('\n').at(-1) : undefined;
	return {error: normalize(said ?? 'it says nothing').replace(/^.*level=(?:fatal|error) /, '')};
}

export async function stop({child}: Running): Promise<void> {
	const gone = once(child, 'exit');
	child.kill('SIGTERM');
	await gone;
}
