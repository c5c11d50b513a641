import type {ConfigList} from '../cni/config-list.ts';
import {readConfigList} from '../cni/config-list.ts';
import type {ConfigFile, NodeFacts} from '../facts/node-facts.ts';
import {isUnknown, type Known} from '../facts/unknown.ts';
import {subjectOf} from './subject.ts';
import {usesOf} from './uses.ts';

export type ConfigReport = {
	readonly path: string;
	/** The network's name; null where the file names none or cannot be read as a config. */
	readonly name: string | null;
	/** As the file has it; null where it names no version. */
	readonly cniVersion: string | null;
	/** Whether the runtime takes it. */
	readonly active: boolean;
};

export type PluginReport = {
	readonly type: string;
	/** Null where the runtime finds no such file. */
	readonly path: Known<string | null>;
	readonly supportedVersions: Known<readonly string[]>;
	readonly release: Known<string>;
	readonly package: Known<string | null>;
};

/** The config files that a runtime could load, by path. */
export function configReports(facts: NodeFacts): Known<readonly ConfigReport[]> {
	if (isUnknown(facts.configFiles)) {
		return facts.configFiles;
	}

	const active = new Set(subjectOf(facts).active.map(({path}) => path));
	return facts.configFiles
		.filter(({content}) => content !== undefined)
		.map(file => configReport(file, active.has(file.path)))
		.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function configReport(file: ConfigFile, active: boolean): ConfigReport {
	const read = readConfigList(file);
	const list = 'list' in read ? read.list : undefined;
	return {path: file.path, name: list?.name ?? null, cniVersion: list === undefined ? null : versionOf(list), active};
}

function versionOf({version}: ConfigList): string | null {
	return version.state === 'set' ? version.value : null;
}

export function pluginReports({plugins}: NodeFacts): Known<readonly PluginReport[]> {
	return isUnknown(plugins)
		? plugins
		: plugins.map(({type, path, supportedVersions, release, package: owner}) => ({
				type,
				path,
				supportedVersions,
				release,
				package: owner,
			}));
}

/** The versions that every plugin of the config in use supports. */
export function supportedByAll(facts: NodeFacts): Known<readonly string[]> {
	const {active, plugins, load} = subjectOf(facts);
	if (isUnknown(load)) {
		return load;
	}

	if (isUnknown(facts.plugins)) {
		return facts.plugins;
	}

	const types = [...new Set(active.flatMap(list => usesOf(list, facts)).map(({type}) => type))];
	if (types.length === 0) {
		return {unknown: 'no config is in use'};
	}

	const lists = types.map(type => plugins.get(type)?.supportedVersions ?? {unknown: `plugin/${type} was not looked up`});
	const missing = lists.find(list => isUnknown(list));
	if (missing !== undefined) {
		return missing;
	}

	const [first = [], ...others] = lists.filter((list): list is readonly string[] => !isUnknown(list));
	return first.filter(version => others.every(list => list.includes(version)));
}
