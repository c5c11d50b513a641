import {spawn} from 'node:child_process';
import {mkdirSync, readdirSync, rmdirSync, statSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {Programs} from './inside.ts';
import {cgroup, state} from './places.ts';
import type {Row} from './row.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

const namespaces = ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--kill-child', '--mount-proc'];

/**
Runs a case in namespaces of mounts, networks, processes, names and IPC. bash is the first process there, since it waits for orphans;
when unshare ends, however it does, the kernel ends everything inside.
*/
export async function runApart(task: {
	readonly daemon: string;
	readonly given: string;
	readonly programs: Programs;
}): Promise<Row> {
	mkdirSync(state, {recursive: true});
	const child = spawn(
		'unshare',
		[...namespaces, 'bash', '-c', '"$@" & wait $!', 'bash', process.execPath, main, '--inside', JSON.stringify(task)],
		{stdio: ['ignore', 'pipe', 'inherit']},
	);
	const end = () => child.kill('SIGKILL');
	const late = setTimeout(end, 180_000);
	process.once('exit', end);
	try {
		const text = (await child.stdout.toArray()).join('');
		if (!text.endsWith('\n')) {
			throw new Error(`${task.daemon} ${task.given}: it gave no row`);
		}

		return JSON.parse(text) as Row;
	} finally {
		clearTimeout(late);
		process.off('exit', end);
	}
}

/** Removes the cgroups and the state directory, of this run and of one that crashed. */
export async function cleanUp(): Promise<void> {
	for (let tries = 0; tries < 20 && !removedAll(); tries++) {
		await sleep(100);
	}
}

function removedAll(): boolean {
	const left = readdirSync('/sys/fs/cgroup').map(controller => removed(`/sys/fs/cgroup/${controller}${cgroup}`));
	return [...left, removed(`/sys/fs/cgroup${cgroup}`), removed(state)].every(Boolean);
}

/** Directories alone: a cgroup's files go with it. */
function removed(dir: string): boolean {
	try {
		for (const name of readdirSync(dir)) {
			if (statSync(`${dir}/${name}`).isDirectory()) {
				removed(`${dir}/${name}`);
			}
		}

		rmdirSync(dir);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR';
	}
}
