import {createHash} from 'node:crypto';
import type {Clock} from '../clock.ts';
import {messageOf, UserError} from '../errors.ts';
import {readLocal} from './local-source.ts';
import {type Fetch, readRemote} from './remote-source.ts';
import type {Source} from './source.ts';

export type FetchOptions = {
	/** What `--plugins-sha256` says. */
	readonly sha256?: string | undefined;
	/** Take an archive of which no checksum is known. A checksum that is known has to fit all the same. */
	readonly insecureNoChecksum: boolean;
	/** Milliseconds for all of it. */
	readonly timeout: number;
	readonly signal: AbortSignal;
	readonly clock: Clock;
	readonly fetch: Fetch;
	/** Bytes so far, and all of them where the server says how many. */
	readonly onProgress?: (received: number, total: number | undefined) => void;
};

export type FetchedArchive = {
	/** The file's name, without directories. */
	readonly name: string;
	readonly bytes: Uint8Array;
	readonly sha256: string;
	/** By what its checksum was checked: `--plugins-sha256`, the file beside it, or nothing. */
	readonly checkedBy: 'flag' | 'file' | 'nothing';
};

/** Bytes. The releases up to v1.9.1 have at most 60 MiB. */
const maxArchive = 200 * 1024 * 1024;

/** Bytes of a checksum file. */
const maxChecksum = 4096;

/** An archive from a file or an http(s) URL, whole, and checked before anyone looks into it. */
export async function fetchArchive(source: string, options: FetchOptions): Promise<FetchedArchive> {
	const deadline = new AbortController();
	const timer = new AbortController();
	const signal = AbortSignal.any([options.signal, deadline.signal]);
	const from = /^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? readRemote(source, {...options, signal}) : readLocal(source, signal);
	const late = options.clock.sleep(options.timeout, AbortSignal.any([signal, timer.signal])).then(
		() => deadline.abort(new Error('late')),
		() => undefined,
	);
	try {
		return await checked(from, options);
	} catch (error) {
		options.signal.throwIfAborted();
		throw deadline.signal.aborted ? tooLate(from, options.timeout, error) : unreadable(from, error);
	} finally {
		timer.abort();
		await late;
	}
}

function tooLate({name}: Source, timeout: number, cause: unknown): UserError {
	return new UserError(`archive/${name}: it did not arrive within ${Math.round(timeout / 1000)} s`, {
		remedy: 'Fetch it by another way, and name the file.',
		cause,
	});
}

function unreadable({name}: Source, error: unknown): UserError {
	return error instanceof UserError
		? error
		: new UserError(`archive/${name}: it could not be read: ${reasonOf(error)}`, {
				remedy: 'Name a file or an https URL that can be read from here.',
				cause: error,
			});
}

/** Where none of the addresses of a name could be reached, Node.js says why in an error for each. */
function reasonOf(error: unknown): string {
	return error instanceof AggregateError && error.message === '' ? error.errors.map(messageOf).join(', ') : messageOf(error);
}

async function checked(from: Source, {sha256, insecureNoChecksum}: FetchOptions): Promise<FetchedArchive> {
	const expected = await expectedSum(from, {sha256, insecureNoChecksum});
	const bytes = await from.read('', maxArchive);
	if (bytes === undefined) {
		throw absent(from);
	}

	const seen = createHash('sha256').update(bytes).digest('hex');
	if (expected !== undefined && seen !== expected.sum) {
		throw new UserError(
			`archive/${from.name}: its sha256 is ${seen}; expected ${expected.sum}, as ${expected.by === 'flag' ? '--plugins-sha256' : `${from.name}.sha256`} says`,
			{remedy: 'Fetch it again. Where it stays so, do not use it.'},
		);
	}

	return {name: from.name, bytes, sha256: seen, checkedBy: expected?.by ?? 'nothing'};
}

function absent({name}: Source): UserError {
	return new UserError(`archive/${name}: there is no such file`, {remedy: 'Name a file or a URL that is there.'});
}

type Expected = {readonly sum: string; readonly by: 'flag' | 'file'};

async function expectedSum(
	from: Source,
	{sha256, insecureNoChecksum}: Pick<FetchOptions, 'sha256' | 'insecureNoChecksum'>,
): Promise<Expected | undefined> {
	if (sha256 !== undefined) {
		if (!/^[0-9a-f]{64}$/i.test(sha256)) {
			throw new UserError(`--plugins-sha256 is ${JSON.stringify(sha256.slice(0, 80))}; expected 64 hexadecimal digits`);
		}

		return {sum: sha256.toLowerCase(), by: 'flag'};
	}

	const beside = from.isOpen ? undefined : await from.read('.sha256', maxChecksum);
	if (beside !== undefined) {
		return {sum: sumIn(Buffer.from(beside).toString('latin1'), from.name), by: 'file'};
	}

	// A name that was mistyped has no checksum either, and that is not what is wrong with it.
	if (!(await from.isThere())) {
		throw absent(from);
	}

	if (!insecureNoChecksum) {
		throw new UserError(
			from.isOpen
				? `archive/${from.name}: it comes by http, so its checksum has to come by another way`
				: `archive/${from.name}: no checksum is known: there is no ${from.name}.sha256 beside it`,
			{remedy: 'Give it by --plugins-sha256, or take the archive without by --insecure-no-checksum.'},
		);
	}

	return undefined;
}

/** `HEX  NAME`, as sha256sum and upstream write it, a `*` before a name that was read as binary; a lone HEX too. */
function sumIn(text: string, archive: string): string {
	const rows = text
		.split(/\r?\n/)
		.flatMap(line => {
			const [, sum, name] = /^([0-9a-f]{64})(?:[ \t]+\*?(\S+))?[ \t]*$/i.exec(line) ?? [];
			return sum === undefined ? [] : [{sum: sum.toLowerCase(), name: name?.slice(name.lastIndexOf('/') + 1)}];
		})
		.filter(({name}) => name === undefined || name === archive);
	const [row] = rows;
	if (row === undefined || rows.some(({sum}) => sum !== row.sum)) {
		throw new UserError(
			`archive/${archive}: ${archive}.sha256 holds ${row === undefined ? 'no checksum of it' : 'several checksums of it'}; expected a line of HEX  NAME`,
			{remedy: 'Give the checksum by --plugins-sha256.'},
		);
	}

	return row.sum;
}
