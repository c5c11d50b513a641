import {createHash} from 'node:crypto';
import {specVersionsOf} from '../cni/reference-releases.ts';
import {UserError} from '../errors.ts';
import {maxUnpacked, membersOf, type RawMember} from './members.ts';
import {releaseInName, releaseInProgram} from './release-name.ts';

/** A release of the reference plugins as an archive holds it: what the planner knows of it, without its bytes. */
export type ReleaseArchive = {
	/** The archive's own file name, such as `cni-plugins-linux-amd64-v1.6.2.tgz`. */
	readonly name: string;
	/** SHA-256 of the whole archive, lower-case hex. */
	readonly sha256: string;
	/** Bytes of the archive. */
	readonly size: number;
	/** Such as `v1.6.2`: as its programs say, else as its name does; undefined where neither does. */
	readonly release: string | undefined;
	/** As Kubernetes writes it: `amd64`. */
	readonly arch: string;
	/** Its plugins, by name. LICENSE and README.md are left out. */
	readonly members: readonly ArchiveMember[];
	/** The spec versions of each plugin by type; undefined where the tables do not have this release or type. */
	readonly supportedVersions: Readonly<Record<string, readonly string[] | undefined>>;
};

type ArchiveMember = {
	/** The plugin's type, and the file's name. */
	readonly name: string;
	/** As it stands in the archive, for tar: `./bridge`. */
	readonly path: string;
	/** Bytes when unpacked. */
	readonly size: number;
	readonly sha256: string;
};

/**
Reads a `.tgz` of containernetworking/plugins and refuses what such an archive never is: by its container, by what stands in it, and by what
its programs are built for. `arch` is the node's, `maxBytes` what it
may unpack to. Nothing is written anywhere.
*/
export async function readArchive(
	name: string,
	bytes: Uint8Array,
	arch: string,
	maxBytes = maxUnpacked,
): Promise<ReleaseArchive> {
	const raw = await membersOf(name, bytes, {arch, maxBytes});
	const release = releaseOf(name, raw);
	return {
		name,
		sha256: sha256Of(bytes),
		size: bytes.length,
		release,
		arch,
		members: raw.map(({name: member, path, data}) => ({name: member, path, size: data.length, sha256: sha256Of(data)})),
		supportedVersions: Object.fromEntries(
			raw.map(({name: type}) => [type, release === undefined ? undefined : specVersionsOf(type, release)]),
		),
	};
}

/** What the programs say counts more than a name, which anybody can give. */
function releaseOf(name: string, members: readonly RawMember[]): string | undefined {
	const said = new Map(
		members.flatMap(({name: type, data}) => {
			const release = releaseInProgram(data);
			return release === undefined ? [] : [[release, type] as const];
		}),
	);
	const [first, second] = [...said];
	if (first !== undefined && second !== undefined) {
		throw new UserError(
			`archive/${name}: ${first[1]} is of release ${first[0]}, and ${second[1]} of ${second[0]}; expected plugins of one release`,
			{remedy: 'Use the archive as containernetworking/plugins releases it.'},
		);
	}

	return first?.[0] ?? releaseInName(name);
}

function sha256Of(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}
