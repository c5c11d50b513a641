import {type ConfigList, readConfigList} from '../cni/config-list.ts';
import {type LoadOutcome, loadedConfigs} from '../cni/load-order.ts';
import type {ConfigFile, NodeFacts, PluginFacts} from '../facts/node-facts.ts';
import {isUnknown, type Known} from '../facts/unknown.ts';
import {type RuntimeRelease, releaseOf} from '../runtime/releases.ts';
import {releaseNumbers} from '../runtime/runtime-version.ts';

/** What the checks ask of a node again and again, worked out once. */
export type Subject = {
	readonly facts: NodeFacts;
	/** Undefined where the runtime's name or version is not known. */
	readonly runtime: Runtime | undefined;
	/** What the runtime makes of its conf dirs. */
	readonly load: Known<LoadOutcome>;
	/** The configs that the runtime uses; empty where that is not known. */
	readonly active: readonly ConfigList[];
	/**
	The configs that the runtime tries to use: those that it does use, and those before them that read well and that CRI-O leaves out
	because of what their plugins answer.
	*/
	readonly wanted: readonly ConfigList[];
	readonly plugins: ReadonlyMap<string, PluginFacts>;
};

export type Runtime = {
	readonly name: string;
	/** As it was reported: `1.6.20~ds1`. */
	readonly version: string;
	/** Major, minor and patch; undefined where the version is none. */
	readonly numbers: readonly [number, number, number] | undefined;
	/** What this release does; undefined where the tables do not have it. */
	readonly release: RuntimeRelease | undefined;
};

let latest: Subject | undefined;

/** The subject of these facts. Nodes are judged one after the other, so that of the latest is kept, and a large fleet's do not add up. */
export function subjectOf(facts: NodeFacts): Subject {
	if (latest?.facts === facts) {
		return latest;
	}

	const load = loadedConfigs(facts);
	const active = isUnknown(load) ? [] : load.active;
	const subject: Subject = {
		facts,
		runtime: runtimeOf(facts),
		load,
		active,
		wanted: [...(isUnknown(load) ? [] : rejectedBefore(load, facts)), ...active],
		plugins: new Map((isUnknown(facts.plugins) ? [] : facts.plugins).map(plugin => [plugin.type, plugin])),
	};
	latest = subject;
	return subject;
}

function runtimeOf({runtime: {name, version}}: NodeFacts): Runtime | undefined {
	if (isUnknown(name) || isUnknown(version)) {
		return undefined;
	}

	return {name, version, numbers: releaseNumbers(version), release: releaseOf(name, version)};
}

/** Skipped files that sort before the first that is used, as configs. A file that cannot be read is another check's matter. */
function rejectedBefore({active, skipped}: LoadOutcome, {configFiles}: NodeFacts): readonly ConfigList[] {
	const first = active[0]?.path;
	return skipped
		.filter(({path}) => first === undefined || path < first)
		.map(({path}) => fileAt(configFiles, path))
		.flatMap(file => {
			const read = file === undefined ? undefined : readConfigList(file);
			return read !== undefined && 'list' in read ? [read.list] : [];
		});
}

function fileAt(files: Known<readonly ConfigFile[]>, path: string): ConfigFile | undefined {
	return isUnknown(files) ? undefined : files.find(file => file.path === path);
}

/** Whether the release is lower than another; undefined where it is not known. */
export function isBelow(runtime: Runtime | undefined, than: readonly [number, number, number]): boolean | undefined {
	return runtime?.numbers === undefined ? undefined : compareNumbers(runtime.numbers, than) < 0;
}

export function compareNumbers(a: readonly number[], b: readonly number[]): number {
	const at = [0, 1, 2].find(index => a[index] !== b[index]);
	return at === undefined ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
