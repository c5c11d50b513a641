import {createHash} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {referencePlugins} from './host-files.ts';
import {foreignPlugin, nodeArchitecture} from './simulated-plugin.ts';
import {type TarEntry, tarOf} from './tar-file.ts';

export type Release = {
	/** `cni-plugins-linux-ARCH-vX.tgz` */
	readonly name: string;
	readonly bytes: Buffer;
	/** The content of the file beside it: hash, two blanks, name. */
	readonly sha256File: string;
	readonly sha256: string;
};

export type ReleaseSpec = {
	/** Without a leading v. */
	readonly version?: string;
	readonly architecture?: string;
	readonly types?: readonly string[];
	/** Bytes that every plugin is made longer by, for those who want a disk to be full. */
	readonly padding?: number;
};

/** What releases of containernetworking/plugins hold from 1.4 on. */
export const releaseTypes: readonly string[] = [
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

/** A release archive of simulated plugins, in the shape of the real ones: `./bridge` and so on, a licence and a readme. */
export function pluginRelease(spec: ReleaseSpec = {}): Release {
	return released(spec, releaseEntries(spec));
}

/** The same with other entries, or bytes that are no archive at all. */
export function releaseOf(spec: ReleaseSpec, content: readonly TarEntry[] | Buffer): Release {
	return Buffer.isBuffer(content) ? named(spec, content) : released(spec, content);
}

/** Writes the archive and its checksum beside it; the path of the archive. */
export function writeRelease(directory: string, {name, bytes, sha256File}: Release): string {
	const path = join(directory, name);
	writeFileSync(path, bytes);
	writeFileSync(`${path}.sha256`, sha256File);
	return path;
}

export function releaseEntries({version = '1.6.2', types = releaseTypes, padding = 0}: ReleaseSpec): readonly TarEntry[] {
	const plugins = Object.entries(referencePlugins('.', version, types)).map(([name, entry]) => {
		const {content} = entry as {readonly content: Buffer};
		// Behind all that the program reads.
		return {name, content: padding === 0 ? content : Buffer.concat([content, Buffer.alloc(padding, '#')])};
	});
	return [
		{name: './', kind: 'directory'},
		...plugins,
		{name: './LICENSE', content: 'Apache License\n', mode: 0o644},
		{name: './README.md', content: '# Plugins\n', mode: 0o644},
	];
}

/** Archives that must not get onto a node, each with why. */
export const brokenReleases: readonly {readonly why: string; readonly release: (spec?: ReleaseSpec) => Release}[] = [
	withEntry('a member outside', {name: '../../etc/cron.d/evil', content: 'x'}),
	withEntry('an absolute member', {name: '/etc/cron.d/evil', content: 'x'}),
	withEntry('a symbolic link', {name: './vlan', kind: 'symlink', target: '/bin/sh'}, 'vlan'),
	withEntry('a hard link', {name: './vlan', kind: 'hardlink', target: './bridge'}, 'vlan'),
	withEntry('a device', {name: './null', kind: 'device'}),
	withEntry('a FIFO', {name: './pipe', kind: 'fifo'}),
	withEntry('a member that is setuid', {name: './vlan', content: 'x', mode: 0o4755}, 'vlan'),
	withEntry('a member twice', {name: './bridge', content: 'another'}),
	withEntry('a plugin of another architecture', {name: './bridge', content: foreignPlugin()}, 'bridge'),
	withEntry('a plugin that is no program', {name: './bridge', content: '#!/bin/sh\nrm -rf /\n'}, 'bridge'),
	withEntry('a name with a newline', {name: './a\nb', content: 'x'}),
	{why: 'an archive without plugins', release: spec => releaseOf(spec ?? {}, [{name: './README.md', content: 'x'}])},
	{why: 'no archive', release: spec => releaseOf(spec ?? {}, Buffer.from('<html>Not Found</html>'))},
	{why: 'nothing', release: spec => releaseOf(spec ?? {}, Buffer.alloc(0))},
	{why: 'half of it', release: spec => cut(pluginRelease(spec), 0.5)},
	{why: 'compressed, but no archive', release: spec => releaseOf(spec ?? {}, gzipSync(Buffer.from('no tar\n'.repeat(300))))},
];

/** One entry more, in place of the plugin that is named. */
function withEntry(why: string, entry: TarEntry, instead?: string) {
	return {
		why,
		release: (spec: ReleaseSpec = {}) =>
			releaseOf(spec, [...releaseEntries(spec).filter(({name}) => name !== `./${instead}`), entry]),
	};
}

function cut({bytes, ...release}: Release, share: number): Release {
	const half = bytes.subarray(0, Math.floor(bytes.length * share));
	return {...release, bytes: half, ...hashOf(release.name, half)};
}

function released(spec: ReleaseSpec, entries: readonly TarEntry[]): Release {
	return named(spec, gzipSync(tarOf(entries)));
}

function named({version = '1.6.2', architecture = nodeArchitecture}: ReleaseSpec, bytes: Buffer): Release {
	const name = `cni-plugins-linux-${architecture}-v${version}.tgz`;
	return {name, bytes, ...hashOf(name, bytes)};
}

function hashOf(name: string, bytes: Buffer) {
	const sha256 = createHash('sha256').update(bytes).digest('hex');
	return {sha256, sha256File: `${sha256}  ${name}\n`};
}
