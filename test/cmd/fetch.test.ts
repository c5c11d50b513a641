import {createHash} from 'node:crypto';
import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {fetchThrough} from '../../cmd/fetch.ts';
import {systemClock} from '../../lib/clock.ts';
import {UserError} from '../../lib/errors.ts';
import {type FetchOptions, fetchArchive} from '../../lib/release/fetch.ts';
import {socksProxy} from '../cluster-client/socks-proxy.ts';
import {testServer} from '../cluster-client/test-server.ts';
import {eventually} from '../contract/objects.ts';
import {cli} from './run-cli.ts';

const bytes = Buffer.from('the bytes of an archive');
const sha256 = createHash('sha256').update(bytes).digest('hex');

/** A proxy that answers plain requests itself, and opens no tunnel. */
async function proxy(t: ExecutionContext) {
	const asked: string[] = [];
	const note = ({method, url, headers}: IncomingMessage) =>
		asked.push([method, url, headers['proxy-authorization']].filter(part => part !== undefined).join(' '));
	const server = createServer((request, response) => {
		note(request);
		if (request.url?.endsWith('/moved.tgz') === true) {
			response.writeHead(302, {location: 'https://objects.test/plugins.tgz?signature=secret'}).end('moved');
		} else {
			response.writeHead(request.url?.endsWith('.tgz') === true ? 200 : 404).end(bytes);
		}
	});
	let open = 0;
	server.on('connection', socket => {
		open += 1;
		socket.on('close', () => {
			open -= 1;
		});
	});
	server.on('connect', (request, socket) => {
		note(request);
		socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
	});
	t.teardown(() => {
		server.close();
		server.closeAllConnections();
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	return {url: `http://me:secret@127.0.0.1:${(server.address() as AddressInfo).port}`, asked, open: () => open};
}

const login = `Basic ${btoa('me:secret')}`;
const options = (env: Readonly<Record<string, string>>): FetchOptions => ({
	sha256,
	insecureNoChecksum: false,
	timeout: 30_000,
	signal: new AbortController().signal,
	clock: systemClock,
	fetch: fetchThrough(env),
});

test('an archive comes through HTTP_PROXY, and no connection is kept', async t => {
	const {url, asked, open} = await proxy(t);
	const fetched = await fetchArchive('http://mirror.test/v1/plugins.tgz', options({HTTP_PROXY: url}));
	t.deepEqual(fetched.bytes, bytes);
	await t.throwsAsync(fetchArchive('http://mirror.test/gone', options({HTTP_PROXY: url})), {message: /there is no such file/});
	t.deepEqual(asked, [`GET http://mirror.test/v1/plugins.tgz ${login}`, `GET http://mirror.test/gone ${login}`]);
	t.true(await eventually(async () => open() === 0));
});

test('HTTPS_PROXY is asked for a tunnel, also where a redirect leads, and its refusal is told without its password', async t => {
	const {url, asked} = await proxy(t);
	const env = {HTTPS_PROXY: url, HTTP_PROXY: url};
	for (const source of ['https://mirror.test/plugins.tgz', 'http://mirror.test/moved.tgz']) {
		const error = await t.throwsAsync(fetchArchive(source, options(env)), {
			instanceOf: UserError,
			message: /^archive\/\w+\.tgz: it could not be read: .*502/s,
		});
		t.notRegex(error.message, /secret/);
	}

	t.deepEqual(asked, [
		`CONNECT mirror.test:443 ${login}`,
		`GET http://mirror.test/moved.tgz ${login}`,
		`CONNECT objects.test:443 ${login}`,
	]);
});

test('a SOCKS proxy', async t => {
	const server = await testServer(t, (_, response) => response.end(bytes), {plain: true});
	const {port, asked} = await socksProxy(t);
	// An address of this machine to which no exception applies.
	const host = `0.0.0.0:${new URL(server.url).port}`;
	const fetched = await fetchArchive(`http://${host}/plugins.tgz`, options({HTTP_PROXY: `socks5://127.0.0.1:${port}`}));
	t.deepEqual(fetched.bytes, bytes);
	t.deepEqual(asked, [host]);
});

test('what NO_PROXY names, and this machine, is asked straight, and who refuses is told', async t => {
	const {url, asked} = await proxy(t);
	const server = await testServer(t, (_, response) => response.writeHead(204).end(), {plain: true});
	await t.throwsAsync(fetchArchive(`${server.url}/plugins.tgz`, options({HTTP_PROXY: url})), {
		message: /answered 204; expected 200/,
	});
	t.is(server.requests.length, 1);
	await t.throwsAsync(fetchArchive('http://[::1]:9/plugins.tgz', options({HTTP_PROXY: url})), {
		message: /^archive\/plugins\.tgz: it could not be read: .*(ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH|EAFNOSUPPORT)/,
	});
	t.deepEqual(asked, []);
});

test('node --plugins goes by the environment that the command was given', async t => {
	const {url, asked} = await proxy(t);
	const {code, stderr} = await cli(['node', 'worker-1', '--plugins', 'https://mirror.test/plugins.tgz'], {
		env: {HTTPS_PROXY: url},
	});
	t.is(code, 1, stderr);
	t.deepEqual(asked, [`CONNECT mirror.test:443 ${login}`]);
});
