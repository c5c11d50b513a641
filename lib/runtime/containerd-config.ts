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

/** Where each format of config.toml keeps the CRI plugin's table (containerd docs/cri/config.md). No `version` means 1; 4 came with 2.3.0. */
const sections = [
	{version: 1, names: ['cri']},
	{version: 2, names: ['io.containerd.grpc.v1.cri']},
	{version: 3, names: ['io.containerd.cri.v1.runtime']},
	{version: 4, names: ['io.containerd.cri.v1.runtime']},
] as const;

/**
The CNI settings of containerd from its TOML texts in merge order: config.toml first, then its imports. `release` is containerd's
own, such as [1, 6, 20], where it is known.
*/
export function containerdSettings(texts: readonly SettingsText[], release?: readonly number[]): CniSettings {
	let cni: TomlTable = {};
	let inherited = 1;
	for (const [index, {path, toml}] of texts.entries()) {
		const read = readToml(toml);
		if ('invalid' in read) {
			return unknownSettings(`${path} is not valid TOML: ${read.invalid}`);
		}

		const version = valueAt(read.table, 'version') ?? (index === 0 ? 1 : inherited);
		const row = sections.find(section => section.version === numberOf(version));
		if (row === undefined) {
			return unknownSettings(
				`${path} is of a format that is not known: version ${typeof version === 'number' || typeof version === 'string' ? version : 'of another type'}`,
			);
		}

		inherited = index === 0 ? row.version : inherited;
		for (const name of row.names) {
			const section = tableAt(read.table, ['plugins', name]);
			if (section !== undefined) {
				const written = tableAt(section, ['cni']) ?? {};
				const own = row.version < 3 ? migrated(written, release) : written;
				cni = replacesSections(release) ? own : {...cni, ...own};
			}
		}
	}

	return containerdCni(cni, release);
}

/**
A file of version 1 or 2 with both: its migration lets `bin_dir` win, where a file of version 3 would be refused (`containerd config dump`
of 2.1.9 and 2.3.4; test/truth/daemons).
*/
function migrated(cni: TomlTable, release: readonly number[] | undefined): TomlTable {
	const one = valueAt(cni, 'bin_dir');
	return isBefore(release, 2, 1) || one === undefined || one === '' ? cni : {...cni, bin_dirs: []};
}

/** The same from one `cni` table with the keys of TOML. */
export function containerdCni(cni: TomlTable, release?: readonly number[]): CniSettings {
	const {
		conf_dir: confDir = '',
		max_conf_num: maxConfNum = 1,
		conf_template: template = '',
		use_internal_loopback: loopback = false,
	} = cni;
	return {
		confDirs:
			typeof confDir === 'string' ? [cleanDir(confDir === '' ? defaultConfDir : confDir)] : wrongType('conf_dir', 'a string'),
		binDirs: binDirsOf(cni, release),
		maxConfNum: numberOf(maxConfNum) ?? wrongType('max_conf_num', 'a number'),
		confTemplate: typeof template === 'string' ? template : wrongType('conf_template', 'a string'),
		internalLoopback:
			typeof loopback === 'boolean' ? loopback && !isBefore(release, 2, 0) : wrongType('use_internal_loopback', 'true or false'),
		defaultNetwork: '',
	};
}

/** `bin_dir` was joined by `bin_dirs` in 2.1.0; the old key moves into the new one where that has its default (internal/cri/config/config.go@v2.3.4). */
function binDirsOf(cni: TomlTable, release: readonly number[] | undefined): Known<readonly string[]> {
	const one = valueAt(cni, 'bin_dir') ?? '';
	if (typeof one !== 'string') {
		return wrongType('bin_dir', 'a string');
	}

	const many = stringList(isBefore(release, 2, 1) ? [] : (valueAt(cni, 'bin_dirs') ?? []));
	if (many === undefined) {
		return wrongType('bin_dirs', 'a list of strings');
	}

	const dirs = many.filter(dir => dir !== '').map(dir => cleanDir(dir));
	if (one === '') {
		return dirs.length === 0 ? [defaultBinDir] : dirs;
	}

	return dirs.length === 0 || (dirs.length === 1 && dirs[0] === defaultBinDir)
		? [cleanDir(one)]
		: {unknown: 'bin_dir and bin_dirs are both set, with which containerd starts without its CRI'};
}

/** Up to 1.7 a plugin's whole section in an imported file takes the place of the earlier one; 2.0 merges key by key (mergeConfig@v1.7.29, v2.0.0). */
function replacesSections(release: readonly number[] | undefined): boolean {
	return isBefore(release, 2, 0);
}

/** False where the release is not known. */
function isBefore(release: readonly number[] | undefined, major: number, minor: number): boolean {
	const [ownMajor, ownMinor] = release ?? [];
	return ownMajor !== undefined && (ownMajor < major || (ownMajor === major && (ownMinor ?? 0) < minor));
}

function numberOf(value: unknown): number | undefined {
	return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}
