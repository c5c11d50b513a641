import {setTimeout as pause} from 'node:timers/promises';
import test from 'ava';
import ssh2, {type ParsedKey} from 'ssh2';
import {parsePrivateKey} from '../../lib/ssh/connection/connection.ts';
import {hostKeyAlgorithms, orderHostKeyAlgorithms} from '../../lib/ssh/connection/host-key-types.ts';
import {SshError} from '../../lib/ssh/errors.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {allClosed, connect10s, endpointOf, failure, hostKey, never, newKey, sshServer, tcpServer} from './ssh-server.ts';

const anything = {stdin: '', maxBytes: 1 << 20, signal: never};

test.after('what is thrown late, where nobody can catch it, fails this file too', () => pause(50));

test('the key that was shown is verified before anything is sent, and a throw is what the caller gets', async t => {
	const {endpoint, logins} = await sshServer(t);
	const refusal = new SshError('host-key', 'changed');
	const seen: Buffer[] = [];
	const error = await failure(
		t,
		connect10s(
			endpoint({
				hostKey: {
					keyTypes: ['ssh-ed25519'],
					async verify(key) {
						seen.push(key);
						throw refusal;
					},
				},
				identities: () => t.fail('no key may be asked for'),
			}),
		),
	);
	t.is(error, refusal);
	t.deepEqual(seen, [parsePrivateKey(hostKey, undefined).publicKey]);
	t.deepEqual(logins, []);
});

test('any other error of the verdict is one of the host key', async t => {
	const {endpoint} = await sshServer(t);
	const verify = async () => {
		throw new Error('unknown key');
	};
	const error = await failure(t, connect10s(endpoint({hostKey: {keyTypes: [], verify}})));
	t.is(error.stage, 'host-key');
	t.regex(error.message, /unknown key/);
});

const rsaKey = ssh2.utils.generateKeyPairSync('rsa', {bits: 2048}).private;

test('an RSA host key proves itself with SHA-2, and not with SHA-1', async t => {
	const rules = {hostKeys: [hostKey, rsaKey]};
	const shown: Buffer[] = [];
	const check = {
		keyTypes: ['ssh-rsa', 'ssh-rsa-cert-v01@openssh.com', 'ssh-dss'],
		verify: async (key: Buffer) => void shown.push(key),
	};
	await (await connect10s((await sshServer(t, rules)).endpoint({hostKey: check})))[Symbol.asyncDispose]();
	t.deepEqual(shown, [parsePrivateKey(rsaKey, undefined).publicKey]);
	const {endpoint} = await sshServer(t, {hostKeys: [rsaKey], serverHostKey: ['ssh-rsa']});
	const error = await failure(t, connect10s(endpoint()));
	t.is(error.stage, 'handshake');
	t.regex(error.remedy ?? '', /supported here: ssh-ed25519/);
});

test('host keys that are known are asked for first', t => {
	t.deepEqual(orderHostKeyAlgorithms(['ssh-rsa', 'ecdsa-sha2-nistp384', 'ssh-dss']).slice(0, 4), [
		'rsa-sha2-512',
		'rsa-sha2-256',
		'ecdsa-sha2-nistp384',
		'ssh-ed25519',
	]);
	t.deepEqual(orderHostKeyAlgorithms([]), [...hostKeyAlgorithms]);
});

test('a server that shows a known host key without holding it is found out', async t => {
	const known = ssh2.utils.parseKey(hostKey) as ParsedKey;
	const thief = ssh2.utils.parseKey(newKey()) as ParsedKey;
	thief.getPublicSSH = () => known.getPublicSSH();
	const {endpoint, logins} = await sshServer(t, {hostKeys: [{key: thief as unknown as string}]});
	const seen: Buffer[] = [];
	const error = await failure(t, connect10s(endpoint({hostKey: {keyTypes: [], verify: async key => void seen.push(key)}})));
	t.is(error.stage, 'handshake');
	t.regex(error.message, /signature/);
	t.deepEqual(seen, [known.getPublicSSH()]);
	t.deepEqual(logins, []);
});

const drops = test.macro(
	async (t, onSocket: (socket: import('node:net').Socket) => void, stage: SshError['stage'], message: RegExp) => {
		const {endpoint} = await tcpServer(t, onSocket);
		const error = await failure(t, connect10s(endpoint()));
		t.is(error.stage, stage);
		t.regex(error.message, message);
	},
);
test(
	'a busy sshd says why it hangs up',
	drops,
	s => s.end('Exceeded MaxStartups\r\n'),
	'banner',
	/it said "Exceeded MaxStartups"/,
);
test('a server that hangs up at once', drops, s => s.destroy(), 'banner', /it said nothing/);
test('a web server', drops, s => s.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'banner', /it said "HTTP\/1\.1 400 Bad Request"/);
test('garbage', drops, s => s.end(Buffer.alloc(9000, 0xfe)), 'banner', /without an SSH banner/);
test(
	'an endless greeting',
	drops,
	s => s.write(`hello ${'x'.repeat(5000)}\r\n`.repeat(20)),
	'banner',
	/are no SSH banner: "hello xxx/,
);
test('an endless line', drops, s => s.write('x'.repeat(20_000)), 'banner', /without an SSH banner/);
test('a server that hangs up after its banner', drops, s => s.end('SSH-2.0-x\r\n'), 'handshake', /ended the key exchange/);
test('garbage after the banner', drops, s => s.end(`SSH-2.0-x\r\n${'x'.repeat(999)}`), 'handshake', /ended the key exchange/);
test('an old protocol', drops, s => s.end('SSH-1.5-x\r\n'), 'banner', /it said "SSH-1\.5-x"/);

