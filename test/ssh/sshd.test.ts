import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import anyTest, {type ExecutionContext} from 'ava';
import {parsePrivateKey} from '../../lib/ssh/connection/connection.ts';
import type {SshEndpoint} from '../../lib/ssh/connection/endpoint.ts';
import {type IdentitySettings, IdentityStore} from '../../lib/ssh/keys/identities.ts';
import {connect10s, endpointOf, failure, never} from './ssh-server.ts';
import {keygen, noSshd, type Sshd, startAgent, startSshd, temporaryFolder} from './sshd.ts';

/** Against OpenSSH itself, where it is installed. */
const test = noSshd === undefined ? anyTest : (anyTest.skip as unknown as typeof anyTest);

const anything = {stdin: '', maxBytes: 1 << 20, signal: never};
const publicOf = (path: string) => readFileSync(`${path}.pub`, 'utf8');

function setUp(t: ExecutionContext, answer?: string) {
	const folder = temporaryFolder(t);
	const questions: string[] = [];
	const store = new IdentityStore(async question => {
		questions.push(question);
		return answer;
	}, parsePrivateKey);
	return {
		questions,
		key: (name: string, ...options: readonly string[]) => keygen(join(folder, name), '-t', 'ed25519', ...options),
		to: ({port, user}: Sshd, settings: Partial<IdentitySettings>, more: Partial<SshEndpoint> = {}) =>
			endpointOf(port, {
				user,
				identities: () => store.identities({agent: undefined, files: [], identitiesOnly: false, ...settings}),
				...more,
			}),
	};
}

test('OpenSSH runs a command with its stdin, and a signal is told', async t => {
	const {key, to} = setUp(t);
	const file = key('id');
	const sshd = await startSshd(t, [publicOf(file)]);
	await using connection = await connect10s(to(sshd, {files: [file]}));
	const stdin = Buffer.alloc(3 << 20, 'x');
	const {stdout, stderr, code} = await connection.exec('cat; echo careful >&2; exit 7', {...anything, stdin, maxBytes: 3 << 20});
	t.true(stdout.equals(stdin));
	t.is(stderr, 'careful\n');
	t.is(code, 7);
	t.like(await connection.exec('kill -TERM $$', anything), {code: undefined, signalName: 'SIGTERM'});
	t.is((await connection.exec('exit 0', {...anything, stdin})).code, 0, 'stdin that nobody reads');
	const error = await failure(t, connection.exec('yes', anything));
	t.regex(error.message, /more than 1048576 bytes/);
});

test('a jump through OpenSSH to OpenSSH', async t => {
	const {key, to} = setUp(t);
	const file = key('id');
	const sshd = await startSshd(t, [publicOf(file)]);
	await using jump = await connect10s(to(sshd, {files: [file]}));
	await using connection = await connect10s(to(sshd, {files: [file]}), {via: jump});
	t.is((await connection.exec('echo here', anything)).stdout.toString(), 'here\n');
	const refused = await failure(t, connect10s(endpointOf(1), {via: jump}));
	t.is(refused.stage, 'connect');
	t.regex(refused.message, /^127\.0\.0\.1:1 could not be reached from 127\.0\.0\.1:\d+: .*Connection refused/);
});

test('a jump host that may not forward', async t => {
	const {key, to} = setUp(t);
	const file = key('id');
	const sshd = await startSshd(t, [publicOf(file)], ['AllowTcpForwarding no']);
	await using jump = await connect10s(to(sshd, {files: [file]}));
	const error = await failure(t, connect10s(to(sshd, {files: [file]}), {via: jump}));
	t.is(error.stage, 'channel');
	t.regex(error.message, /opens no connection to 127\.0\.0\.1:\d+: ".*open failed"$/);
});

test('an encrypted key asks once for a whole fleet, and not where the server does not know it', async t => {
	const {key, to, questions} = setUp(t, 'secret words');
	const file = key('id', '-N', 'secret words');
	const sshd = await startSshd(t, [publicOf(file)]);
	const stranger = await startSshd(t, [publicOf(key('other'))]);
	const error = await failure(t, connect10s(to(stranger, {files: [file]})));
	t.regex(error.message, /; tried: key file \S*\/id \(refused\)$/);
	t.deepEqual(questions, []);
	const connections = await Promise.all([1, 2, 3].map(() => connect10s(to(sshd, {files: [file]}))));
	for (const connection of connections) {
		t.is((await connection.exec('exit 0', anything)).code, 0);
		await connection[Symbol.asyncDispose]();
	}

	t.deepEqual(questions, [`Enter passphrase for key '${file}'`]);
});

