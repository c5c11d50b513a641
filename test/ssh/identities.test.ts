import {once} from 'node:events';
import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer, type Socket} from 'node:net';
import {join} from 'node:path';
import anyTest, {type ExecutionContext} from 'ava';
import {parsePrivateKey} from '../../lib/ssh/connection/connection.ts';
import {type Identity, type IdentitySettings, IdentityStore} from '../../lib/ssh/keys/identities.ts';
import {wireNumber, wireString} from '../../lib/ssh/keys/wire.ts';
import {keygen, noSshd, temporaryFolder} from './sshd.ts';

/** ssh-keygen makes the keys. */
const test = noSshd === undefined ? anyTest : (anyTest.skip as unknown as typeof anyTest);

function setUp(t: ExecutionContext, answers: readonly (string | undefined)[] = []) {
	const folder = temporaryFolder(t);
	const questions: string[] = [];
	const left = [...answers];
	const store = new IdentityStore(async question => {
		questions.push(question);
		return left.shift();
	}, parsePrivateKey);
	return {
		folder,
		questions,
		key: (name: string, ...options: readonly string[]) => keygen(join(folder, name), '-t', 'ed25519', '-C', name, ...options),
		list: async (settings: Partial<IdentitySettings>) => {
			const all: Identity[] = [];
			for await (const identity of store.identities({agent: undefined, files: [], identitiesOnly: false, ...settings})) {
				all.push(identity);
			}

			return all;
		},
	};
}

/** What is tried, and what is passed over, without the folder. */
const show = (identities: readonly Identity[]) =>
	identities.map(identity =>
		`${identity.name}${'unusable' in identity ? ` ${identity.unusable}` : ''}`.replaceAll(/\/\S*\//g, ''),
	);

async function sign(identity: Identity | undefined, hash?: 'sha256' | 'sha512'): Promise<Buffer> {
	if (identity === undefined || 'unusable' in identity) {
		throw new Error('this key had to be usable');
	}

	return await identity.sign(Buffer.from('x'), hash);
}

const blobOf = (path: string) => Buffer.from(readFileSync(`${path}.pub`, 'utf8').split(' ')[1] ?? '', 'base64');

/** An agent that answers each request with these bytes. */
async function agentThat(t: ExecutionContext, answer: (socket: Socket) => void) {
	const socketPath = join(temporaryFolder(t), 'agent');
	let asked = 0;
	const sockets = new Set<Socket>();
	const server = createServer(socket => {
		sockets.add(socket);
		socket.on('error', () => undefined);
		socket.on('data', () => {
			asked += 1;
			answer(socket);
		});
	});
	server.listen(socketPath);
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
		for (const socket of sockets) {
			socket.destroy();
		}
	});
	return {socketPath, asked: () => asked};
}

const holding = (...keys: readonly (readonly [blob: Buffer, comment: string])[]) =>
	wireString(
		Buffer.concat([
			Buffer.of(12),
			wireNumber(keys.length),
			...keys.flatMap(([blob, comment]) => [wireString(blob), wireString(comment)]),
		]),
	);

test('the agent comes first: the keys that files name, its others, then the files that it does not hold', async t => {
	const {key, list} = setUp(t);
	const [a, b, c] = [key('a'), key('b'), key('c')];
	const agent = await agentThat(t, socket =>
		socket.write(holding([blobOf(c), 'c'], [wireString('sk-ssh-ed25519@openssh.com'), 'token'], [blobOf(b), 'b'])),
	);
	const files = [a, b, a];
	t.deepEqual(show(await list({agent: agent.socketPath, files})), [
		'agent key "b" (ssh-ed25519)',
		'agent key "c" (ssh-ed25519)',
		'agent key "token" (sk-ssh-ed25519@openssh.com) is of type sk-ssh-ed25519@openssh.com, which is not supported here',
		'key file a',
	]);
	t.deepEqual(show(await list({agent: agent.socketPath, files, identitiesOnly: true})), [
		'agent key "b" (ssh-ed25519)',
		'key file a',
	]);
	t.is(agent.asked(), 1);
});

test('a public key names one that the agent holds', async t => {
	const {key, list} = setUp(t);
	const file = `${key('a')}.pub`;
	const agent = await agentThat(t, socket => socket.write(holding([blobOf(file.slice(0, -4)), 'a'])));
	t.deepEqual(show(await list({agent: agent.socketPath, files: [file], identitiesOnly: true})), ['agent key "a" (ssh-ed25519)']);
	t.deepEqual(show(await list({files: [file]})), ['key file a.pub holds only a public key']);
});

