/** The plugins that containernetworking/plugins releases (its plugins/ directory at v1.9.1). flannel was one until v1.0.0. */
export const referencePlugins: readonly string[] = [
	'bandwidth',
	'bridge',
	'dhcp',
	'dummy',
	'firewall',
	'host-device',
	'host-local',
	'ipvlan',
	'loopback',
	'macvlan',
	'portmap',
	'ptp',
	'sbr',
	'static',
	'tap',
	'tuning',
	'vlan',
	'vrf',
];

/** The newest release that is known here; it supports every spec version up to 1.1.0. */
export const newestPlugins = 'v1.9.1';

/** The first release of which most plugins support a spec version (go.mod and Godeps of each tag). */
const firstReleases: Readonly<Record<string, string>> = {'0.4.0': 'v0.8.0', '1.0.0': 'v1.0.0', '1.1.0': 'v1.6.0'};

/** The first release of the reference plugins that supports this spec version; undefined where every release does, or none. */
export function firstReleaseWith(specVersion: string): string | undefined {
	return Object.hasOwn(firstReleases, specVersion) ? firstReleases[specVersion] : undefined;
}
