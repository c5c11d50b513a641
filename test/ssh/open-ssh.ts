import {execFileSync} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {run, startSshd} from './host-key-sshd.ts';
import type {Keys} from './keys.ts';
import {askClient, connector, connectorSource, keygen, type Question} from './ssh-client.ts';

export type OpenSsh = {
	readonly keys: Keys;
	/** Where sshd listens on 127.0.0.1. */
	readonly port: number;
	/** `known`, `unknown`, `revoked`, `changed FILE:LINE`, or `?` and all that ssh said. */
	readonly ask: (question: Question) => Promise<string>;
	readonly stop: () => Promise<void>;
};

/** A real sshd on loopback with keys of its own, and the client to ask it with; or what is missing here. */
export async function startOpenSsh(): Promise<OpenSsh | {readonly missing: string}> {
	const programs = findPrograms();
	if ('missing' in programs) {
		return programs;
	}

	const dir = await mkdtemp(join(tmpdir(), 'cni-upgrade-ssh-'));
	const keys = await makeKeys(dir);
	const daemon = await startSshd(dir, programs.sshd);
	if ('missing' in daemon) {
		await rm(dir, {recursive: true, force: true});
		return daemon;
	}

	await writeFile(join(dir, connector), connectorSource);
	let asked = 0;
	// Two at a time, whatever the tests would like.
	const lanes = [Promise.resolve(''), Promise.resolve('')];
	return {
		keys,
		port: daemon.port,
		async ask(question) {
			asked += 1;
			const id = asked;
			const lane = id % lanes.length;
			const answer = (lanes[lane] ?? Promise.resolve('')).then(async () => askClient(dir, `${id}`, daemon, question));
			lanes[lane] = answer;
			return answer;
		},
		async stop() {
			daemon.stop();
			await rm(dir, {recursive: true, force: true});
		},
	};
}

function findPrograms(): {readonly sshd: string} | {readonly missing: string} {
	const missing: string[] = [];
	// The client also fails where the user has no name.
	const ssh = run('ssh', ['-F', 'none', '-G', 'x']);
	if (ssh !== undefined) {
		missing.push(`ssh (${ssh})`);
	}

	// Usage, in words: it is there.
	if (run(keygen, ['-?'])?.includes('ENOENT') === true) {
		missing.push(keygen);
	}

	const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd', '/opt/homebrew/sbin/sshd'].find(
		path => run(path, ['-?'])?.includes('ENOENT') !== true,
	);
	if (sshd === undefined) {
		missing.push('sshd');
	}

	return sshd === undefined || missing.length > 0 ? {missing: missing.join(', ')} : {sshd};
}

async function makeKeys(dir: string): Promise<Keys> {
	const types = {ed25519: 'ed25519', ecdsa: 'ecdsa', rsa: 'rsa', other: 'ed25519', ca: 'ed25519'};
	for (const [name, type] of Object.entries(types)) {
		const bits = type === 'rsa' ? ['-b', '2048'] : [];
		execFileSync(keygen, ['-q', '-t', type, ...bits, '-N', '', '-C', '', '-f', join(dir, name)]);
	}

	execFileSync(keygen, ['-q', '-s', join(dir, 'ca'), '-I', 'x', '-h', '-n', 'node-1.example', join(dir, 'ed25519.pub')]);
	const read = async (name: string) => {
		const text = await readFile(join(dir, `${name}.pub`), 'utf8');
		return text.split(' ').slice(0, 2).join(' ').trim();
	};

	return {
		ed25519: await read('ed25519'),
		ecdsa: await read('ecdsa'),
		rsa: await read('rsa'),
		other: await read('other'),
		ca: await read('ca'),
		certificate: await read('ed25519-cert'),
	};
}
