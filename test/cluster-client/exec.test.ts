import type {IncomingMessage} from 'node:http';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import type {Duplex} from 'node:stream';
import {setImmediate as turn} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {type ExecInPod, execInPod} from '../../lib/cluster/exec.ts';
import {ExecError} from '../../lib/cluster/exec-errors.ts';
import {acceptOf, closing, frameOf, MessageReader} from '../embedded/web-socket.ts';
import {FakeClock} from './fake-clock.ts';
import {apiOf, serverPair, type TestApi} from './test-server.ts';

type Peer = {
	readonly socket: Duplex;
	/** Sends one message, its first byte the channel. */
	readonly send: (channel: number, data: string | Buffer) => void;
	readonly raw: (bytes: Buffer) => void;
	/** What came on channel 0 so far. */
	readonly input: () => Buffer;
	/** Channels that were closed. */
	readonly closed: number[];
	readonly pings: () => number;
};

type Script = (peer: Peer, request: IncomingMessage) => void;

const v5 = 'v5.channel.k8s.io';

/** A server whose answers to an exec are each test's own. */
async function peer(t: ExecutionContext, script: Script, options: {readonly protocol?: string; readonly refuse?: string} = {}) {
	const server = createServer(serverPair);
	const requests: IncomingMessage[] = [];
	server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
		requests.push(request);
		socket.on('error', () => undefined);
		if (options.refuse !== undefined) {
			socket.end(options.refuse);
			return;
		}

		const accept = acceptOf(String(request.headers['sec-websocket-key']));
		socket.write(
			`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${options.protocol ?? v5}\r\n\r\n`,
		);
		const reader = new MessageReader();
		const input: Buffer[] = [];
		const closed: number[] = [];
		let pings = 0;
		socket.on('data', (bytes: Buffer) => {
			for (const message of reader.push(bytes)) {
				pings += message.kind === 'ping' ? 1 : 0;
				if (message.kind === 'data') {
					(message.data[0] === 255 ? closed : []).push(message.data[1] ?? -1);
					input.push(message.data[0] === 0 ? message.data.subarray(1) : Buffer.alloc(0));
				}
			}
		});
		script(
			{
				socket,
				send: (channel, data) =>
					socket.write(frameOf('binary', Buffer.concat([Buffer.from([channel]), Buffer.from(data)]), 'server')),
				raw: bytes => socket.write(bytes),
				input: () => Buffer.concat(input),
				closed,
				pings: () => pings,
			},
			request,
		);
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return {url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, requests};
}

const success = JSON.stringify({metadata: {}, status: 'Success'});

async function exec(t: ExecutionContext, url: string, more: Partial<ExecInPod> = {}, api: TestApi = {}) {
	const clock = more.clock ?? new FakeClock();
	return execInPod(apiOf(t, url, {clock: new FakeClock(10_000), ...api}), {
		namespace: 'ns',
		pod: 'act',
		container: 'main',
		command: ['true'],
		maxBytes: 100,
		timeout: 60_000,
		clock,
		signal: new AbortController().signal,
		...more,
	});
}

async function failure(t: ExecutionContext, script: Script, options = {}, more: Partial<ExecInPod> = {}): Promise<ExecError> {
	const {url} = await peer(t, script, options);
	const error = await t.throwsAsync<ExecError>(exec(t, url, more), {instanceOf: ExecError});
	if (error === undefined) {
		throw new Error('it did not fail');
	}

	return error;
}

test('a command is asked for word by word, with the protocols that we speak, and its streams come apart', async t => {
	const {url, requests} = await peer(t, ({send}) => {
		send(3, '');
		send(1, 'out');
		send(2, 'err');
		send(1, 'put');
		send(3, success);
	});
	const answer = await exec(t, url, {command: ['sh', '-c', 'a b&c=d', '']});
	t.deepEqual(answer, {code: 0, stdout: Buffer.from('output'), stderr: 'err'});
	const {searchParams, pathname} = new URL(requests[0]?.url ?? '', url);
	t.is(pathname, '/api/v1/namespaces/ns/pods/act/exec');
	t.deepEqual(searchParams.getAll('command'), ['sh', '-c', 'a b&c=d', '']);
	t.is(searchParams.get('stdin'), 'false');
	t.is(requests[0]?.headers['sec-websocket-protocol'], 'v5.channel.k8s.io, v4.channel.k8s.io');
});

test('an exit code is a value', async t => {
	for (const [code, want] of [
		['3', 3],
		['137', 137],
	] as const) {
		const {url} = await peer(t, ({send}) => {
			const status = {status: 'Failure', reason: 'NonZeroExitCode', details: {causes: [{reason: 'ExitCode', message: code}]}};
			send(3, JSON.stringify(status));
		});
		t.is((await exec(t, url)).code, want);
	}
});

