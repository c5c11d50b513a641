import {spawn} from 'node:child_process';
import {parseVersionAnswer} from '../cni/version-answer.ts';
import {messageOf} from '../errors.ts';
import type {JsonValue} from '../facts/node-facts.ts';
import type {Known} from '../facts/unknown.ts';

/** Bytes of an answer; a real one has a hundred. */
const maxAnswer = 65_536;

/**
Asks a plugin of this machine for its supported versions: `CNI_COMMAND=VERSION` in an otherwise empty environment, input closed.
It is for files that `fileKind` calls `elf` only.
*/
export async function askPlugin(
	path: string,
	{timeout, signal}: {readonly timeout: number; readonly signal: AbortSignal},
): Promise<Known<readonly string[]>> {
	let answer: string;
	try {
		answer = await run(path, timeout, signal);
	} catch (error) {
		signal.throwIfAborted();
		return {unknown: `${path} ${messageOf(error)}`};
	}

	try {
		return parseVersionAnswer(JSON.parse(answer) as JsonValue);
	} catch {
		return {unknown: `${path} answered something else than JSON to VERSION`};
	}
}

/** Its standard output. A process group of its own, so that a plugin that forks ends as a whole. */
async function run(path: string, timeout: number, signal: AbortSignal): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(path, [], {env: {CNI_COMMAND: 'VERSION'}, cwd: '/', stdio: ['ignore', 'pipe', 'ignore'], detached: true});
		const chunks: Buffer[] = [];
		let size = 0;
		const end = (reason: string) => {
			killGroup(child.pid);
			child.stdout.destroy();
			reject(new Error(reason));
		};
		const timer = setTimeout(() => end(`gave no answer to VERSION within ${timeout / 1000} s`), timeout);
		const abort = () => end('was not asked to the end');
		signal.addEventListener('abort', abort, {once: true});
		child.stdout.on('data', (chunk: Buffer) => {
			chunks.push(chunk);
			size += chunk.length;
			if (size > maxAnswer) {
				end(`answered more than ${maxAnswer} bytes to VERSION`);
			}
		});
		child.on('error', error => end(`could not be started: ${error.message}`));
		child.on('close', () => {
			clearTimeout(timer);
			signal.removeEventListener('abort', abort);
			resolve(Buffer.concat(chunks).toString('utf8'));
		});
	});
}

function killGroup(pid: number | undefined): void {
	try {
		if (pid !== undefined) {
			process.kill(-pid, 'SIGKILL');
		}
	} catch {
		// It has ended already.
	}
}