const logsIn = test.macro(async (t: ExecutionContext, options: readonly string[], isAsked: boolean) => {
	const {key, to, questions} = setUp(t, 'secret words');
	const file = key('id', ...options);
	const sshd = await startSshd(t, [publicOf(file)]);
	await using connection = await connect10s(to(sshd, {files: [file]}));
	t.is((await connection.exec('echo $SSH_CONNECTION', anything)).code, 0);
	t.is(questions.length, isAsked ? 1 : 0);
});
test('an RSA key', logsIn, ['-t', 'rsa', '-b', '1024'], false);
test('an encrypted RSA key in PEM', logsIn, ['-t', 'rsa', '-b', '1024', '-m', 'PEM', '-N', 'secret words'], true);
test('an ECDSA key', logsIn, ['-t', 'ecdsa', '-b', '521'], false);
test('an ECDSA key in PEM', logsIn, ['-t', 'ecdsa', '-m', 'PEM'], false);
test('an encrypted ECDSA key in PKCS#8', logsIn, ['-t', 'ecdsa', '-m', 'PKCS8', '-N', 'secret words'], true);
test('an RSA key in PKCS#8', logsIn, ['-t', 'rsa', '-b', '1024', '-m', 'PKCS8'], false);

const agentLogsIn = test.macro(async (t: ExecutionContext, options: readonly string[]) => {
	const {key, to, questions} = setUp(t);
	const file = key('id', ...options);
	const agent = await startAgent(t);
	agent.add(key('other'), file);
	const sshd = await startSshd(t, [publicOf(file)]);
	await using connection = await connect10s(to(sshd, {agent: agent.socket}));
	t.is((await connection.exec('exit 0', anything)).code, 0);
	t.deepEqual(questions, []);
});
test('an Ed25519 key of the agent', agentLogsIn, []);
test('an RSA key of the agent', agentLogsIn, ['-t', 'rsa', '-b', '1024']);
test('an ECDSA key of the agent', agentLogsIn, ['-t', 'ecdsa']);

test('an agent is not forwarded', async t => {
	const {key, to} = setUp(t);
	const file = key('id');
	const agent = await startAgent(t);
	agent.add(file);
	const sshd = await startSshd(t, [publicOf(file)], ['AllowAgentForwarding yes']);
	await using connection = await connect10s(to(sshd, {agent: agent.socket}));
	t.is((await connection.exec('echo "<$SSH_AUTH_SOCK>"', anything)).stdout.toString(), '<>\n');
});

test('a server that hangs up after too many keys is told by its words and the keys', async t => {
	const {key, to} = setUp(t);
	const right = key('c');
	const files = [key('a'), key('b'), right];
	const sshd = await startSshd(t, [publicOf(right)], ['MaxAuthTries 2']);
	const error = await failure(t, connect10s(to(sshd, {files})));
	t.is(error.stage, 'authentication');
	t.regex(error.message, /Too many authentication failures/);
	t.regex(error.message, /; tried: key file \S*\/a \(refused\); tried: key file \S*\/b \(refused\)$/);
});

test('a server that wants a second factor', async t => {
	const {key, to} = setUp(t);
	const file = key('id');
	const sshd = await startSshd(t, [publicOf(file)], ['PasswordAuthentication yes', 'AuthenticationMethods publickey,password']);
	const error = await failure(t, connect10s(to(sshd, {files: [file]})));
	t.is(error.stage, 'authentication');
	t.regex(error.message, /\/id \(known there, yet no login: something else is asked for as well/);
});

test('a busy server fails before anyone has tried to log in', async t => {
	const {key, to} = setUp(t);
	const file = key('id');
	const sshd = await startSshd(t, [publicOf(file)], ['MaxStartups 1:100:1']);
	const waiting = connect(sshd.port, '127.0.0.1');
	await once(waiting, 'data'); // Its banner: this one counts as a login under way.
	const error = await failure(t, connect10s(to(sshd, {files: [file]})));
	t.true(['banner', 'connect'].includes(error.stage), error.stage);
	waiting.destroy();
});

test('the host key that is verified is the one in the file of the server', async t => {
	const {key, to} = setUp(t);
	const file = key('id');
	const sshd = await startSshd(t, [publicOf(file)]);
	const seen: string[] = [];
	const verify = async (shown: Buffer) => void seen.push(shown.toString('base64'));
	await (await connect10s(to(sshd, {files: [file]}, {hostKey: {keyTypes: ['ssh-rsa'], verify}})))[Symbol.asyncDispose]();
	t.is(seen.length, 1);
	t.regex(seen[0] ?? '', /^AAAAC3NzaC1lZDI1NTE5/);
});
