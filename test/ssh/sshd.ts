import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {accessSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';

const program = '/usr/sbin/sshd';

/** Why OpenSSH's own server cannot be tried here; undefined where it can. */
export const noSshd = missing();

function missing(): string | undefined {
	try {
		for (const path of [program, '/usr/bin/ssh-keygen', '/usr/bin/ssh-agent', '/usr/bin/ssh-add']) {
			accessSync(path);
		}

		// The place of its privilege separation, which packages make at boot.
		if (userInfo().uid === 0 && !existsSync('/run/sshd')) {
			mkdirSync('/run/sshd', {mode: 0o755});
		}

		return undefined;
	} catch (error) {
		return `OpenSSH is not usable here: ${(error as Error).message}`;
	}
}

export function temporaryFolder(t: Pick<ExecutionContext, 'teardown'>): string {
	const folder = mkdtempSync(join(tmpdir(), 'ssh-test-'));
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
}

/** A key pair in a file, with OpenSSH's own tool; one round of key derivation, since that is slow. */
export function keygen(path: string, ...options: readonly string[]): string {
	execFileSync('/usr/bin/ssh-keygen', ['-q', '-a', '1', '-f', path, '-N', '', ...options]);
	return path;
}

export type Sshd = {readonly port: number; readonly user: string; readonly log: () => string};

/** OpenSSH's server on a free port of loopback, as the current user, who may log in with these public keys. */
export async function startSshd(
	t: Pick<ExecutionContext, 'teardown'>,
	authorized: readonly string[],
	settings: readonly string[] = [],
): Promise<Sshd> {
	const folder = temporaryFolder(t);
	const port = await freePort();
	writeFileSync(join(folder, 'authorized_keys'), authorized.join(''), {mode: 0o600});
	const config = [
		...settings, // The first of a kind counts.
		'ListenAddress 127.0.0.1',
		`Port ${port}`,
		`HostKey ${keygen(join(folder, 'host_ed25519'), '-t', 'ed25519')}`,
		`AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
		'StrictModes no',
		'UsePAM no',
		'PidFile none',
		'PermitRootLogin yes',
		'LogLevel VERBOSE',
	];
	writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
	const sshd = spawn(program, ['-D', '-e', '-f', join(folder, 'sshd_config')], {stdio: ['ignore', 'ignore', 'pipe']});
	t.teardown(() => sshd.kill());
	let log = '';
	sshd.stderr.on('data', (chunk: Buffer) => {
		log += chunk.toString();
	});
	while (!log.includes('Server listening')) {
		await Promise.race([
			once(sshd.stderr, 'data'),
			once(sshd, 'exit').then(() => {
				throw new Error(`sshd ended: ${log}`);
			}),
		]);
	}

	return {port, user: userInfo().username, log: () => log};
}

export type RunningAgent = {readonly socket: string; readonly add: (...files: readonly string[]) => void};

/** OpenSSH's own agent, without a key. */
export async function startAgent(t: Pick<ExecutionContext, 'teardown'>): Promise<RunningAgent> {
	const socket = join(temporaryFolder(t), 'agent');
	const agent = spawn('/usr/bin/ssh-agent', ['-D', '-a', socket], {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(() => agent.kill());
	await once(agent.stdout, 'data');
	return {
		socket,
		add: (...files) => execFileSync('/usr/bin/ssh-add', ['-q', ...files], {env: {SSH_AUTH_SOCK: socket}, stdio: 'ignore'}),
	};
}

/** A port of 127.0.0.1 that nobody listens at. */
export async function freePort(): Promise<number> {
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	await once(server, 'close');
	return typeof address === 'object' && address !== null ? address.port : 0;
}
