import {constants, existsSync} from 'node:fs';
import {open} from 'node:fs/promises';
import {basename} from 'node:path';
import {UserError} from '../errors.ts';
import type {Source} from './source.ts';

/** A file of this machine and the checksum file beside it. */
export function readLocal(path: string, signal: AbortSignal): Source {
	const name = basename(path);
	return {
		name,
		isOpen: false,
		isThere: async () => existsSync(path),
		read: async (suffix, maxBytes) => {
			signal.throwIfAborted();
			return readBounded(`${path}${suffix}`, maxBytes);
		},
	};
}

/** The whole of a regular file; undefined where there is none. */
async function readBounded(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
	// Without waiting: a pipe that nobody writes would hold a thread, and with it the process, past every Ctrl-C.
	const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
			return undefined;
		}

		throw error;
	});
	if (file === undefined) {
		return undefined;
	}

	try {
		const found = await file.stat();
		if (!found.isFile()) {
			throw new UserError(`file/${path}: it is no regular file`, {remedy: 'Name the archive itself.'});
		}

		if (found.size > maxBytes) {
			throw new UserError(`file/${path}: it has ${found.size} bytes; expected at most ${maxBytes}`, {
				remedy: 'Name an archive as containernetworking/plugins releases it.',
			});
		}

		return await file.readFile();
	} finally {
		await file.close();
	}
}
