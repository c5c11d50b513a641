import {createHash} from 'node:crypto';
import {constants} from 'node:fs';
import {lstat, open, readdir} from 'node:fs/promises';
import {extname, join} from 'node:path';
import {messageOf, UserError} from '../errors.ts';
import type {ConfigContent, ConfigFile, JsonValue} from '../facts/node-facts.ts';
import {isShallow} from '../facts/saved.ts';
import type {Known} from '../facts/unknown.ts';

/** As on nodes: a config is a few hundred bytes, and a runtime reads it whole. */
const maxConfigSize = 262_144;

/** A conf dir holds a handful of entries; `/etc` given by mistake holds more. */
const maxEntries = 256;

/** The extensions that containerd and CRI-O load (go-cni `namespace_opts.go`, ocicni `ocicni.go`). */
const loaded = new Set(['.conf', '.conflist', '.json']);

/** Every entry of a conf dir. */
export async function readConfDir(dir: string): Promise<readonly ConfigFile[]> {
	const names = await readdir(dir).catch((error: unknown) => {
		throw unreadable(dir, error);
	});
	if (names.length > maxEntries) {
		throw new UserError(`directory/${dir} holds ${names.length} entries, which no CNI conf dir does`, {
			remedy: 'Name the conf dir itself, such as /etc/cni/net.d, or single files.',
		});
	}

	return Promise.all(names.map(async name => readConfigFile(join(dir, name))));
}

/** One entry of a conf dir; what cannot be read of it is unknown, with the reason. */
export async function readConfigFile(path: string): Promise<ConfigFile> {
	const stat = await lstat(path);
	const entry = stat.isFile() ? 'file' : stat.isSymbolicLink() ? 'symlink' : stat.isDirectory() ? 'directory' : 'other';
	const isLoaded = loaded.has(extname(path));
	if (entry === 'directory' || entry === 'other') {
		const unknown = {unknown: 'it is no regular file'};
		return {path, entry, mode: octal(stat.mode), size: unknown, sha256: unknown};
	}

	const bytes = await readBounded(path, maxConfigSize).catch((error: unknown) => ({unknown: messageOf(error)}));
	if ('unknown' in bytes) {
		return {path, entry, mode: octal(stat.mode), size: stat.size, sha256: bytes, ...(isLoaded && {content: bytes})};
	}

	const sha256 = createHash('sha256').update(bytes).digest('hex');
	return {path, entry, mode: octal(stat.mode), size: bytes.length, sha256, ...(isLoaded && {content: contentOf(bytes)})};
}

function contentOf(bytes: Buffer): Known<ConfigContent> {
	try {
		const json = JSON.parse(bytes.toString('utf8')) as JsonValue;
		return isShallow(json, 64) ? {json} : {invalid: 'nested deeper than 64 levels'};
	} catch (error) {
		return {invalid: messageOf(error)};
	}
}

/** A regular file's bytes, at most so many; opening a FIFO or a device neither waits nor reads. */
export async function readBounded(path: string, max: number): Promise<Buffer> {
	const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
		throw unreadable(path, error);
	});
	try {
		const stat = await file.stat();
		if (!stat.isFile()) {
			throw new UserError(`${path} is no regular file`);
		}

		const {buffer, bytesRead} = await file.read(Buffer.alloc(Math.min(stat.size, max) + 1), 0);
		if (bytesRead > max) {
			throw new UserError(`${path} is larger than ${max} bytes`);
		}

		return buffer.subarray(0, bytesRead);
	} finally {
		await file.close();
	}
}

/** A failed call's reason in words, without the call. */
export function unreadable(path: string, error: unknown): UserError {
	const {code} = error as NodeJS.ErrnoException;
	const reasons: Readonly<Record<string, string>> = {
		ENOENT: 'there is no such file or directory',
		EACCES: 'permission denied',
		ENOTDIR: 'it is no directory',
		EISDIR: 'it is a directory',
		ELOOP: 'its symbolic links go round in circles',
		ENXIO: 'it is no regular file',
	};
	return new UserError(`${path} could not be read: ${reasons[code ?? ''] ?? messageOf(error)}`, {cause: error});
}

function octal(mode: number): string {
	return (mode & 0o7777).toString(8).padStart(4, '0');
}
