/**
Makes what a release uploads and what goes into krew's index, under `dist/`: the archive with the executable, LICENSE and the licenses of what
is built into it, and the manifest with the archive's checksum in it. Run by `npm run archive`.
*/
import {createHash} from 'node:crypto';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {packTar} from '../lib/release/tar.ts';
import {version} from '../lib/version.ts';
import {buildPlugin} from './build.ts';
import {noticesFor} from './notices.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const executable = 'kubectl-cni_upgrade';

/** The release's name for its archive; the manifest's `uri` ends with it. */
export const archiveName = `${executable}-v${version}.tar.gz`;

/**
The archive of a built executable and its license texts. Equal contents give equal bytes under one version of Node.js, whose zlib it is:
no times, no users. krew takes regular files and directories only, and the modes as they are here.
*/
export async function makeArchive(contents: {
	readonly executable: Uint8Array;
	readonly license: Uint8Array;
	readonly notices: Uint8Array;
}): Promise<Buffer> {
	const entry = (name: string, mode: number, body: Uint8Array) => ({
		header: {
			name,
			mode,
			size: body.length,
			type: 'file' as const,
			mtime: new Date(0),
			uid: 0,
			gid: 0,
			uname: 'root',
			gname: 'root',
		},
		body,
	});
	const tar = await packTar([
		entry('LICENSE', 0o644, contents.license),
		entry('THIRD-PARTY-LICENSES', 0o644, contents.notices),
		entry(executable, 0o755, contents.executable),
	]);
	const archive = gzipSync(tar, {level: 9});
	// The system that compressed (RFC 1952, OS): unknown, wherever it was.
	archive[9] = 255;
	return archive;
}

/** The manifest with the archive's checksum in the place of the template's zeros, whose comment goes with them. */
export function fillManifest(template: string, archive: Uint8Array): string {
	const zeros = /^ *# Filled in by [^\n]*\n( *sha256: )"0{64}"$/gm;
	if (template.match(zeros)?.length !== 1) {
		throw new Error('krew/cni-upgrade.yaml: expected one sha256 of zeros under its comment');
	}

	return template.replace(zeros, `$1"${createHash('sha256').update(archive).digest('hex')}"`);
}

/** Builds, and writes executable, archive and manifest to a directory that is there; returns the names of the two for the release. */
export async function makeRelease(directory: string): Promise<readonly string[]> {
	const built = join(directory, executable);
	const inputs = Object.keys(await buildPlugin(built));
	const archive = await makeArchive({
		executable: await readFile(built),
		license: await readFile(join(root, 'LICENSE')),
		notices: Buffer.from(await noticesFor(inputs, root)),
	});
	const manifest = fillManifest(await readFile(join(root, 'krew/cni-upgrade.yaml'), 'utf8'), archive);
	await writeFile(join(directory, archiveName), archive);
	await writeFile(join(directory, 'cni-upgrade.yaml'), manifest);
	return [archiveName, 'cni-upgrade.yaml'];
}

if (import.meta.main) {
	const dist = join(root, 'dist');
	await rm(dist, {recursive: true, force: true});
	await mkdir(dist);
	process.stdout.write((await makeRelease(dist)).map(name => `dist/${name}\n`).join(''));
}
