import {gzipSync} from 'node:zlib';
import {packTar} from '../../lib/release/tar.ts';

type Entry = Parameters<typeof packTar>[0][number];

/** The first bytes of a program for Linux, and what its linker was told. */
export function program({machine = 62, bits = 2, order = 1, type = 2, release = '', text = ''} = {}): Buffer {
	const head = Buffer.alloc(64);
	head.set([0x7f, 0x45, 0x4c, 0x46, bits, order, 1]);
	const put = (value: number, at: number) => (order === 1 ? head.writeUInt16LE(value, at) : head.writeUInt16BE(value, at));
	put(type, 16);
	put(machine, 18);
	const flags =
		release === '' ? '' : `-X github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=${release}"\n`;
	return Buffer.concat([head, Buffer.from(`${flags}${text}`)]);
}

export function file(name: string, data: Uint8Array | string = program(), header: Partial<Entry['header']> = {}): Entry {
	return {header: {name, mode: 0o755, type: 'file', size: Buffer.byteLength(data), mtime: new Date(0), ...header}, body: data};
}

/** `./`, as upstream's archives begin. */
export const root: Entry = {header: {name: './', mode: 0o755, type: 'directory', size: 0, mtime: new Date(0)}};

export async function archive(...entries: readonly Entry[]): Promise<Buffer> {
	return gzipSync(await packTar(entries));
}

/** As containernetworking/plugins releases them: these plugins, LICENSE and README.md. */
export async function releaseArchive(release: string, types: readonly string[]): Promise<Buffer> {
	return archive(
		root,
		...types.map(type => file(`./${type}`, program({release, text: type}))),
		file('./LICENSE', 'Apache License', {mode: 0o644}),
		file('./README.md', '# Plugins', {mode: 0o644}),
	);
}
