import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {NetworkList} from './conf-dir.ts';

export type ChainOptions = {
	readonly root: string;
	/** On the node. */
	readonly binDirs: readonly string[];
	/** The newest spec version that the runtime's libcni knows. */
	readonly newestResult: string;
	/** Its libcni refuses a missing version at DEL and CHECK (before libcni 1.1.0). */
	readonly refusesMissingVersion: boolean;
};

/** Why ADD, CHECK or DEL of a pod fails, in the words of libcni and the plugins' skel; undefined where it does not. */
export function whyChainFails(command: 'ADD' | 'CHECK' | 'DEL', list: NetworkList, options: ChainOptions): string | undefined {
	if (command !== 'ADD' && list.cniVersion === '' && options.refusesMissingVersion) {
		return 'invalid version "": the version is empty';
	}

	const inOrder = command === 'DEL' ? list.plugins.toReversed() : list.plugins;
	for (const {type, ipam} of inOrder) {
		const own = whyPluginFails(type, list.cniVersion, options);
		const delegate =
			ipam?.type === undefined || own !== undefined ? undefined : whyPluginFails(ipam.type, list.cniVersion, options);
		if (own?.kind === 'not-found') {
			return own.message;
		}

		const why = own ?? delegate;
		if (why !== undefined) {
			return `plugin type="${type}" failed (${command === 'DEL' ? 'delete' : command.toLowerCase()}): ${why.message}`;
		}
	}

	return command === 'ADD' && isNewer(list.cniVersion, options.newestResult)
		? `unsupported CNI result version "${list.cniVersion}"`
		: undefined;
}

/** What CRI-O says of a list that it does not take up: it asks every plugin before (libcni's ValidateNetworkList). */
export function whyListIsInvalid(list: NetworkList, options: ChainOptions): string | undefined {
	const reasons = list.plugins.flatMap(({type}) => {
		const why = whyPluginFails(type, list.cniVersion, options);
		return why === undefined
			? []
			: [
					why.kind === 'not-found'
						? why.message
						: `plugin ${type} does not support config version ${JSON.stringify(list.cniVersion)}`,
				];
	});
	return reasons.length === 0 ? undefined : `[${reasons.join(' ')}]`;
}

/** A plugin's refusal of one config; a missing version is 0.1.0 to it. */
export function whyPluginFails(
	type: string,
	cniVersion: string,
	{root, binDirs}: Pick<ChainOptions, 'root' | 'binDirs'>,
): {readonly kind: 'not-found' | 'refused'; readonly message: string} | undefined {
	const path = binDirs.map(directory => `${directory.replace(/\/$/, '')}/${type}`).find(path => existsSync(join(root, path)));
	if (path === undefined) {
		return {kind: 'not-found', message: `failed to find plugin "${type}" in path [${binDirs.join(' ')}]`};
	}

	const supported = supportedVersions(join(root, path));
	if (supported === undefined) {
		return {kind: 'refused', message: `netplugin failed with no error message: fork/exec ${path}: exec format error`};
	}

	return supported.includes(cniVersion || '0.1.0')
		? undefined
		: {kind: 'refused', message: incompatible(cniVersion || '0.1.0', supported)};
}

export function incompatible(wanted: string, supported: readonly string[]): string {
	return `incompatible CNI versions; config is "${wanted}", plugin supports [${supported.map(version => `"${version}"`).join(' ')}]`;
}

/** What a simulated plugin answers to VERSION, read from its last lines; undefined where the file is none. */
export function supportedVersions(file: string): readonly string[] | undefined {
	const answer = /^stand-in-version (.*)$/m.exec(readFileSync(file, 'latin1').split('\nstand-in-exit ').at(-1) ?? '')?.[1];
	try {
		return answer === undefined ? undefined : (JSON.parse(answer) as {supportedVersions: string[]}).supportedVersions;
	} catch {
		return undefined;
	}
}

export function isNewer(a: string, b: string): boolean {
	return a.localeCompare(b, 'en', {numeric: true}) > 0;
}
