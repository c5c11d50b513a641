import {setTimeout as pause} from 'node:timers/promises';
import test from 'ava';
import ssh2, {type ParsedKey} from 'ssh2';
import {Attempt} from '../../lib/ssh/attempt.ts';
import {parsePrivateKey} from '../../lib/ssh/connection.ts';
import {SshError} from '../../lib/ssh/errors.ts';
import {hostKeyAlgorithms, orderHostKeyAlgorithms} from '../../lib/ssh/host-key-types.ts';
import {KeyOffers} from '../../lib/ssh/key-offers.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {
	allClosed,
	connect10s,
	endpointOf,
	failure,
	hostKey,
	identity,
	never,
	newKey,
	sshServer,
	tcpServer,
	these,
	userKey,
} from './ssh-server.ts';

const anything = {stdin: '', maxBytes: 1 << 20, signal: never};

test.after('what is thrown late, where nobody can catch it, fails this file too', () => pause(50));

test('a command gets its stdin to the end, and gives back its output, its errors and its exit code', async t => {
	const {endpoint} = await sshServer(t, {
		exec(channel, command) {
			let seen = '';
			channel.on('data', (chunk: Buffer) => {
				seen += chunk.toString();
			});
			channel.on('end', () => {
				channel.write(`${command}: ${seen.length}`);
				channel.stderr.write('careful');
				channel.exit(7);
				channel.end();
			});
		},
	});
	await using connection = await connect10s(endpoint());
	// More than the window of SSH, so that it needs several turns.
	const result = await connection.exec('wc', {...anything, stdin: Buffer.alloc(5 << 20, 'x')});
	t.is(result.stdout.toString(), `wc: ${5 << 20}`);
	t.is(result.stderr, 'careful');
	t.is(result.code, 7);
	t.is(result.signalName, undefined);
});

test('a command that a signal ended has its name, and no code', async t => {
	const {endpoint} = await sshServer(t, {
		exec(channel) {
			channel.exit('TERM');
			channel.end();
		},
	});
	await using connection = await connect10s(endpoint());
	t.like(await connection.exec('x', anything), {code: undefined, signalName: 'SIGTERM'});
});

test('a channel that closes without a word about the exit has no code', async t => {
	const {endpoint} = await sshServer(t, {exec: channel => channel.end()});
	await using connection = await connect10s(endpoint());
	t.like(await connection.exec('x', {...anything, stdin: Buffer.alloc(4 << 20)}), {code: undefined, signalName: undefined});
});

test('output over the limit fails, and ends the connection', async t => {
	const {endpoint, sockets} = await sshServer(t, {
		exec(channel) {
			const more = () => {
				while (channel.write(Buffer.alloc(64 << 10)));
				channel.once('drain', more);
			};
			more();
		},
	});
	await using connection = await connect10s(endpoint());
	const error = await failure(t, connection.exec('yes', {...anything, maxBytes: 100_000}));
	t.is(error.stage, 'exec');
	t.regex(error.message, /^127\.0\.0\.1:\d+ sent more than 100000 bytes of output$/);
	await allClosed(sockets);
	t.pass();
	t.is((await failure(t, connection.exec('x', anything))).stage, 'lost');
});

test('output at the limit is fine, and of stderr 16 KiB are kept', async t => {
	const {endpoint} = await sshServer(t, {
		exec(channel) {
			channel.write(Buffer.alloc(100_000));
			channel.stderr.write(Buffer.alloc(100_000, 'e'));
			channel.exit(0);
			channel.end();
		},
	});
	await using connection = await connect10s(endpoint());
	const {stdout, stderr} = await connection.exec('x', {...anything, maxBytes: 100_000});
	t.is(stdout.length, 100_000);
	t.is(stderr.length, 16 << 10);
});

test('a connection that breaks during a command is lost', async t => {
	const {endpoint, sockets} = await sshServer(t, {
		exec(channel) {
			channel.write('half of');
			for (const socket of sockets) {
				socket.resetAndDestroy();
			}
		},
	});
	await using connection = await connect10s(endpoint());
	const error = await failure(t, connection.exec('x', {...anything, stdin: Buffer.alloc(5 << 20)}));
	t.is(error.stage, 'lost');
	t.regex(error.message, /^the connection to 127\.0\.0\.1:\d+ was lost: /);
});

