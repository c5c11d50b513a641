import {readdir, readFile, stat} from 'node:fs/promises';
import {userInfo} from 'node:os';
import {join} from 'node:path';
import type {SshConfigSources} from './files.ts';

/** The disk, for `readSshConfig`. */
export const diskReaders: Pick<SshConfigSources, 'readFile' | 'glob' | 'isTrusted'> = {
	async readFile(path) {
		try {
			return await readFile(path, 'utf8');
		} catch (error) {
			if (isMissing(error)) {
				return undefined;
			}

			throw error;
		}
	},

	/** As glob(3): a leading dot is named as it is, and nothing reaches across `/`. Node.js's own glob knows braces besides. */
	async glob(pattern) {
		let paths: readonly string[] = ['/'];
		for (const part of pattern.split('/').filter(name => name !== '')) {
			const next = await Promise.all(paths.map(async path => (await namesIn(path, part)).map(name => join(path, name))));
			paths = next.flat();
		}

		return paths;
	},

	async isTrusted(path) {
		const {uid, mode} = await stat(path);
		const me = userInfo().uid;
		return me === -1 || ((uid === 0 || uid === me) && (mode & 0o022) === 0);
	},
};

async function namesIn(path: string, part: string): Promise<readonly string[]> {
	try {
		if (/[*?[]/.test(part)) {
			const [pattern, names] = [patternOf(part), await readdir(path)];
			return names.filter(name => pattern.test(name) && name.startsWith('.') === part.startsWith('.')).sort();
		}

		await stat(join(path, part));
		return [part];
	} catch {
		return [];
	}
}

const wildcards: Readonly<Record<string, string>> = {'*': '.*', '?': '.'};

function patternOf(part: string): RegExp {
	const pieces = part.split(/(\[[!^]?\]?[^\]]*\]|[*?])/);
	const sources = pieces.map((piece, index) => {
		const [, negation = '', set = ''] = /^\[([!^]?)(.*)\]$/s.exec(piece) ?? [];
		const isSet = index % 2 === 1 && set !== '';
		return isSet
			? `[${negation && '^'}${set.replaceAll(/[\\\][^]/g, '\\$&')}]`
			: (wildcards[piece] ?? piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
	});
	return new RegExp(`^${sources.join('')}$`, 's');
}

const isMissing = (error: unknown) =>
	error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
