import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {systemClock} from '../../lib/clock.ts';
import {UserError} from '../../lib/errors.ts';
import {type FetchOptions, fetchArchive} from '../../lib/release/fetch.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';

const bytes = Buffer.from('the bytes of an archive');
const sum = createHash('sha256').update(bytes).digest('hex');
const other = 'a'.repeat(64);
const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-fetch-'));

test.after.always(() => rmSync(directory, {recursive: true}));

type Page = {readonly status?: number; readonly body?: string | Uint8Array; readonly headers?: Record<string, string>};

/** A web of these pages by URL; all else is 404. */
function web(pages: Readonly<Record<string, Page>>): FetchOptions['fetch'] {
	return async (url, {signal}) => {
		signal.throwIfAborted();
		const {status = 200, body = '', headers = {}} = pages[url.href] ?? {status: 404};
		return new Response(Buffer.from(body as string), {status, headers});
	};
}

const options = (overrides: Partial<FetchOptions> = {}): FetchOptions => ({
	insecureNoChecksum: false,
	timeout: 10_000,
	signal: new AbortController().signal,
	clock: systemClock,
	fetch: web({}),
	...overrides,
});

const url = 'https://mirror.test/v1/plugins.tgz';

function onDisk(name: string, beside?: string): string {
	const path = join(directory, name);
	writeFileSync(path, bytes);
	if (beside !== undefined) {
		writeFileSync(`${path}.sha256`, beside);
	}

	return path;
}

test('a file is checked by the checksum file beside it', async t => {
	for (const [index, line] of [
		`${sum}  IT`,
		`${sum} *IT\n`,
		`${sum.toUpperCase()}\n`,
		`${other}  other.tgz\n${sum}  ./release/IT\n`,
	].entries()) {
		const name = `p${index}.tgz`;
		const fetched = await fetchArchive(onDisk(name, line.replace('IT', name)), options());
		t.deepEqual(fetched, {name, bytes, sha256: sum, checkedBy: 'file'});
	}
});

test('a checksum on the command line counts, whatever the file beside it says', async t => {
	const path = onDisk('flag.tgz', `${other}  flag.tgz\n`);
	t.is((await fetchArchive(path, options({sha256: sum.toUpperCase()}))).checkedBy, 'flag');
	await t.throwsAsync(fetchArchive(path, options({sha256: other})), {
		message: `archive/flag.tgz: its sha256 is ${sum}; expected ${other}, as --plugins-sha256 says`,
	});
	await t.throwsAsync(fetchArchive(path, options({sha256: 'abc'})), {message: /expected 64 hexadecimal digits/});
});

test('a name that was mistyped is called that, whatever is known of its checksum', async t => {
	const nowhere = {message: 'archive/typo.tgz: there is no such file'};
	await t.throwsAsync(fetchArchive('/nowhere/typo.tgz', options()), nowhere);
	await t.throwsAsync(fetchArchive('/nowhere/typo.tgz', options({insecureNoChecksum: true})), nowhere);
	await t.throwsAsync(fetchArchive('/nowhere/typo.tgz', options({sha256: other})), nowhere);
});

test('without a checksum an archive is taken only as told, and a wrong one counts even then', async t => {
	const path = onDisk('bare.tgz');
	await t.throwsAsync(fetchArchive(path, options()), {
		instanceOf: UserError,
		message: 'archive/bare.tgz: no checksum is known: there is no bare.tgz.sha256 beside it',
	});
	t.is((await fetchArchive(path, options({insecureNoChecksum: true}))).checkedBy, 'nothing');
	await t.throwsAsync(fetchArchive(onDisk('wrong.tgz', `${other}  wrong.tgz`), options({insecureNoChecksum: true})), {
		message: `archive/wrong.tgz: its sha256 is ${sum}; expected ${other}, as wrong.tgz.sha256 says`,
	});
});

for (const [what, text] of Object.entries({
	'another file': `${sum}  other.tgz`,
	'two sums': `${sum}  x.tgz\n${other}  x.tgz`,
	HTML: '<html>',
})) {
	test(`a checksum file with ${what} in it decides nothing`, async t => {
		await t.throwsAsync(fetchArchive(onDisk('x.tgz', text), options()), {message: /x\.tgz\.sha256 holds (no|several) checksum/});
	});
}

test('what is no file is told so', async t => {
	await t.throwsAsync(fetchArchive(join(directory, 'absent.tgz'), options({insecureNoChecksum: true})), {
		message: 'archive/absent.tgz: there is no such file',
	});
	await t.throwsAsync(fetchArchive(directory, options({insecureNoChecksum: true})), {message: /it is no regular file/});
	const pipe = join(directory, 'pipe.tgz');
	execFileSync('mkfifo', [pipe]);
	await t.throwsAsync(fetchArchive(pipe, options({insecureNoChecksum: true, timeout: 5000})), {message: /it is no regular file/});
});

test('a URL is read with its checksum, over redirects by https, and progress is told', async t => {
	const seen: (readonly [number, number | undefined])[] = [];
	const fetched = await fetchArchive(
		url,
		options({
			onProgress: (received, total) => seen.push([received, total]),
			fetch: web({
				[`${url}.sha256`]: {body: `${sum}  plugins.tgz\n`},
				[url]: {status: 302, headers: {location: 'https://objects.test/blob?signature=secret'}},
				'https://objects.test/blob?signature=secret': {body: bytes, headers: {'content-length': String(bytes.length)}},
			}),
		}),
	);
	t.deepEqual(fetched, {name: 'plugins.tgz', bytes, sha256: sum, checkedBy: 'file'});
	t.deepEqual(seen.at(-1), [bytes.length, bytes.length]);
});

