import {execFileSync, spawn} from 'node:child_process';
import {chown, readdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {freePort} from './sshd.ts';

const nobody = 65_534;

/** An sshd on a free port of 127.0.0.1, with the keys in the directory; or why it would not start. */
export async function startSshd(
	dir: string,
	sshd: string,
): Promise<{readonly port: number; log(): string; stop(): void} | {readonly missing: string}> {
	// As root sshd wants a directory of the system's; as nobody it wants none, and nobody logs in here.
	const isRoot = process.getuid?.() === 0;
	const identity = isRoot ? {uid: nobody, gid: nobody} : {};
	const port = await freePort();
	const config = join(dir, 'sshd_config');
	await writeFile(config, configOf(dir, port));
	if (isRoot) {
		await Promise.all([dir, ...(await readdir(dir)).map(name => join(dir, name))].map(async path => chown(path, nobody, nobody)));
	}

	// From OpenSSH 9.8 on sshd turns clients away that come and go without logging in.
	const patience = ['-o', 'PerSourcePenalties=no'];
	const more = run(sshd, ['-t', '-f', config, ...patience], identity) === undefined ? patience : [];
	const child = spawn(sshd, ['-D', '-e', '-f', config, ...more], {...identity, stdio: ['ignore', 'ignore', 'pipe']});
	let said = '';
	child.stderr.on('data', (bytes: Buffer) => {
		said += String(bytes);
	});
	child.on('error', error => {
		said += error.message;
	});
	for (let tries = 0; tries < 200 && child.exitCode === null && !said.includes('Server listening'); tries += 1) {
		await delay(50);
	}

	const stop = () => child.kill();
	process.once('exit', stop);
	if (!said.includes('Server listening')) {
		stop();
		return {missing: `an sshd that starts (${said.trim().replaceAll('\n', ' ')})`};
	}

	return {port, log: () => said, stop};
}

function configOf(dir: string, port: number): string {
	return [
		`ListenAddress 127.0.0.1:${port}`,
		...['ed25519', 'ecdsa', 'rsa'].map(name => `HostKey ${join(dir, name)}`),
		'PidFile none',
		// The cheapest of the modern ones: there are a hundred of these.
		'KexAlgorithms curve25519-sha256',
		'AuthorizedKeysFile none',
		'PasswordAuthentication no',
		'KbdInteractiveAuthentication no',
		'',
	].join('\n');
}

/** Undefined where it ran well, else why not. */
export function run(
	program: string,
	args: readonly string[],
	identity: {readonly uid?: number; readonly gid?: number} = {},
): string | undefined {
	try {
		execFileSync(program, args, {...identity, stdio: 'pipe', timeout: 20_000});
		return undefined;
	} catch (error) {
		return (error as Error).message.replaceAll('\n', ' ');
	}
}
