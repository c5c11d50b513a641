import {compareReleases, type ReleaseNumbers, releaseNumbers} from '../runtime/runtime-version.ts';
import {compareSpecVersions, type SpecVersion, specVersions} from './spec-version.ts';

/**
The spec versions that a reference plugin of a release supports; undefined where the release is older than v0.6.0 or did not have the type.
*/
export function specVersionsOf(type: string, release: string): readonly SpecVersion[] | undefined {
	const numbers = releaseNumbers(release);
	const span = numbers && spans.findLast(({from}) => compareReleases(numbers, from) >= 0);
	const life = lives.find(row => row.type === type) ?? always;
	if (numbers === undefined || span === undefined || !isAlive(life, numbers) || !known.has(type)) {
		return undefined;
	}

	const first = life.spec ?? '0.1.0';
	return specVersions.filter(
		version => compareSpecVersions(version, first) >= 0 && compareSpecVersions(version, span.maxSpec) <= 0,
	);
}

/** The first release of a span and the newest spec version that most of its plugins support (go.mod and Godeps of each tag). */
const spans: readonly {readonly from: ReleaseNumbers; readonly maxSpec: SpecVersion}[] = [
	{from: [0, 6, 0], maxSpec: '0.3.1'},
	{from: [0, 8, 0], maxSpec: '0.4.0'},
	{from: [1, 0, 0], maxSpec: '1.0.0'},
	{from: [1, 6, 0], maxSpec: '1.1.0'},
];

type Life = {
	readonly type: string;
	readonly since?: ReleaseNumbers;
	/** The first release without it. */
	readonly until?: ReleaseNumbers;
	/** The oldest spec version that it supports. */
	readonly spec?: SpecVersion;
};

const always: Omit<Life, 'type'> = {};

/** What is not so with every plugin (containernetworking/plugins:plugins/ at v0.7.6, v0.8.7, v0.9.1, v1.0.1, v1.2.0, v1.3.0, v1.9.1). */
const lives: readonly Life[] = [
	{type: 'flannel', until: [1, 0, 0]},
	{type: 'host-device', since: [0, 7, 0]},
	{type: 'static', since: [0, 8, 0]},
	{type: 'sbr', since: [0, 8, 0]},
	{type: 'bandwidth', since: [0, 8, 0], spec: '0.3.0'},
	{type: 'firewall', since: [0, 8, 0], spec: '0.4.0'},
	{type: 'vrf', since: [0, 9, 0], spec: '0.3.1'},
	{type: 'dummy', since: [1, 2, 0]},
	{type: 'tap', since: [1, 3, 0]},
];

/** Those that every release has had. */
const constant: readonly string[] = [
	'bridge',
	'dhcp',
	'host-local',
	'ipvlan',
	'loopback',
	'macvlan',
	'portmap',
	'ptp',
	'tuning',
	'vlan',
];

const known: ReadonlySet<string> = new Set([...constant, ...lives.map(({type}) => type)]);

function isAlive({since, until}: Omit<Life, 'type'>, numbers: ReleaseNumbers): boolean {
	return (
		(since === undefined || compareReleases(numbers, since) >= 0) && (until === undefined || compareReleases(numbers, until) < 0)
	);
}