const refusals: Readonly<Record<string, readonly [seen: RegExp, pages: Readonly<Record<string, Page>>]>> = {
	'a redirect away from https': [
		/redirects to http:\/\/plain\.test\/x; expected an https URL/,
		{
			[url]: {status: 301, headers: {location: 'http://plain.test/x?token=secret'}},
		},
	],
	'a redirect to a login': [
		/redirects to https:\/\/mirror\.test\/x; expected an https URL without a login/,
		{[url]: {status: 301, headers: {location: 'https://:secret@mirror.test/x'}}},
	],
	'a redirect to a file': [
		/redirects to file:\/\/\/etc\/passwd/,
		{[url]: {status: 301, headers: {location: 'file:///etc/passwd'}}},
	],
	'redirects without end': [/redirects more than 5 times/, {[url]: {status: 302, headers: {location: url}}}],
	'a page that is not there': [/there is no such file/, {}],
	'an archive that may not be read': [/the server answered 403; expected 200/, {[url]: {status: 403}}],
	'a server that fails': [/the server answered 503; expected 200/, {[url]: {status: 503}}],
	'more than it may be': [/more than 209715200 bytes/, {[url]: {body: bytes, headers: {'content-length': '300000000'}}}],
	'less than was promised': [/23 bytes came; expected 40/, {[url]: {body: bytes, headers: {'content-length': '40'}}}],
};

for (const [what, [seen, pages]] of Object.entries(refusals)) {
	test(`refused: ${what}`, async t => {
		const error = await t.throwsAsync(fetchArchive(url, options({sha256: sum, fetch: web(pages)})), {
			instanceOf: UserError,
			message: seen,
		});
		t.notRegex(error.message, /secret/);
	});
}

for (const status of [401, 403, 404, 410]) {
	test(`where the server answers ${status} there is no checksum file`, async t => {
		const fetch = web({[url]: {body: bytes}, [`${url}.sha256`]: {status}});
		await t.throwsAsync(fetchArchive(url, options({fetch})), {
			instanceOf: UserError,
			message: 'archive/plugins.tgz: no checksum is known: there is no plugins.tgz.sha256 beside it',
		});
		t.is((await fetchArchive(url, options({fetch, insecureNoChecksum: true}))).checkedBy, 'nothing');
	});
}

test('a checksum file that cannot be had now is not taken for none', async t => {
	const fetch = web({[url]: {body: bytes}, [`${url}.sha256`]: {status: 503}});
	await t.throwsAsync(fetchArchive(url, options({fetch, insecureNoChecksum: true})), {
		message: /\.sha256: the server answered 503/,
	});
});

test('over http the checksum has to come by another way', async t => {
	const plain = 'http://mirror.test/plugins.tgz';
	const pages = web({[plain]: {body: bytes}, [`${plain}.sha256`]: {body: `${sum}  plugins.tgz`}});
	await t.throwsAsync(fetchArchive(plain, options({fetch: pages})), {message: /it comes by http/});
	t.is((await fetchArchive(plain, options({fetch: pages, sha256: sum}))).checkedBy, 'flag');
});

test('an address with a user name, or of another kind, is refused before anything is asked', async t => {
	for (const [source, seen] of [
		['https://me:secret@mirror.test/x.tgz', 'https://mirror.test/x.tgz'],
		['https://:secret@mirror.test/x.tgz', 'https://mirror.test/x.tgz'],
		['ftp://me:secret@mirror.test/x.tgz', 'ftp://mirror.test/x.tgz'],
		['https://mirror.test/', 'https://mirror.test/'],
		['https://mirror.test/?signature=secret', 'https://mirror.test/'],
		['https://me:secret@mirror.test:port/x.tgz', 'what was named'],
	] as const) {
		const error = await t.throwsAsync(async () => fetchArchive(source, options()), {
			instanceOf: UserError,
			message: `${seen} is no address of an archive; expected https://HOST/PATH/NAME.tgz`,
		});
		t.notRegex(`${error.message} ${error.remedy} ${String(error.cause)}`, /secret/);
	}
});

test('why no address of a name could be reached is told', async t => {
	const fetch = async () => {
		throw new AggregateError([new Error('connect ECONNREFUSED ::1:443'), new Error('connect ECONNREFUSED 127.0.0.1:443')]);
	};
	await t.throwsAsync(fetchArchive(url, options({sha256: sum, fetch})), {
		instanceOf: UserError,
		message: 'archive/plugins.tgz: it could not be read: connect ECONNREFUSED ::1:443, connect ECONNREFUSED 127.0.0.1:443',
	});
});

test('a server that never ends is left at the deadline; an interrupt is no error of the archive', async t => {
	const fetch: FetchOptions['fetch'] = async (_url, {signal}) =>
		new Promise((_resolve, reject) => {
			signal.throwIfAborted();
			signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true});
		});
	const clock = new FakeClock();
	const late = t.throwsAsync(fetchArchive(url, options({sha256: sum, fetch, clock})), {
		message: 'archive/plugins.tgz: it did not arrive within 10 s',
	});
	clock.advance(10_000);
	await late;
	t.is(clock.waiting, 0);
	const reason = new Error('interrupted');
	await t.throwsAsync(fetchArchive(url, options({sha256: sum, fetch, clock, signal: AbortSignal.abort(reason)})), {is: reason});
	t.is(clock.waiting, 0);
});