const broken = test.macro(async (t: ExecutionContext, answer: (socket: Socket) => void, says: RegExp) => {
	const {key, list} = setUp(t);
	const agent = await agentThat(t, answer);
	const [first, second] = show(await list({agent: agent.socketPath, files: [key('a')]}));
	t.regex(first ?? '', says);
	t.is(second, 'key file a');
});
test(
	'an agent that refuses',
	broken,
	s => s.write(wireString(Buffer.of(5))),
	/the agent at agent cannot be asked: the agent refused/,
);
test('an agent that hangs up', broken, s => s.destroy(), /cannot be asked: the agent hung up/);
test('an agent whose answer is cut', broken, s => s.write(wireString(Buffer.of(12, 0, 0, 0, 9))), /the bytes end too early/);
test('an agent whose answer is empty', broken, s => s.write(wireNumber(0)), /the bytes end too early/);
test('an agent that says too much', broken, s => s.write(wireNumber(1 << 30)), /an answer that is too long/);

test('an agent that signs with another algorithm than it was asked for is not believed', async t => {
	const {key, list} = setUp(t);
	const blob = blobOf(key('a', '-t', 'rsa', '-b', '1024'));
	let answer = holding([blob, 'a']);
	const agent = await agentThat(t, socket => socket.write(answer));
	const [identity] = await list({agent: agent.socketPath});
	const signed = (algorithm: string) =>
		wireString(Buffer.concat([Buffer.of(14), wireString(Buffer.concat([wireString(algorithm), wireString('signature')]))]));
	answer = signed('rsa-sha2-512');
	t.is((await sign(identity, 'sha512')).toString(), 'signature');
	answer = signed('ssh-rsa');
	await t.throwsAsync(sign(identity, 'sha512'), {message: /signed with "ssh-rsa" where rsa-sha2-512 was asked for/});
});

test('an agent that is not there', async t => {
	const {list} = setUp(t);
	t.regex(show(await list({agent: '/nowhere/agent'}))[0] ?? '', /^the agent at agent cannot be asked: connect ENOENT/);
});

test('files that hold no usable key are named with the reason', async t => {
	const {key, list, folder} = setUp(t);
	const open = key('open');
	chmodSync(open, 0o640);
	const text = join(folder, 'text');
	writeFileSync(text, 'hello');
	const cut = join(folder, 'cut');
	writeFileSync(cut, '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n', {
		mode: 0o600,
	});
	t.deepEqual(show(await list({files: [join(folder, 'none'), open, text, cut, folder]})), [
		'key file none does not exist',
		'key file open can be read by others (mode 0640): chmod 600 open',
		'key file text holds no key',
		'key file cut cannot be read: the bytes end too early',
		`key file ${folder.split('/').at(-1)} cannot be read: EISDIR: illegal operation on a directory, read`,
	]);
});

test('a passphrase is asked once, even where it was wrong', async t => {
	const {key, list, questions} = setUp(t, ['wrong']);
	const file = key('a', '-N', 'right words');
	for (const _ of [1, 2]) {
		const [identity] = await list({files: [file]});
		await t.throwsAsync(sign(identity), {message: 'is encrypted, and the passphrase did not open it'});
	}

	t.deepEqual(questions, [`Enter passphrase for key '${file}'`]);
});

test('without a passphrase a key is passed over', async t => {
	const {key, list} = setUp(t);
	const [identity] = await list({files: [key('a', '-N', 'right words')]});
	await t.throwsAsync(sign(identity), {message: /no passphrase was given/});
});

test('a PEM key without its public key asks when its turn comes', async t => {
	const {key, list, questions, folder} = setUp(t, ['right words']);
	const file = key('a', '-t', 'ecdsa', '-m', 'PEM', '-N', 'right words');
	const alone = join(folder, 'alone');
	writeFileSync(alone, readFileSync(file), {mode: 0o600});
	t.deepEqual(show(await list({files: [alone]})), ['key file alone']);
	t.is(questions.length, 1);
});

test('two questions are never asked at once', async t => {
	const {folder} = setUp(t);
	let open = 0;
	const store = new IdentityStore(async () => {
		open += 1;
		t.is(open, 1);
		await new Promise(setImmediate);
		open -= 1;
		return 'right words';
	}, parsePrivateKey);
	const files = ['a', 'b'].map(name => keygen(join(folder, name), '-t', 'ed25519', '-N', 'right words'));
	const signing: Promise<Buffer>[] = [];
	for await (const identity of store.identities({agent: undefined, files, identitiesOnly: false})) {
		signing.push(sign(identity));
	}

	t.deepEqual(
		(await Promise.all(signing)).map(signature => signature.length),
		[64, 64],
	);
});

test('a public key that lies beside another private key is found out', async t => {
	const {key, list} = setUp(t, ['right words']);
	const file = key('a', '-t', 'ecdsa', '-m', 'PEM', '-N', 'right words');
	writeFileSync(`${file}.pub`, readFileSync(`${key('b')}.pub`));
	const [identity] = await list({files: [file]});
	await t.throwsAsync(sign(identity), {message: /^does not belong to .*a\.pub$/});
});
