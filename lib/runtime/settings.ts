import type {RuntimeFacts} from '../facts/node-facts.ts';
import type {Unknown} from '../facts/unknown.ts';

/** One TOML text of a runtime's configuration. */
export type SettingsText = {readonly path: string; readonly toml: string};

/** What a runtime's configuration decides about CNI. */
export type CniSettings = Pick<
	RuntimeFacts,
	'confDirs' | 'binDirs' | 'maxConfNum' | 'confTemplate' | 'internalLoopback' | 'defaultNetwork'
>;

/** Where runtimes look unless they are told otherwise; the same for containerd and CRI-O on Linux. */
export const defaultConfDir = '/etc/cni/net.d';
export const defaultBinDir = '/opt/cni/bin';

/** All settings, where none of them can be known. */
export function unknownSettings(reason: string): CniSettings {
	const unknown: Unknown = {unknown: reason};
	return {
		confDirs: unknown,
		binDirs: unknown,
		maxConfNum: unknown,
		confTemplate: unknown,
		internalLoopback: unknown,
		defaultNetwork: unknown,
	};
}

/** As the runtimes clean a path: no slash at the end, none twice. */
export function cleanDir(path: string): string {
	const clean = path.replaceAll(/\/{2,}/g, '/');
	return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** A value of the wrong type: no runtime starts with it. */
export function wrongType(key: string, expected: string): Unknown {
	return {unknown: `${key} is not ${expected} in the runtime's configuration`};
}

/** A list of strings, or undefined. */
export function stringList(value: unknown): readonly string[] | undefined {
	return Array.isArray(value) && value.every(entry => typeof entry === 'string') ? value : undefined;
}
