import type {JsonValue} from '../../lib/facts/node-facts.ts';

/** libcni of every row of lib/runtime/releases.ts. */
export const libcnis = ['0.7.1', '0.8.0', '0.8.1', '1.0.1', '1.1.0', '1.1.1', '1.1.2', '1.2.3', '1.3.0'] as const;

/** Releases of containernetworking/plugins: the first and the last of each set of supported versions, and some between. */
export const pluginReleases = ['0.7.6', '0.8.7', '0.9.1', '1.0.1', '1.1.1', '1.4.1', '1.6.2', '1.9.1'] as const;

/** Instead of a release: the stand-ins in test/truth/plugins. */
export const ownPlugins = 'own';

/** Every spec version, two that are none, an empty one, one that is no string, and none at all. */
export const cniVersions = [
	undefined,
	'',
	'0.1.0',
	'0.2.0',
	'0.3.0',
	'0.3.1',
	'0.4.0',
	'1.0.0',
	'1.1.0',
	'1.0.1',
	'9.9.9',
	1,
] as const;

const bridge = {
	type: 'bridge',
	bridge: 'cni0',
	isGateway: true,
	ipMasq: true,
	ipam: {type: 'host-local', ranges: [[{subnet: '10.22.0.0/16'}]], routes: [{dst: '0.0.0.0/0'}]},
};

/** A pod of these has a host port and limits, as far as there is a plugin for them. */
export const chains = {
	'bridge+portmap': [bridge, {type: 'portmap', capabilities: {portMappings: true}}],
	ptp: [{type: 'ptp', ipMasq: true, ipam: bridge.ipam}],
	'bridge+bandwidth': [bridge, {type: 'bandwidth', capabilities: {bandwidth: true}}],
	'bridge+firewall': [bridge, {type: 'firewall'}],
	loopback: [{type: 'loopback'}],
	/** What CRI-O does not look at before it takes a config: ipam. */
	'bridge without ipam plugin': [{...bridge, ipam: {type: 'absent'}}],
	/** A plugin whose result names no version, as Weave Net's does. */
	'weave-net': [{type: 'weave-net'}],
} as const satisfies Record<string, readonly JsonValue[]>;

/** Everything that the chains name. */
export const pluginTypes = [
	'absent',
	'bandwidth',
	'bridge',
	'firewall',
	'host-local',
	'loopback',
	'portmap',
	'ptp',
	'weave-net',
] as const;

export type Chain = keyof typeof chains;

export type Combination = {
	readonly chain: Chain;
	readonly cniVersion: (typeof cniVersions)[number];
	readonly plugins: (typeof pluginReleases)[number] | typeof ownPlugins;
	readonly libcni: (typeof libcnis)[number];
};

/** The config list as it stands in its file. */
export function configOf({chain, cniVersion}: Pick<Combination, 'chain' | 'cniVersion'>): JsonValue {
	return {...(cniVersion !== undefined && {cniVersion}), name: 'truth', plugins: chains[chain]};
}

/** All of them, in the order of the axes. */
export const combinations: readonly Combination[] = (Object.keys(chains) as Chain[]).flatMap(chain =>
	cniVersions.flatMap(cniVersion =>
		releasesFor(chain).flatMap(plugins => libcnis.map(libcni => ({chain, cniVersion, plugins, libcni}))),
	),
);

function releasesFor(chain: Chain): readonly Combination['plugins'][] {
	return chain === 'weave-net' ? [ownPlugins] : chain === 'bridge without ipam plugin' ? ['1.1.1', '1.9.1'] : pluginReleases;
}