for (const protocol of [v5, 'v4.channel.k8s.io']) {
	test(`an input arrives whole and in order over ${protocol}`, async t => {
		const bytes = Buffer.alloc(3_000_017, 'abcdefg');
		const {url} = await peer(
			t,
			({send, input, socket, closed}) => {
				// A slow reader: what it does not take waits in the client.
				socket.pause();
				setTimeout(() => socket.resume(), 20);
				socket.on('data', () => {
					if (input().length === bytes.length && (protocol !== v5 || closed.length > 0)) {
						send(1, String(closed));
						send(3, success);
					}
				});
			},
			{protocol},
		);
		const pieces = (async function* () {
			yield bytes.subarray(0, 1);
			yield bytes.subarray(1, 1);
			yield bytes.subarray(1);
		})();
		t.is((await exec(t, url, {stdin: pieces})).stdout.toString(), protocol === v5 ? '0' : '');
	});
}

test('an iterable is asked for more only as fast as the other side takes it', async t => {
	const {url} = await peer(t, ({socket}) => socket.pause());
	let given = 0;
	const endless = (async function* () {
		for (;;) {
			given += 1;
			yield Buffer.alloc(32 * 1024);
			await turn();
		}
	})();
	const end = new AbortController();
	const running = exec(t, url, {stdin: endless, signal: end.signal});
	let before = -1;
	for (let still = 0; still < 5; still = given > 0 && before === given ? still + 1 : 0) {
		before = given;
		await new Promise(resolve => {
			setTimeout(resolve, 20);
		});
	}

	t.true(given < 1000, `${given} pieces were taken`);
	end.abort(new Error('enough'));
	await t.throwsAsync(running, {message: 'enough'});
});

test('what is wrong with the input itself is told as it is', async t => {
	const {url} = await peer(t, () => undefined);
	const broken = (async function* () {
		yield Buffer.from('a');
		throw new TypeError('no such file');
	})();
	await t.throwsAsync(exec(t, url, {stdin: broken}), {instanceOf: TypeError, message: 'no such file'});
});

