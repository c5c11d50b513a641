import type {Known} from '../facts/unknown.ts';
import {
	type CniSettings,
	cleanDir,
	defaultBinDir,
	defaultConfDir,
	type SettingsText,
	stringList,
	unknownSettings,
	wrongType,
} from './settings.ts';
import {readToml, type TomlTable, tableAt, valueAt} from './toml.ts';

/**
The CNI settings of CRI-O from its TOML texts in merge order: crio.conf, then crio.conf.d in the order of names, then flags. Each key of
a later text takes the place of the same key before (docs/crio.conf.5.md).
*/
export function crioSettings(texts: readonly SettingsText[]): CniSettings {
	let network: TomlTable = {};
	for (const {path, toml} of texts) {
		const read = readToml(toml);
		if ('invalid' in read) {
			return unknownSettings(`${path} is not valid TOML: ${read.invalid}`);
		}

		network = {...network, ...tableAt(read.table, ['crio', 'network'])};
	}

	const confDir = valueAt(network, 'network_dir') ?? '';
	const defaultNetwork = valueAt(network, 'cni_default_network') ?? '';
	return {
		confDirs:
			typeof confDir === 'string' ? [cleanDir(confDir === '' ? defaultConfDir : confDir)] : wrongType('network_dir', 'a string'),
		binDirs: binDirsOf(network),
		// CRI-O attaches a pod to its default network; containerd's settings have no like here.
		maxConfNum: 1,
		confTemplate: '',
		internalLoopback: false,
		defaultNetwork: typeof defaultNetwork === 'string' ? defaultNetwork : wrongType('cni_default_network', 'a string'),
	};
}

/** The legacy `plugin_dir` is searched after `plugin_dirs` (pkg/config/config.go: NetworkConfig.Validate). */
function binDirsOf(network: TomlTable): Known<readonly string[]> {
	const dirs = stringList(valueAt(network, 'plugin_dirs') ?? [defaultBinDir]);
	const legacy = valueAt(network, 'plugin_dir') ?? '';
	if (dirs === undefined) {
		return wrongType('plugin_dirs', 'a list of strings');
	}

	if (typeof legacy !== 'string') {
		return wrongType('plugin_dir', 'a string');
	}

	const all = [...dirs, legacy].filter(dir => dir !== '').map(dir => cleanDir(dir));
	return [...new Set(all)];
}
