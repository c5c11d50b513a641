import type {JsonValue} from '../../../lib/facts/node-facts.ts';

type Json = {readonly [key: string]: JsonValue};

/** bridge with host-local, as the docs page has it, but for masquerading, which needs iptables. */
export function bridge(octet = 1): Json {
	return {
		type: 'bridge',
		bridge: `cni${octet}`,
		isGateway: true,
		ipam: {type: 'host-local', ranges: [[{subnet: `10.88.${octet}.0/24`}]]},
	};
}

export const portmap: Json = {type: 'portmap', capabilities: {portMappings: true}};

/** The text of a config list, two plugins unless told otherwise. */
export function list(
	name: string,
	version?: JsonValue,
	{plugins = [bridge(), portmap] as JsonValue, ...more}: Json = {},
): string {
	return JSON.stringify({...(version !== undefined && {cniVersion: version}), name, plugins, ...more});
}

/** The text of a single plugin's config. */
export function single(name: string | undefined, version?: JsonValue, plugin: Json = bridge()): string {
	return JSON.stringify({...(version !== undefined && {cniVersion: version}), ...(name !== undefined && {name}), ...plugin});
}

/**
A plugin that is a script, with an answer for each verb; a verb without one is an error. It makes no interface: runtimes look at the
result alone. SPEC_VERSIONS is what it answers to VERSION.
*/
export function scriptPlugin(answers: {readonly [verb: string]: JsonValue}, versions: readonly string[]): string {
	const rows = Object.entries({...answers, VERSION: {cniVersion: versions.at(-1) ?? '', supportedVersions: [...versions]}});
	const branches = rows.map(([verb, answer]) => {
		const fails = typeof answer === 'object' && answer !== null && 'code' in answer;
		return `${verb}) echo '${JSON.stringify(answer)}'; exit ${fails ? 1 : 0} ;;`;
	});
	return ['#!/bin/sh', 'cat >/dev/null', 'case $CNI_COMMAND in', ...branches, 'esac', 'exit 1', ''].join('\n');
}
