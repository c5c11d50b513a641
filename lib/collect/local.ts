import {createHash} from 'node:crypto';
import {constants, createReadStream} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {pluginTypes, readConfigList} from '../cni/config-list.ts';
import {messageOf, UserError} from '../errors.ts';
import {type ConfigFile, type NodeFacts, type PluginFacts, type RuntimeFacts, unknownNodeHalf} from '../facts/node-facts.ts';
import {isSavedFacts, readSavedFacts} from '../facts/saved.ts';
import type {Known} from '../facts/unknown.ts';
import {askPlugin} from './ask-plugin.ts';
import {fileKind} from './elf.ts';
import {readBounded, readConfDir, readConfigFile, unreadable} from './local-files.ts';

export type LocalOptions = {
	/** Config files, conf dirs, or files that `--save` wrote. */
	readonly paths: readonly string[];
	/** The runtime that is to load them, such as containerd 1.6.20. */
	readonly runtime: {readonly name: string; readonly version: string} | undefined;
	/** Where the plugins are; none are asked without. */
	readonly binDirs: readonly string[];
	/** Milliseconds that one plugin may take. */
	readonly timeout: number;
	/** RFC 3339. */
	readonly collectedAt: string;
	readonly signal: AbortSignal;
};

/** Saved facts of 5,000 nodes take 50 MB. */
const maxSavedSize = 400_000_000;

/**
The facts of files at hand, in the same shape as a node's, so that the same checks judge them: saved facts as they were, and everything
else together as one node `local`.
*/
export async function collectLocal(options: LocalOptions): Promise<readonly NodeFacts[]> {
	const saved: NodeFacts[] = [];
	const dirs: string[] = [];
	const files: ConfigFile[] = [];
	for (const path of options.paths.map(path => resolve(path))) {
		const found = await stat(path).catch((error: unknown) => {
			throw unreadable(path, error);
		});
		if (found.isDirectory()) {
			dirs.push(path);
			files.push(...(await readConfDir(path)));
			continue;
		}

		const facts = await savedFactsIn(path);
		if (facts === undefined) {
			dirs.push(dirname(path));
			files.push(await readConfigFile(path));
		} else {
			saved.push(...facts);
		}
	}

	return dirs.length === 0 ? saved : [...saved, await localFacts([...new Set(dirs)], uniqueByPath(files), options)];
}

/** Undefined where the file is something else, whatever it is. */
async function savedFactsIn(path: string): Promise<readonly NodeFacts[] | undefined> {
	if (!/\.json$/i.test(path)) {
		return undefined;
	}

	let json: unknown;
	try {
		json = JSON.parse((await readBounded(path, maxSavedSize)).toString('utf8'));
	} catch {
		return undefined; // Broken or unreadable: the checks say so of a config file.
	}

	if (!isSavedFacts(json)) {
		return undefined;
	}

	const result = readSavedFacts(json);
	if ('invalid' in result) {
		throw new UserError(`file/${path} does not hold sound facts: ${result.invalid}`, {
			remedy: 'Collect them again: kubectl cni-upgrade preflight --save FILE',
		});
	}

	return result.facts;
}

function uniqueByPath(files: readonly ConfigFile[]): readonly ConfigFile[] {
	return [...new Map(files.map(file => [file.path, file])).values()];
}

async function localFacts(dirs: readonly string[], configFiles: readonly ConfigFile[], options: LocalOptions): Promise<NodeFacts> {
	const unknown = {unknown: 'lint reads files and asks no node'};
	const half = unknownNodeHalf(unknown.unknown);
	return {
		...half,
		apiVersion: 'cni-upgrade/v1',
		kind: 'NodeFacts',
		via: 'file',
		collectedAt: options.collectedAt,
		node: {
			name: 'local',
			uid: unknown,
			os: unknown,
			arch: unknown,
			osImage: unknown,
			kernel: unknown,
			kubeletVersion: unknown,
			newestKubelet: unknown,
			ready: unknown,
			cordoned: unknown,
			provider: unknown,
		},
		runtime: {...half.runtime, ...runtimeFacts(dirs, options)},
		configFiles,
		plugins: await pluginFacts(configFiles, options),
	};
}

/** With a named runtime, the settings that decide what it loads are its defaults. */
function runtimeFacts(confDirs: readonly string[], {runtime, binDirs}: LocalOptions): Partial<RuntimeFacts> {
	const unknown = {unknown: 'no runtime was named with --runtime'};
	const dirs = {confDirs, binDirs: binDirs.length === 0 ? {unknown: 'no directory was named with --bin-dir'} : binDirs.map(dir => resolve(dir))};
	return runtime === undefined
		? {...dirs, name: unknown, version: unknown}
		: {...dirs, ...runtime, source: 'defaults', maxConfNum: 1, confTemplate: '', internalLoopback: false, defaultNetwork: ''};
}

async function pluginFacts(files: readonly ConfigFile[], options: LocalOptions): Promise<Known<readonly PluginFacts[]>> {
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
	return Promise.all([...types, 'loopback'].filter((type, index, all) => all.indexOf(type) === index).map(async type => plugin(type, binDirs, options)));
}

function typesIn(file: ConfigFile): readonly string[] {
	const read = readConfigList(file);
	return 'list' in read ? pluginTypes(read.list).map(({type}) => type) : [];
}

async function plugin(type: string, binDirs: readonly string[], options: LocalOptions): Promise<PluginFacts> {
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
			kind === 'elf' && executable ? await askPlugin(path, options) : {unknown: `${path} was not asked: ${notAskable(kind)}`};
		return {...base, path, kind, executable, sha256, supportedVersions};
	} catch (error) {
		options.signal.throwIfAborted();
		const unknown = {unknown: messageOf(error)};
		return {...base, path, kind: unknown, executable: unknown, sha256: unknown, supportedVersions: unknown};
	}
}

function notAskable(kind: PluginFacts['kind']): string {
	const reasons: Readonly<Record<string, string>> = {
		elf: 'it is not executable',
		'foreign-elf': 'it is built for another machine',
		script: 'it is a script, and scripts are never run',
	};
	return reasons[String(kind)] ?? 'it is no executable that is known';
}

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
	return (mode & 0o111) !== 0 && (await access(path, constants.X_OK).then(
		() => true,
		() => false,
	));
}

async function hashOf(path: string): Promise<string> {
	const hash = createHash('sha256');
	await pipeline(createReadStream(path), hash);
	return hash.digest('hex');
}
