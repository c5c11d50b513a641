import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {delimiter, dirname, join} from 'node:path';
import {text} from 'node:stream/consumers';
import {buildPlugin} from '../../krew/build.ts';

export type Ended = {readonly code: number | null; readonly stdout: string; readonly stderr: string};

type RunOptions = {
	readonly env?: Readonly<Record<string, string>>;
	readonly cwd?: string;
	/** Default: the built file. */
	readonly file?: string;
};

export type BuiltPlugin = {
	/** A directory of its own, with nothing else in it and no node_modules above it. */
	readonly dir: string;
	readonly file: string;
	readonly remove: () => Promise<void>;
	/** Runs it by its first line, as a shell would: no argument of ours comes before the words. */
	readonly run: (argv: readonly string[], options?: RunOptions) => Promise<Ended>;
};

/** PATH with the built file first and this Node.js next, which `#!/usr/bin/env node` then finds. */
export const pathWith = (dir: string): string => [dir, dirname(process.execPath), process.env['PATH']].join(delimiter);

/** Builds the plugin far from the repository, once for all tests of a file. */
export async function builtPlugin(options: {readonly map?: boolean} = {}): Promise<BuiltPlugin> {
	const dir = await mkdtemp(join(tmpdir(), 'cni-upgrade-built-'));
	const file = join(dir, 'kubectl-cni_upgrade');
	await buildPlugin(file, options);
	return {
		dir,
		file,
		remove: async () => rm(dir, {recursive: true}),
		async run(argv, {env = {}, cwd = dir, file: executable = file} = {}) {
			const child = spawn(executable, argv, {
				cwd,
				env: {PATH: pathWith(dir), HOME: '/nonexistent', ...env},
				stdio: ['ignore', 'pipe', 'pipe'],
			});
			const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
			return {code: code as number | null, stdout, stderr};
		},
	};
}

/** Where a program is on PATH; undefined where it is not. */
export function onPath(name: string): string | undefined {
	return (process.env['PATH'] ?? '')
		.split(delimiter)
		.map(dir => join(dir, name))
		.find(file => existsSync(file));
}
