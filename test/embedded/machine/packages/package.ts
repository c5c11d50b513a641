import {readFileSync} from 'node:fs';
import {type TarEntry, tarOf} from '../../tar-file.ts';

/** One version of a package of the simulated distribution. */
export type Package = Scripts & {
	readonly name: string;
	readonly version: string;
	/** By absolute path. */
	readonly files: Readonly<Record<string, PackageFile>>;
};

export type PackageFile = {readonly content: string | Buffer; readonly mode: number};

/** What its maintainer's scripts do, and what it wants of others. */
export type Scripts = {
	/** Directories that its preinst empties, as kubernetes-cni did with /opt/cni/bin. */
	readonly wipes?: readonly string[];
	/** Units that its postinst starts, or starts again. */
	readonly starts?: readonly string[];
	/** The least version of each package that has to be there. */
	readonly depends?: Readonly<Record<string, string>>;
	/** Its postinst fails, with these words. */
	readonly fails?: string;
	/** Files that are kept where somebody changed them. */
	readonly conffiles?: readonly string[];
};

const headerSize = 4096;

/** A package as a file: who it is in the first lines, and from a fixed place on the tar archive of its files. */
export function packageFile({files, name, version, ...scripts}: Package): Buffer {
	const tar = tarOf(Object.entries(files).map(([path, file]): TarEntry => ({name: `.${path}`, ...file})));
	const kib = Math.ceil(tar.length / 1024);
	const head = `!<arch>\n${name} ${version} amd64 ${kib} ${tar.length}\n${JSON.stringify(scripts)}\n`;
	return Buffer.concat([Buffer.from(head.padEnd(headerSize, '\n')), tar]);
}

/** Undefined where it is no package, or was cut. */
export function readPackage(path: string): Package | undefined {
	const bytes = readFileSync(path);
	const [magic, line = '', scripts = ''] = bytes.subarray(0, headerSize).toString().split('\n');
	const [name = '', version = '', , , length] = line.split(' ');
	const tar = bytes.subarray(headerSize);
	return magic === '!<arch>' && tar.length === Number(length)
		? {...(JSON.parse(scripts) as Scripts), name, version, files: Object.fromEntries(filesIn(tar))}
		: undefined;
}

function filesIn(tar: Buffer): readonly (readonly [string, PackageFile])[] {
	const found: (readonly [string, PackageFile])[] = [];
	const text = (at: number, length: number) => tar.toString('utf8', at, at + length).split('\0')[0] ?? '';
	for (let at = 0; text(at, 100) !== ''; ) {
		const size = Number.parseInt(text(at + 124, 12), 8);
		const content = tar.subarray(at + 512, at + 512 + size);
		found.push([text(at, 100).slice(1), {content: Buffer.from(content), mode: Number.parseInt(text(at + 100, 8), 8)}]);
		at += 512 + Math.ceil(size / 512) * 512;
	}

	return found;
}
