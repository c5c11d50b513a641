import {containerdCni, containerdSettings} from '../runtime/containerd-config.ts';
import {crioSettings} from '../runtime/crio-config.ts';
import {type CniSettings, type SettingsText, unknownSettings} from '../runtime/settings.ts';
import {elements, known, knownJson, member, notSaid, type Records, textOr} from './answer-records.ts';
import type {JsonValue, LoadedNetwork, RuntimeFacts} from './node-facts.ts';
import {isUnknown, type Known} from './unknown.ts';

/** The runtime's half of the answer: its own word first (`crictl info`), then its configuration, then its defaults. */
export function runtimeOf(records: Records): RuntimeFacts {
	const name = known(records.at('runtime', 'name')?.[0]);
	const version = known(records.at('runtime', 'version')?.[0]);
	const info = knownJson(records.of('info')[0]?.[0]);
	const json = 'json' in info ? info.json : undefined;
	return {
		name,
		version,
		...settingsOf(records, name, version, json),
		...stateOfNetwork(info, name),
	};
}

type Settings = CniSettings & Pick<RuntimeFacts, 'source'>;

function settingsOf(records: Records, name: Known<string>, version: Known<string>, info: JsonValue | undefined): Settings {
	if (isUnknown(name)) {
		return {source: name, ...unknownSettings(name.unknown)};
	}

	const release = typeof version === 'string' ? releaseNumbers(version) : undefined;
	const cni = member(member(info, 'config'), 'cni');
	if (name === 'containerd' && cni !== undefined) {
		return {source: 'runtime', ...containerdCni(tomlNames(cni))};
	}

	if (name !== 'containerd' && name !== 'cri-o') {
		return {source: notSaid, ...unknownSettings(`${name} is not asked for its CNI settings`)};
	}

	const rows = records.of('settings').filter(([family]) => family === name);
	const texts: SettingsText[] = [];
	for (const [, , path = '', text] of rows) {
		const toml = known(text);
		if (isUnknown(toml)) {
			return {source: 'files', ...unknownSettings(`${path}: ${toml.unknown}`)};
		}

		texts.push({path, toml});
	}

	const source = rows.some(([, from]) => from === 'dump') ? 'runtime' : rows.length > 0 ? 'files' : 'defaults';
	return {source, ...(name === 'containerd' ? containerdSettings(texts, release) : crioSettings(texts))};
}

/** `crictl info` names the keys of config.toml in its own way (the json tags of internal/cri/config/config.go). */
function tomlNames(cni: JsonValue): Readonly<Record<string, JsonValue>> {
	const names = {
		binDir: 'bin_dir',
		binDirs: 'bin_dirs',
		confDir: 'conf_dir',
		maxConfNum: 'max_conf_num',
		confTemplate: 'conf_template',
		useInternalLoopback: 'use_internal_loopback',
	};
	return Object.fromEntries(
		Object.entries(names).flatMap(([key, name]) => {
			const value = member(cni, key);
			return value === undefined || value === null ? [] : [[name, value]];
		}),
	);
}

function releaseNumbers(version: string): readonly number[] | undefined {
	return /^v?(\d+)\.(\d+)(?:\.(\d+))?/
		.exec(version)
		?.slice(1)
		.map(part => Number(part ?? 0));
}

/** What the runtime itself says of its network. CRI-O reports the condition only. */
function stateOfNetwork(
	info: ReturnType<typeof knownJson>,
	name: Known<string>,
): Pick<RuntimeFacts, 'networkReady' | 'lastLoadStatus' | 'networks'> {
	if (!('json' in info)) {
		const unknown = {unknown: 'unknown' in info ? info.unknown : `crictl info is not valid JSON: ${info.invalid}`};
		return {networkReady: unknown, lastLoadStatus: unknown, networks: unknown};
	}

	const {json} = info;
	const silent = {unknown: name === 'cri-o' ? 'CRI-O does not report it' : 'crictl info does not say'};
	const status = member(json, 'lastCNILoadStatus');
	const held = member(member(json, 'cniconfig'), 'Networks');
	return {
		networkReady: networkReadyOf(json) ?? {unknown: 'crictl info does not say'},
		lastLoadStatus: typeof status === 'string' && status !== '' ? status : silent,
		networks: Array.isArray(held) ? networksOf(held) : silent,
	};
}

function networkReadyOf(info: JsonValue): {readonly ready: boolean; readonly message: string} | undefined {
	const condition = elements(member(member(info, 'status'), 'conditions')).find(
		entry => member(entry, 'type') === 'NetworkReady',
	);
	const ready = member(condition, 'status');
	return typeof ready === 'boolean' ? {ready, message: textOr(member(condition, 'message'), '')} : undefined;
}

/** containerd's own loopback network, which it holds besides those of the conf dir, is left out. */
function networksOf(held: readonly JsonValue[]): readonly LoadedNetwork[] {
	return held
		.filter(network => member(network, 'IFName') !== 'lo')
		.map(network => {
			const config = member(network, 'Config');
			return {
				name: textOr(member(config, 'Name'), ''),
				cniVersion: textOr(member(config, 'CNIVersion'), ''),
				types: elements(member(config, 'Plugins')).flatMap(plugin => textOr(member(member(plugin, 'Network'), 'type'), [])),
			};
		});
}
