import {UserError} from '../errors.ts';
import type {Source} from './source.ts';

/** The part of the global `fetch` that is used here. */
export type Fetch = (
	url: URL,
	options: {readonly signal: AbortSignal; readonly redirect: 'manual'; readonly headers: Readonly<Record<string, string>>},
) => Promise<Response>;

type RemoteOptions = {
	readonly fetch: Fetch;
	readonly signal: AbortSignal;
	readonly onProgress?: (received: number, total: number | undefined) => void;
};

/** GitHub answers with one redirect. */
const maxRedirects = 5;

/** A URL and the checksum file beside it. */
export function readRemote(source: string, options: RemoteOptions): Source {
	const url = parsed(source);
	const name = decodeName(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
	return {
		name,
		isThere: async () => true,
		isOpen: url.protocol === 'http:',
		read: async (suffix, maxBytes) => {
			const at = new URL(url);
			at.pathname += suffix;
			return suffix === ''
				? readUrl(at, {...options, maxBytes, absent: [404, 410]})
				: readUrl(at, {fetch: options.fetch, signal: options.signal, maxBytes, absent: [401, 403, 404, 410]});
		},
	};
}

function parsed(source: string): URL {
	const url = URL.parse(source);
	const name = url?.pathname.slice(url.pathname.lastIndexOf('/') + 1);
	if (url === null || !['http:', 'https:'].includes(url.protocol) || hasLogin(url) || name === undefined || name === '') {
		// What is no URL may hold a password anywhere.
		throw new UserError(
			`${url === null ? 'what was named' : shown(url)} is no address of an archive; expected https://HOST/PATH/NAME.tgz`,
			{
				remedy: 'Name a file or an https URL without a user name or a password in it.',
			},
		);
	}

	return url;
}

/** Which is printed nowhere, and which `fetch` does not take. */
function hasLogin({username, password}: URL): boolean {
	return username !== '' || password !== '';
}

function decodeName(name: string): string {
	try {
		return decodeURIComponent(name).replaceAll('/', '_');
	} catch {
		return name;
	}
}

type ReadOptions = RemoteOptions & {
	readonly maxBytes: number;
	/** What a server answers where there is nothing: of a bucket that may not be listed, a store such as S3 says 403 of what is not there. */
	readonly absent: readonly number[];
};

async function readUrl(start: URL, options: ReadOptions): Promise<Uint8Array | undefined> {
	const {url, response} = await follow(start, options);
	if (options.absent.includes(response.status)) {
		await response.body?.cancel();
		return undefined;
	}

	if (!response.ok || response.body === null) {
		await response.body?.cancel();
		throw new UserError(`url/${shown(url)}: the server answered ${response.status}; expected 200`, {
			remedy: 'Name a URL that can be read from here without a login, or a file.',
		});
	}

	return readBody(response.body, {...options, url, total: lengthOf(response)});
}

/** Redirects are followed one by one, since one may lead from https to where anybody on the way can change what is read. */
async function follow(start: URL, {fetch, signal}: RemoteOptions): Promise<{url: URL; response: Response}> {
	let url = start;
	for (let count = 0; count <= maxRedirects; count += 1) {
		// What is unpacked on the way could be more than what was asked for, so nothing is to be packed on the way.
		const response = await fetch(url, {signal, redirect: 'manual', headers: {'accept-encoding': 'identity'}});
		const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
		if (location === null) {
			return {url, response};
		}

		await response.body?.cancel();
		const next = URL.parse(location, url.href);
		if (next?.protocol !== 'https:' || hasLogin(next)) {
			throw new UserError(
				`url/${shown(url)}: it redirects to ${next === null ? 'what is no URL' : shown(next)}; expected an https URL without a login`,
				{
					remedy: 'Fetch the archive yourself, and name the file.',
				},
			);
		}

		url = next;
	}

	throw new UserError(`url/${shown(start)}: it redirects more than ${maxRedirects} times`, {
		remedy: 'Fetch the archive yourself, and name the file.',
	});
}

/** Without user and password, and without its query, which may hold a signature that lets anybody read. */
function shown({protocol, host, pathname}: URL): string {
	return `${protocol}//${host}${pathname}`;
}

function lengthOf(response: Response): number | undefined {
	const length = Number(response.headers.get('content-length') ?? Number.NaN);
	return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

type BodyOptions = Pick<RemoteOptions, 'onProgress'> & {
	readonly url: URL;
	readonly maxBytes: number;
	readonly total: number | undefined;
};

async function readBody(body: ReadableStream<Uint8Array>, {url, maxBytes, total, onProgress}: BodyOptions): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	// Leaving the loop by an error cancels the stream.
	for await (const chunk of body) {
		size += chunk.length;
		if (size > maxBytes || (total ?? 0) > maxBytes) {
			throw new UserError(`url/${shown(url)}: it has more than ${maxBytes} bytes`, {
				remedy: 'Name an archive as containernetworking/plugins releases it.',
			});
		}

		chunks.push(chunk);
		onProgress?.(size, total);
	}

	if (total !== undefined && size !== total) {
		throw new UserError(`url/${shown(url)}: ${size} bytes came; expected ${total}`, {remedy: 'Try again.'});
	}

	return Buffer.concat(chunks, size);
}
