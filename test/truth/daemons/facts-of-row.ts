import {pluginTypes, readConfigList} from '../../../lib/cni/config-list.ts';
import type {ConfigFile, JsonValue, NodeFacts, PluginFacts} from '../../../lib/facts/node-facts.ts';
import {isUnknown} from '../../../lib/facts/unknown.ts';
import {containerdSettings} from '../../../lib/runtime/containerd-config.ts';
import {crioSettings} from '../../../lib/runtime/crio-config.ts';
import {releaseNumbers} from '../../../lib/runtime/runtime-version.ts';
import {facts} from '../../check/healthy-facts.ts';
import type {Case, Files, PluginRelease, Plugins} from './cases.ts';
import {binDirOf} from './conf-dir.ts';
import {containerdToml, crioToml} from './daemon-config.ts';
import type {Daemon} from './daemons.ts';
import {confDir} from './places.ts';
import type {Row, StatusRow} from './row.ts';

/** What each release of the plugins answers to VERSION, as it was recorded. */
export type Answers = ReadonlyMap<`${string} ${PluginRelease}`, readonly string[]>;

/** The reason that stands for the node script's own. */
export const notJson = 'not JSON';

export type Moment = {
	readonly daemon: Daemon;
	readonly row: Row;
	readonly given: Case;
	readonly files: Files;
	readonly plugins: Plugins;
	readonly status: StatusRow | undefined;
};

/** The facts that the node script would have got of this daemon at this moment. */
export function factsOf(moment: Moment, answers: Answers): NodeFacts {
	const {daemon, row, given, status} = moment;
	const files = Object.entries(moment.files).flatMap(([name, text]) => fileOf(name, text));
	const numbers = releaseNumbers(row.version);
	const settings =
		daemon.runtime === 'containerd'
			? containerdSettings([{path: 'config.toml', toml: containerdToml(daemon, given.settings ?? {})}], numbers)
			: crioSettings([{path: 'crio.conf', toml: crioToml(given.settings ?? {}, {pinns: '', conmon: ''})}]);
	const isContainerd = daemon.runtime === 'containerd';
	const silent = {unknown: 'CRI-O does not report it'};
	return facts({
		configFiles: files,
		plugins: typesIn(files).map(type => pluginOf(type, moment, settings.binDirs, answers)),
		runtime: {
			name: daemon.runtime,
			version: row.version,
			...settings,
			networkReady: status === undefined ? silent : {ready: status.ready, message: status.message ?? ''},
			lastLoadStatus: status?.load ?? silent,
			networks:
				isContainerd && status !== undefined
					? status.networks.map(({name, cniVersion = '', types = []}) => ({name, cniVersion, types}))
					: silent,
		},
	});
}

/** An entry of the conf dir as the node script sees it; what lies deeper is no entry. */
function fileOf(name: string, text: string): ConfigFile[] {
	const [plain, entry] = name.endsWith('->')
		? [name.slice(0, -2), 'symlink' as const]
		: name.endsWith('/')
			? [name.slice(0, -1), 'directory' as const]
			: [name, 'file' as const];
	if (plain.includes('/')) {
		return [];
	}

	const isRead = entry !== 'directory' && /\.(?:conflist|conf|json)$/.test(plain);
	const content = entry === 'symlink' && text === '' ? {unknown: 'it is a link that leads nowhere'} : contentOf(text);
	return [
		{path: `${confDir}/${plain}`, entry, mode: '0644', size: text.length, sha256: 'a'.repeat(64), ...(isRead && {content})},
	];
}

function contentOf(text: string): {json: JsonValue} | {invalid: string} {
	try {
		return {json: JSON.parse(text) as JsonValue};
	} catch {
		return {invalid: notJson};
	}
}

/** loopback, and every plugin that a readable config names. */
function typesIn(files: readonly ConfigFile[]): string[] {
	const lists = files.map(file => readConfigList(file)).flatMap(read => ('list' in read ? [read.list] : []));
	return [...new Set(['loopback', ...lists.flatMap(list => pluginTypes(list).map(({type}) => type))])];
}

function pluginOf(
	type: string,
	{given, plugins, row}: Moment,
	binDirs: NodeFacts['runtime']['binDirs'],
	answers: Answers,
): PluginFacts {
	const from = plugins[type];
	const dir = binDirOf(given);
	const isFound = from !== undefined && !isUnknown(binDirs) && binDirs.includes(dir);
	const versions = from === undefined || from === 'script' ? row.plugins[type] : answers.get(`${type} ${from}`);
	return {
		type,
		path: isFound ? `${dir}/${type}` : null,
		elsewhere: [],
		kind: from === 'script' ? 'script' : 'elf',
		executable: true,
		sha256: 'b'.repeat(64),
		supportedVersions:
			from === 'script' || versions === undefined ? {unknown: 'it is a script, and scripts are not run'} : versions,
		release: {unknown: 'not asked'},
		package: null,
	};
}
