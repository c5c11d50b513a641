import type {ConfigFile, NodeFacts, PluginFacts} from '../facts/node-facts.ts';
import {releaseOfNode} from '../facts/release-of-node.ts';
import {isUnknown, type Known, type Unknown} from '../facts/unknown.ts';
import type {RuntimeRelease} from '../runtime/releases.ts';
import {type ConfigList, readConfigList} from './config-list.ts';
import {effectiveVersion} from './effective-version.ts';

/** What a runtime makes of its conf dirs. Paths are in the order in which it reads them. */
export type LoadOutcome = {
	/** The configs in use. containerd attaches a pod to all of them, CRI-O to the first. */
	readonly active: readonly ConfigList[];
	/** Files that were tried and left out, with the runtime's reason. Only CRI-O goes on after one. */
	readonly skipped: readonly {readonly path: string; readonly reason: string}[];
	/** The file that ended containerd's load: nothing is in use. The reason is containerd's own text. */
	readonly failed?: {readonly path: string; readonly reason: string};
	/** Loadable files that come too late to be used. */
	readonly shadowed: readonly string[];
};

/** The configs that the node's runtime uses, by its own rules of order. Unknown where a fact that decides is. */
export function loadedConfigs(facts: NodeFacts): Known<LoadOutcome> {
	const {configFiles} = facts;
	if (isUnknown(configFiles)) {
		return configFiles;
	}

	const {name} = facts.runtime;
	// Files at hand without a runtime are read as containerd would: the stricter of the two.
	const rules = isUnknown(name) ? (facts.via === 'file' ? loadStrictly : name) : loaders.get(name);
	if (rules === undefined) {
		return {unknown: `it is not known how runtime/${isUnknown(name) ? '' : name} loads configs`};
	}

	return isUnknown(rules) ? rules : rules(loadable(configFiles), facts);
}

type Loader = (files: readonly ConfigFile[], facts: NodeFacts) => Known<LoadOutcome>;

/** A map, since a node may say that its runtime is `constructor`. */
const loaders: ReadonlyMap<string, Loader> = new Map([
	['containerd', loadStrictly],
	['cri-o', loadLeniently],
	['docker', loadLeniently],
]);

/** Both runtimes sort whole paths byte by byte; hidden files count, directories do not. */
function loadable(files: readonly ConfigFile[]): readonly ConfigFile[] {
	return files.filter(file => !('notLoaded' in readConfigList(file))).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** containerd: files in order up to max_conf_num; the first that cannot be read ends the load (containerd/go-cni:opts.go@v1.1.13). */
function loadStrictly(files: readonly ConfigFile[], facts: NodeFacts): Known<LoadOutcome> {
	const {
		runtime: {maxConfNum},
		via,
	} = facts;
	const release = releaseOfNode(facts);
	const number = isUnknown(maxConfNum) && via === 'file' ? 1 : maxConfNum;
	if (isUnknown(number) && files.length > 1) {
		return number;
	}

	const count = isUnknown(number) || number === 0 ? files.length : number;
	const used = files.slice(0, count);
	const shadowed = (from: number) => files.slice(from).map(({path}) => path);
	const active: ConfigList[] = [];
	for (const [index, file] of used.entries()) {
		const read = readConfigList(file, release);
		if (isUnknown(read)) {
			return {unknown: `file/${file.path}: ${read.unknown}`};
		}

		if ('invalid' in read) {
			return {active: [], skipped: [], failed: {path: file.path, reason: read.invalid}, shadowed: shadowed(index + 1)};
		}

		if ('list' in read) {
			active.push(read.list);
		}
	}

	return {active, skipped: [], shadowed: shadowed(count)};
}

/**
CRI-O and cri-dockerd: a file that cannot be read, or whose plugins do not support its version, is left out. The first that stays is the
default network, or the one of a given name (cri-o/ocicni:pkg/ocicni/ocicni.go@v0.5.1).
*/
function loadLeniently(files: readonly ConfigFile[], facts: NodeFacts): Known<LoadOutcome> {
	const {name, defaultNetwork} = facts.runtime;
	const release = releaseOfNode(facts);
	const validates = release?.validates ?? true;
	const wanted = isUnknown(defaultNetwork) ? (name === 'docker' ? '' : defaultNetwork) : defaultNetwork;
	const kept: ConfigList[] = [];
	const skipped: {readonly path: string; readonly reason: string}[] = [];
	for (const file of files) {
		const read = readConfigList(file, release);
		const isDecided = typeof wanted === 'string' && isFound(kept, wanted);
		if (isUnknown(read)) {
			if (isDecided) {
				continue;
			}

			return {unknown: `file/${file.path}: ${read.unknown}`};
		}

		if ('invalid' in read) {
			skipped.push({path: file.path, reason: read.invalid});
			continue;
		}

		if (!('list' in read)) {
			continue;
		}

		const refusal = validates ? refusalOf(read.list, facts, release) : undefined;
		if (isUnknown(refusal)) {
			if (isDecided) {
				kept.push(read.list);
				continue;
			}

			return refusal;
		}

		if (refusal === undefined) {
			kept.push(read.list);
		} else {
			skipped.push({path: file.path, reason: refusal});
		}
	}

	if (typeof wanted !== 'string') {
		return kept.length < 2 ? {active: kept, skipped, shadowed: []} : wanted;
	}

	const used = wanted === '' ? kept[0] : kept.find(list => list.name === wanted);
	const shadowed = kept.filter(list => list !== used).map(({path}) => path);
	return {active: used === undefined ? [] : [used], skipped, shadowed};
}

function isFound(kept: readonly ConfigList[], wanted: string): boolean {
	return wanted === '' ? kept.length > 0 : kept.some(({name}) => name === wanted);
}

/**
Why libcni's ValidateNetworkList turns a list down; it asks the chain alone, not what that delegates to. Files at hand, without
plugins beside them, are taken as if theirs would do.
*/
function refusalOf(
	list: ConfigList,
	{plugins, runtime: {binDirs}, via}: NodeFacts,
	release: RuntimeRelease | undefined,
): string | undefined | Unknown {
	if (isUnknown(plugins)) {
		return via === 'file' ? undefined : plugins;
	}

	const {version} = effectiveVersion(list, release);
	const problems: string[] = [];
	for (const type of list.plugins.flatMap(plugin => plugin.type ?? [])) {
		const problem = refusalBy(
			type,
			plugins.find(plugin => plugin.type === type),
			version,
			binDirs,
		);
		if (isUnknown(problem)) {
			return problem;
		}

		if (problem !== undefined) {
			problems.push(problem);
		}
	}

	return problems.length === 0 ? undefined : `[${problems.join(' ')}]`;
}

function refusalBy(
	type: string,
	plugin: PluginFacts | undefined,
	version: string,
	binDirs: Known<readonly string[]>,
): string | undefined | Unknown {
	if (plugin === undefined) {
		return {unknown: `plugin/${type} was not looked up`};
	}

	if (isUnknown(plugin.path)) {
		return {unknown: `plugin/${type}: ${plugin.path.unknown}`};
	}

	if (plugin.path === null) {
		return `failed to find plugin "${type}" in path [${isUnknown(binDirs) ? '' : binDirs.join(' ')}]`;
	}

	if (isUnknown(plugin.supportedVersions)) {
		return {unknown: `plugin/${type}: ${plugin.supportedVersions.unknown}`};
	}

	return plugin.supportedVersions.includes(version) ? undefined : `plugin ${type} does not support config version "${version}"`;
}