test('a port where nothing listens fails at the connection', async t => {
	const error = await failure(t, connect10s(endpointOf(1)));
	t.is(error.stage, 'connect');
	t.regex(error.message, /^127\.0\.0\.1:1 could not be reached: connect ECONNREFUSED/);
});

test('a server that says nothing fails once the time is over', async t => {
	const accepted = Promise.withResolvers<void>();
	const {endpoint, sockets} = await tcpServer(t, socket => {
		socket.once('data', () => accepted.resolve()); // Its banner: it waits for ours.
	});
	const clock = new FakeClock();
	const connecting = failure(t, connect10s(endpoint(), {clock}));
	await accepted.promise;
	clock.advance(10_000);
	const error = await connecting;
	t.is(error.stage, 'banner');
	t.regex(error.message, /accepted a connection and sent no SSH banner within 10 s$/);
	await allClosed(sockets);
	t.pass();
});

test('an abort ends a connection that is being made, with its socket', async t => {
	const accepted = Promise.withResolvers<void>();
	const {endpoint, sockets} = await tcpServer(t, socket => {
		socket.once('data', () => accepted.resolve()); // Its banner: it waits for ours.
	});
	const controller = new AbortController();
	const connecting = failure(t, connect10s(endpoint(), {signal: controller.signal}));
	await accepted.promise;
	controller.abort(new Error('Ctrl-C'));
	const error = await connecting;
	t.regex(error.message, /was left before the login was done: Ctrl-C$/);
	t.is((error.cause as Error).message, 'Ctrl-C');
	await allClosed(sockets);
	t.pass();
	t.is((await failure(t, connect10s(endpoint(), {signal: controller.signal}))).stage, 'connect');
});

test('a node is reached through two jump hosts, and the last to go is the first', async t => {
	const node = await sshServer(t, {
		exec(channel) {
			channel.exit(3);
			channel.end('here');
		},
	});
	const jump = await sshServer(t, {forwards: true});
	await using first = await connect10s(jump.endpoint());
	await using second = await connect10s((await sshServer(t, {forwards: true})).endpoint(), {via: first});
	{
		await using connection = await connect10s(node.endpoint(), {via: second});
		const {stdout, code} = await connection.exec('x', anything);
		t.is(`${stdout.toString()} ${code}`, 'here 3');
	}

	await allClosed(node.sockets);
	t.pass();
	await using again = await connect10s(node.endpoint(), {via: second});
	const running = failure(t, again.exec('x', {...anything, stdin: 'x'}));
	for (const socket of jump.sockets) {
		socket.destroy();
	}

	t.is((await running).stage, 'lost');
	t.is((await failure(t, again.exec('x', anything))).stage, 'lost');
});

test('a command on the jump host that is aborted leaves the connections through it', async t => {
	const node = await sshServer(t, {
		exec(channel) {
			channel.exit(0);
			channel.end();
		},
	});
	const jump = await sshServer(t, {forwards: true});
	await using first = await connect10s(jump.endpoint());
	await using connection = await connect10s(node.endpoint(), {via: first});
	const controller = new AbortController();
	const running = failure(t, first.exec('x', {...anything, signal: controller.signal}));
	await pause(10);
	controller.abort();
	t.is((await running).stage, 'exec');
	t.is((await connection.exec('x', anything)).code, 0);
});

test('a jump that takes too long leaves the jump host for the next', async t => {
	const asked = Promise.withResolvers<void>();
	const silent = await tcpServer(t, socket => void socket.once('data', () => asked.resolve()));
	const node = await sshServer(t);
	const jump = await sshServer(t, {forwards: true});
	await using first = await connect10s(jump.endpoint());
	const unopened = new AbortController();
	const opening = failure(t, first.forward('127.0.0.1', node.port, unopened.signal));
	unopened.abort(new Error('enough'));
	t.is((await opening).stage, 'connect');
	const clock = new FakeClock();
	const connecting = failure(t, connect10s(silent.endpoint(), {via: first, clock}));
	await asked.promise;
	clock.advance(10_000);
	t.regex((await connecting).message, /^127\.0\.0\.1:\d+ accepted a connection and sent no SSH banner within 10 s$/);
	await allClosed(silent.sockets);
	await (await connect10s(node.endpoint(), {via: first}))[Symbol.asyncDispose]();
});

test('a node that its jump host cannot reach fails at the connection', async t => {
	const jump = await sshServer(t);
	await using first = await connect10s(jump.endpoint());
	const error = await failure(t, connect10s(endpointOf(22), {via: first}));
	t.is(error.stage, 'connect');
	t.regex(error.message, /^127\.0\.0\.1:22 could not be reached from 127\.0\.0\.1:\d+: /);
});