const cut: Readonly<Record<string, readonly [Script, RegExp]>> = {
	'a connection that is reset': [({socket}) => socket.destroy(), /the connection ended before the command did/],
	'a close without a status': [({raw}) => raw(frameOf('close', closing(1000), 'server')), /before it told how the command ended/],
	'a frame that is masked': [({raw}) => raw(frameOf('binary', Buffer.from('x'), 'client')), /nobody asked for/],
	'a compressed frame': [({raw}) => raw(Buffer.from([0xc2, 0])), /nobody asked for/],
	'a frame of 8 GB': [({raw}) => raw(Buffer.from([0x82, 127, 0, 0, 0, 2, 0, 0, 0, 0])), /a message of 8589934592 bytes/],
	'a piece of no message': [({raw}) => raw(Buffer.from([0x80, 0])), /do not belong together/],
	'a kubelet that is away': [
		({send}) =>
			send(
				3,
				JSON.stringify({
					status: 'Failure',
					code: 500,
					message: 'error dialing backend: dial tcp 10.0.0.1:10250: connect: connection refused',
				}),
			),
		/connection refused/,
	],
	'a status that is no JSON': [({send}) => send(3, '{{'), /\{\{/],
};
for (const [title, [script, words]] of Object.entries(cut)) {
	test(`${title} is a command whose end is not known`, async t => {
		const error = await failure(t, script);
		t.is(error.kind, 'lost');
		t.regex(error.message, words);
		t.regex(error.message, /^a command in pod\/act of namespace\/ns was cut off/);
	});
}

test('output beyond the limit ends it, and standard error is kept in part', async t => {
	t.is((await failure(t, ({send}) => send(1, 'x'.repeat(101)))).kind, 'refused');
	const {url} = await peer(t, ({send}) => {
		send(2, 'e'.repeat(20_000));
		send(3, success);
	});
	t.is((await exec(t, url)).stderr.length, 16_384);
});

test('CRI-O tells what did not begin as exit code 255 with words of its runtime', async t => {
	const error = await failure(t, ({send}) => {
		send(
			2,
			'time="2026-11-25T14:00:00Z" level=error msg="exec failed: unable to start container process: exec: \\"chroot\\": executable file not found in $PATH"\n',
		);
		send(
			3,
			JSON.stringify({status: 'Failure', reason: 'NonZeroExitCode', details: {causes: [{reason: 'ExitCode', message: '255'}]}}),
		);
	});
	t.is(error.kind, 'refused');
});

const answers: readonly (readonly [string, string, ExecError['kind']])[] = [
	['500 Internal Server Error', 'container not found ("main")', 'gone'],
	['500 Internal Server Error', 'unable to upgrade connection: pod does not exist', 'gone'],
	['404 Not Found', '{"kind":"Status","code":404,"reason":"NotFound","message":"pods \\"act\\" not found"}', 'gone'],
	['500 Internal Server Error', 'rpc error: code = Unavailable desc = connection error', 'lost'],
	['502 Bad Gateway', 'error dialing backend', 'lost'],
	['400 Bad Request', 'Upgrade request required', 'refused'],
];
for (const [status, body, kind] of answers) {
	test(`${status} before the upgrade, ${body}: ${kind}`, async t => {
		const type = body.startsWith('{') ? 'application/json' : 'text/plain';
		const refuse = `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
		const {url, requests} = await peer(t, () => undefined, {refuse});
		const error = await t.throwsAsync<ExecError>(exec(t, url), {instanceOf: ExecError});
		t.is(error?.kind, kind);
		t.is(requests.length, 1, 'a command is not started twice by us');
	});
}

test('a refusal names both verbs, since the server does not say which is wanting', async t => {
	const body = '{"kind":"Status","code":403,"reason":"Forbidden","message":"pods \\"act\\" is forbidden: "}';
	const refuse = `HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
	const {url} = await peer(t, () => undefined, {refuse});
	const error = await t.throwsAsync(exec(t, url));
	t.like(error, {
		exitCode: 5,
		remedy: 'Needs: verbs get and create on resource pods/exec in namespace ns. The least role: kubectl cni-upgrade rbac node',
	});
});

test('credentials that have expired are renewed, as for any request', async t => {
	const refuse = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
	const {url, requests} = await peer(t, () => undefined, {refuse});
	const credentials = {
		who: 'user/test',
		get: async () => ({headers: {authorization: 'Bearer old'}}),
		renew: async () => ({headers: {authorization: 'Bearer new'}}),
	};
	await t.throwsAsync(exec(t, url, {}, {credentials}), {message: /does not accept the credentials of user\/test/});
	t.deepEqual(
		requests.map(({headers}) => headers.authorization),
		['Bearer old', 'Bearer new'],
	);
});

const noHandshakes = {
	'another key':
		'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm8=\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n',
	'a page that says that all is well': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi',
};
for (const [title, refuse] of Object.entries(noHandshakes)) {
	test(`${title} is no WebSocket`, async t => {
		const {url} = await peer(t, () => undefined, {refuse});
		await t.throwsAsync(exec(t, url), {
			message: /answered (101|200) without a WebSocket to \/api\/v1\/namespaces\/ns\/pods\/act\/exec/,
		});
	});
}

test('a connection over which nothing comes is asked, and given up after 45 s', async t => {
	const clock = new FakeClock();
	let other: Peer | undefined;
	const {url} = await peer(t, opened => {
		other = opened;
	});
	const running = exec(t, url, {clock, timeout: 600_000});
	const failed = t.throwsAsync(running, {instanceOf: ExecError, message: /nothing came over the connection for 45 s$/});
	for (let seconds = 0; seconds < 30; seconds += 10) {
		await until(() => clock.waiting === 2);
		clock.advance(10_000);
	}

	await until(() => other?.pings() === 3);
	other?.raw(frameOf('pong', Buffer.alloc(0), 'server'));
	await turn();
	await new Promise(resolve => {
		setTimeout(resolve, 30);
	});
	for (let seconds = 0; seconds < 50; seconds += 10) {
		await until(() => clock.waiting === 2);
		clock.advance(10_000);
	}

	await failed;
	t.is(other?.pings(), 7);
});

test('a command that does not end in time, or is left, closes its connection', async t => {
	const clock = new FakeClock();
	const closed: Promise<unknown>[] = [];
	const {url} = await peer(t, ({socket}) => closed.push(new Promise(resolve => socket.once('close', resolve))));
	const late = t.throwsAsync(exec(t, url, {clock, timeout: 9_000}), {message: /did not end within 9 s/});
	await until(() => closed.length === 1 && clock.waiting === 2);
	clock.advance(9_000);
	await late;
	const leave = new AbortController();
	const left = t.throwsAsync(exec(t, url, {signal: leave.signal}), {message: 'Ctrl-C'});
	await until(() => closed.length === 2);
	leave.abort(new Error('Ctrl-C'));
	await left;
	await Promise.all(closed);
	t.pass();
});

async function until(holds: () => boolean): Promise<void> {
	for (let tries = 0; tries < 500 && !holds(); tries += 1) {
		await new Promise(resolve => {
			setTimeout(resolve, 2);
		});
	}
}
