import {promisify} from 'node:util';
import {gunzip} from 'node:zlib';
import {messageOf, UserError} from '../errors.ts';
import {machineOf} from './executable.ts';
import {unpackTar} from './tar.ts';

/** A plugin with its bytes. */
export type RawMember = {readonly name: string; readonly path: string; readonly data: Uint8Array};

/** Bytes when unpacked, all together; the releases up to v1.9.1 have at most 190 MiB. */
export const maxUnpacked = 512 * 1024 * 1024;

/** Entries; a release has about twenty. */
const maxEntries = 64;

/** Files that a release brings beside its plugins. */
const texts: readonly string[] = ['LICENSE', 'README.md'];

type Entry = Awaited<ReturnType<typeof unpackTar>>[number];

/** The plugins of an archive by name, or the reason why it is none that is unpacked on a node. */
export async function membersOf(
	archive: string,
	bytes: Uint8Array,
	{arch, maxBytes}: {readonly arch: string; readonly maxBytes: number},
): Promise<readonly RawMember[]> {
	const refuse = (seen: string, remedy = 'Use an archive as containernetworking/plugins releases it.'): never => {
		throw new UserError(`archive/${archive}: ${seen}`, {remedy});
	};
	const entries = await untar(archive, await unzip(archive, bytes, maxBytes));
	if (entries.length > maxEntries) {
		refuse(`it has ${entries.length} entries; expected at most ${maxEntries}`);
	}

	const files = entries.filter(({header}) => !isRoot(header));
	for (const {header} of files) {
		const problem = problems.find(({is}) => is(header));
		if (problem !== undefined) {
			refuse(`entry ${quoted(header.name)} ${problem.says(header)}; expected only plugins as plain files, LICENSE and README.md`);
		}
	}

	const names = files.map(({header}) => nameOf(header.name));
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) {
		refuse(`entry ${quoted(twice)} is there twice; expected each plugin once`);
	}

	const members = files
		.map(({header, data}) => ({name: nameOf(header.name), path: header.name, data: data ?? new Uint8Array()}))
		.filter(({name}) => !texts.includes(name));
	for (const {name, data} of members) {
		const wrong = name.endsWith('.exe') ? 'built for Windows' : misfit(data, arch);
		if (wrong !== undefined) {
			refuse(
				`${name} is ${wrong}; expected a program for linux/${arch}, as the node is`,
				`Use cni-plugins-linux-${arch}-VERSION.tgz.`,
			);
		}
	}

	if (members.length === 0) {
		refuse('no plugin is in it');
	}

	return members.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function unzip(archive: string, bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
	try {
		return await promisify(gunzip)(bytes, {maxOutputLength: maxBytes});
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? error.code : undefined;
		const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
		const seen =
			code === 'ERR_BUFFER_TOO_LARGE'
				? `it unpacks to more than ${maxBytes / 1024 / 1024} MiB; a release has less`
				: !isGzip
					? 'it is not gzip; expected a .tgz'
					: code === 'Z_BUF_ERROR'
						? 'it is cut short: its compressed data end too early'
						: `its compressed data are damaged (${messageOf(error)})`;
		throw new UserError(`archive/${archive}: ${seen}`, {remedy: 'Fetch it again, and check its sha256.', cause: error});
	}
}

async function untar(archive: string, tar: Uint8Array): Promise<readonly Entry[]> {
	try {
		return await unpackTar(tar, {strict: true});
	} catch (error) {
		throw new UserError(`archive/${archive}: what it unpacks to is no whole tar archive (${messageOf(error)})`, {
			remedy: 'Fetch it again, and check its sha256.',
			cause: error,
		});
	}
}

type Header = Entry['header'];

/** `./`, with which upstream's archives begin. */
function isRoot({name, type}: Header): boolean {
	return type === 'directory' && /^\.?\/*$/.test(name) && name !== '/';
}

function nameOf(path: string): string {
	return path.replace(/^\.\//, '');
}

/** The first that holds is told. A path is judged before its type: what points out of the archive is the greater wrong. */
const problems: readonly {readonly is: (header: Header) => boolean; readonly says: (header: Header) => string}[] = [
	{is: ({name}) => name.startsWith('/'), says: () => 'has an absolute path'},
	{is: ({name}) => name.split('/').includes('..'), says: () => 'leads out of the archive'},
	{
		is: ({type}) => type === 'link' || type === 'symlink',
		says: ({type, linkname = ''}) => `is a ${type === 'link' ? 'hard' : 'symbolic'} link to ${quoted(linkname)}`,
	},
	{is: ({type}) => type !== undefined && type !== 'file', says: ({type}) => `is a ${type ?? ''}`},
	{is: ({name}) => nameOf(name).includes('/'), says: () => 'is in a directory'},
	{is: ({mode = 0}) => (mode & 0o6000) !== 0, says: ({mode = 0}) => `is setuid or setgid (mode ${mode.toString(8)})`},
	{
		is: ({name}) => !texts.includes(nameOf(name)) && !/^[a-z0-9][a-z0-9-]{0,62}$/.test(nameOf(name).replace(/\.exe$/, '')),
		says: () => 'has a name that no plugin has',
	},
];

/** Why this node cannot run it; undefined where it can. */
function misfit(data: Uint8Array, arch: string): string | undefined {
	const machine = machineOf(data.subarray(0, 64));
	switch (machine.format) {
		case 'elf': {
			const own = machine.arch ?? 'an unknown machine';
			return own !== arch ? `built for linux/${own}` : machine.runs ? undefined : 'an ELF file that is no program';
		}

		case 'pe':
			return 'built for Windows';
		case 'script':
			return 'a script';
		default:
			return 'no program';
	}
}

function quoted(text: string): string {
	return JSON.stringify(text.slice(0, 200));
}
