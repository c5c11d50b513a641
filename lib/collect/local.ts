import {stat} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import {UserError} from '../errors.ts';
import {type ConfigFile, type NodeFacts, type RuntimeFacts, unknownNodeHalf} from '../facts/node-facts.ts';
import {isSavedFacts, readSavedFacts} from '../facts/saved.ts';
import {readBounded, readConfDir, readConfigFile, unreadable} from './local-files.ts';
import {type LocalPluginOptions, localPlugins} from './local-plugins.ts';

export type LocalOptions = {
	/** Config files, conf dirs, or files that `--save` wrote. */
	readonly paths: readonly string[];
	/** The runtime that is to load them, such as containerd 1.6.20. */
	readonly runtime: {readonly name: string; readonly version: string} | undefined;
	/** RFC 3339. */
	readonly collectedAt: string;
} & LocalPluginOptions;

/** Saved facts of 5,000 nodes take 50 MB. */
const maxSavedSize = 400_000_000;

/**
The facts of files at hand, in the same shape as a node's, so that the same checks judge them: saved facts as they were, and every other
path as a node `local` of its own. A file is judged by itself, a conf dir as the runtime would take it.
*/
export async function collectLocal(options: LocalOptions): Promise<readonly NodeFacts[]> {
	const all: NodeFacts[] = [];
	for (const path of new Set(options.paths.map(path => resolve(path)))) {
		const found = await stat(path).catch((error: unknown) => {
			throw unreadable(path, error);
		});
		if (found.isDirectory()) {
			all.push(await localFacts(path, await readConfDir(path), options));
			continue;
		}

		if (!found.isFile()) {
			throw new UserError(`${path} is no regular file`);
		}

		all.push(...((await savedFactsIn(path)) ?? [await fileFacts(path, options)]));
	}

	return all;
}

/** One file by itself, under a name by which a runtime would read it. */
async function fileFacts(path: string, options: LocalOptions): Promise<NodeFacts> {
	const file = await readConfigFile(path);
	if (file.content === undefined) {
		throw new UserError(`file/${path} is neither saved facts nor a config: its name ends in none of .conf, .conflist and .json`, {
			remedy: 'A runtime reads no other. Name it so, or the directory that it is in.',
		});
	}

	return localFacts(dirname(path), [file], options);
}

/** Undefined where the file is something else, whatever it is. */
async function savedFactsIn(path: string): Promise<readonly NodeFacts[] | undefined> {
	if (/\.conf(?:list)?$/.test(path)) {
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

async function localFacts(dir: string, configFiles: readonly ConfigFile[], options: LocalOptions): Promise<NodeFacts> {
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
		runtime: {...half.runtime, ...runtimeFacts([dir], options)},
		configFiles,
		plugins: await localPlugins(configFiles, options),
	};
}

/** With a named runtime, the settings that decide what it loads are its defaults. */
function runtimeFacts(confDirs: readonly string[], {runtime, binDirs}: LocalOptions): Partial<RuntimeFacts> {
	const unknown = {unknown: 'no runtime was named with --runtime'};
	const dirs = {
		confDirs,
		binDirs: binDirs.length === 0 ? {unknown: 'no directory was named with --bin-dir'} : binDirs.map(dir => resolve(dir)),
	};
	return runtime === undefined
		? {...dirs, name: unknown, version: unknown}
		: {...dirs, ...runtime, source: 'defaults', maxConfNum: 1, confTemplate: '', internalLoopback: false, defaultNetwork: ''};
}