test('an abort ends a command that trickles, and its connection, at once', async t => {
	const {endpoint, sockets} = await sshServer(t, {
		exec(channel) {
			const timer = setInterval(() => channel.write('.'), 10);
			channel.on('close', () => clearInterval(timer));
			t.teardown(() => clearInterval(timer));
		},
	});
	await using connection = await connect10s(endpoint());
	const controller = new AbortController();
	const running = failure(t, connection.exec('x', {...anything, signal: controller.signal}));
	await pause(50);
	controller.abort(new Error('enough'));
	const error = await running;
	t.is(error.stage, 'exec');
	t.regex(error.message, /was left: enough$/);
	await allClosed(sockets);
	t.pass();
});

test('an abort leaves alone what else runs on the connection', async t => {
	const {endpoint} = await sshServer(t, {
		exec(channel, command) {
			if (command === 'quick') {
				setTimeout(() => {
					channel.exit(0);
					channel.end();
				}, 50);
			}
		},
	});
	await using connection = await connect10s(endpoint());
	const controller = new AbortController();
	const slow = failure(t, connection.exec('slow', {...anything, signal: controller.signal}));
	const quick = connection.exec('quick', anything);
	controller.abort(new Error('enough'));
	t.is((await slow).stage, 'exec');
	t.is((await quick).code, 0);
	t.is((await failure(t, connection.exec('x', {...anything, signal: AbortSignal.abort()}))).stage, 'exec');
});

test('a server that opens no session fails at the channel', async t => {
	const {endpoint} = await sshServer(t, {session: (_client, _accept, reject) => reject()});
	await using connection = await connect10s(endpoint());
	const error = await failure(t, connection.exec('x', anything));
	t.is(error.stage, 'channel');
	t.regex(error.remedy ?? '', /MaxSessions/);
});

test('a server that refuses the command fails at exec', async t => {
	const {endpoint} = await sshServer(t, {session: (_client, accept) => accept()});
	await using connection = await connect10s(endpoint());
	t.is((await failure(t, connection.exec('x', anything))).stage, 'exec');
});

test('a server that no longer answers is noticed', async t => {
	const {endpoint, sockets} = await sshServer(t);
	await using connection = await connect10s(endpoint(), {keepaliveInterval: 20});
	const running = failure(t, connection.exec('x', anything));
	await pause(100); // It answers the questions of these 100 ms.
	for (const socket of sockets) {
		socket.pause();
	}

	const error = await running;
	t.is(error.stage, 'lost');
	t.regex(error.message, /Keepalive timeout/);
});

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

const refusing = (offered: string[]) => ({
	authenticate: (context: {reject: (methods: never) => void}) => context.reject(offered as never),
});

test('a server that takes only passwords is not sent one', async t => {
	const {endpoint, logins} = await sshServer(t, refusing(['password', 'keyboard-interactive']));
	const error = await failure(t, connect10s(endpoint()));
	t.is(error.stage, 'authentication');
	t.regex(error.message, /takes no public keys from user ada, only password, keyboard-interactive$/);
	t.deepEqual(logins, ['none']);
});

test('keys are tried in order, and the error names each and those passed over', async t => {
	const {endpoint, logins} = await sshServer(t);
	const keys = [
		identity(newKey(), 'key file a'),
		{name: 'key file b', unusable: 'does not exist'},
		identity(newKey(), 'agent key c'),
	];
	const error = await failure(t, connect10s(endpoint({identities: () => these(...keys)})));
	t.is(error.stage, 'authentication');
	t.is(
		error.message.replace(/^\S+ /, ''),
		'accepts none of the keys offered; tried: key file a (refused); tried: agent key c (refused); passed over: key file b does not exist',
	);
	t.is(error.remedy, 'Put a public key of yours into the authorized_keys of user ada there, and load the key: ssh-add FILE');
	t.deepEqual(logins, ['none', 'publickey', 'publickey']);
	await (await connect10s(endpoint({identities: () => these(...keys, identity(userKey))})))[Symbol.asyncDispose]();
});

