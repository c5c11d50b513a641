import {setTimeout as pause} from 'node:timers/promises';
import test from 'ava';
import ssh2 from 'ssh2';
import {Attempt} from '../../lib/ssh/connection/attempt.ts';
import {KeyOffers} from '../../lib/ssh/keys/key-offers.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {connect10s, failure, identity, never, newKey, sshServer, these, userKey} from './ssh-server.ts';

test.after('what is thrown late, where nobody can catch it, fails this file too', () => pause(50));

const rsaKey = ssh2.utils.generateKeyPairSync('rsa', {bits: 2048}).private;

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
