import {createHash} from 'node:crypto';
import {constants, createReadStream} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {pluginTypes, readConfigList} from '../cni/config-list.ts';
import {messageOf, UserError} from '../errors.ts';
import type {ConfigFile, PluginFacts} from '../facts/node-facts.ts';
import type {Known} from '../facts/unknown.ts';
import {askPlugin} from './ask-plugin.ts';
import {type FileKind, fileKind} from './elf.ts';
import {unreadable} from './local-files.ts';

export type LocalPluginOptions = {
	/** None are asked without. */
	readonly binDirs: readonly string[];
	/** Milliseconds that one plugin may take. */
	readonly timeout: number;
	readonly signal: AbortSignal;
};

/** Every plugin that the files name, and loopback, looked up and asked as a node's own are. */
export async function localPlugins(
	files: readonly ConfigFile[],
	options: LocalPluginOptions,
): Promise<Known<readonly PluginFacts[]>> {
	const binDirs = options.binDirs.map(dir => resolve(dir));
	if (binDirs.length === 0) {
		return {unknown: 'no directory with plugins was named with --bin-dir'};
	}

	for (const dir of binDirs) {
		const found = await stat(dir).catch((error: unknown) => {
			throw unreadable(dir, error);
		});
		if (!found.isDirectory()) {
			throw new UserError(`${dir} was named with --bin-dir and is no directory`);
		}
	}

	const types = new Set(files.flatMap(file => typesIn(file)));
	return Promise.all([...types.add('loopback')].map(async type => plugin(type, binDirs, options)));
}

function typesIn(file: ConfigFile): readonly string[] {
	const read = readConfigList(file);
	return 'list' in read ? pluginTypes(read.list).map(({type}) => type) : [];
}

async function plugin(type: string, binDirs: readonly string[], options: LocalPluginOptions): Promise<PluginFacts> {
	const unasked = {unknown: 'lint asks no package manager'};
	const base = {type, elsewhere: [], release: unasked, package: unasked};
	const path = await findPlugin(type, binDirs);
	if (path === undefined) {
		const missing = {unknown: 'there is no such file'};
		return {...base, path: null, kind: missing, executable: missing, sha256: missing, supportedVersions: missing};
	}

	try {
		const [kind, executable, sha256] = await Promise.all([fileKind(path), isExecutable(path), hashOf(path)]);
		const supportedVersions =
			kind === 'elf' && executable ? await askPlugin(path, options) : {unknown: `${path} was not asked: ${notAskable[kind]}`};
		return {...base, path, kind, executable, sha256, supportedVersions};
	} catch (error) {
		options.signal.throwIfAborted();
		const unknown = {unknown: messageOf(error)};
		return {...base, path, kind: unknown, executable: unknown, sha256: unknown, supportedVersions: unknown};
	}
}

const notAskable = {
	elf: 'it is not executable',
	'foreign-elf': 'it is built for another machine',
	script: 'it is a script, and scripts are never run',
	other: 'it is no executable that is known',
} as const satisfies Record<FileKind, string>;

/** libcni takes the first bin dir that holds a regular file of that name, and refuses names with a slash (`pkg/invoke/find.go`). */
async function findPlugin(type: string, binDirs: readonly string[]): Promise<string | undefined> {
	if (type === '' || type.includes('/') || type.includes('\0')) {
		return undefined;
	}

	for (const dir of binDirs) {
		const path = join(dir, type);
		const found = await stat(path).catch(() => undefined);
		if (found?.isFile() === true) {
			return path;
		}
	}

	return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
	const {mode} = await stat(path);
	return (
		(mode & 0o111) !== 0 &&
		(await access(path, constants.X_OK).then(
			() => true,
			() => false,
		))
	);
}

async function hashOf(path: string): Promise<string> {
	const hash = createHash('sha256');
	await pipeline(createReadStream(path), hash);
	return hash.digest('hex');
}