test('after six keys no more are tried', async t => {
	const {endpoint, logins} = await sshServer(t);
	const keys = Array.from({length: 8}, (_, index) => identity(newKey(), `agent key ${index}`));
	const error = await failure(t, connect10s(endpoint({identities: () => these(...keys)})));
	t.is(error.stage, 'authentication');
	t.regex(error.message, /was offered 6 keys.*; tried: agent key 0 \(refused\);.*; tried: agent key 5 \(refused\)$/);
	t.regex(error.remedy ?? '', /IdentitiesOnly yes/);
	t.is(logins.length, 7);
});

test('a server that hangs up after a few keys is told apart from one that drops connections', async t => {
	let failures = 0;
	const {endpoint, sockets} = await sshServer(t, {
		authenticate(context) {
			failures += context.method === 'publickey' ? 1 : 0;
			if (failures === 2) {
				for (const socket of sockets) {
					socket.destroy();
				}
			}

			context.reject(['publickey']);
		},
	});
	const keys = Array.from({length: 4}, (_, index) => identity(newKey(), `agent key ${index}`));
	const error = await failure(t, connect10s(endpoint({identities: () => these(...keys)})));
	t.is(error.stage, 'authentication');
	t.regex(error.message, /agent key 0 \(refused\); tried: agent key 1 \(refused\)$/);
});

test('a key that cannot sign is passed over for the next', async t => {
	const {endpoint} = await sshServer(t, {
		authenticate(context) {
			if (context.method !== 'publickey') {
				context.reject(['publickey']);
			} else {
				context.accept();
			}
		},
	});
	const broken = {...identity(newKey(), 'agent key a'), sign: async () => Promise.reject(new Error('the agent refused'))};
	await (await connect10s(endpoint({identities: () => these(broken, identity(userKey))})))[Symbol.asyncDispose]();
	const error = await failure(t, connect10s(endpoint({identities: () => these(broken)})));
	t.regex(error.message, /agent key a \(known there, but: the agent refused\)$/);
});

test('an RSA signature with SHA-1 is not given, not even where the server knows nothing better', async t => {
	const clock = new FakeClock();
	using attempt = new Attempt({hostName: '::1', port: 22}, {connectTimeout: 1000, signal: never, clock});
	const key = identity(rsaKey, 'agent key a');
	const offers = new KeyOffers(attempt, 'ada', these(key));
	offers.methods = ['publickey'];
	const offered = await offers.next();
	await t.throwsAsync(offers.sign(offered, Buffer.from('x'), 'sha1'), {message: /RSA signature with sha1, which is not safe/});
	t.is((await offers.sign(offered, Buffer.from('x'), 'sha256')).length, 256);
	t.regex((await failure(t, offers.next())).message, /^\[::1\]:22 accepts none of the keys offered; tried: agent key a /);
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

test("the time that a passphrase takes is not the server's", async t => {
	const {endpoint} = await sshServer(t);
	const clock = new FakeClock();
	const asked = Promise.withResolvers<void>();
	const answer = Promise.withResolvers<void>();
	async function* identities() {
		asked.resolve();
		await answer.promise;
		yield identity(userKey);
	}
	const connecting = connect10s(endpoint({identities}), {clock});
	await asked.promise;
	clock.advance(100_000);
	answer.resolve();
	await (await connecting)[Symbol.asyncDispose]();
	t.is(clock.waiting, 0);
});

test('a passphrase is not waited for longer than a server waits', async t => {
	const {endpoint} = await sshServer(t);
	const clock = new FakeClock();
	const asked = Promise.withResolvers<void>();
	async function* identities() {
		asked.resolve();
		await new Promise(() => undefined);
		yield identity(userKey);
	}
	const connecting = failure(t, connect10s(endpoint({identities}), {clock}));
	await asked.promise;
	clock.advance(120_000);
	t.regex((await connecting).message, /waited 120 s for a passphrase/);
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

test('a server that hangs up while a passphrase is awaited ends the wait, and what is answered later harms nothing', async t => {
	const {endpoint, sockets} = await sshServer(t);
	const asked = Promise.withResolvers<void>();
	const answer = Promise.withResolvers<void>();
	async function* identities() {
		asked.resolve();
		await answer.promise;
		yield identity(userKey);
	}
	const connecting = failure(t, connect10s(endpoint({identities})));
	await asked.promise;
	for (const socket of sockets) {
		socket.destroy();
	}

	const error = await connecting;
	t.is(error.stage, 'authentication');
	t.regex(error.message, /ended the connection during the login of user ada/);
	answer.resolve();
	await pause(20);
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
