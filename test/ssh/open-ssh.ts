import {execFile, execFileSync, spawn} from 'node:child_process';
import {chown, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import type {Keys} from './keys.ts';

export type Question = {
	readonly name: string;
	readonly port: number;
	readonly files: readonly string[];
	/** Only this algorithm; else the client's own order. */
	readonly algorithm?: string;
	/** To sshd itself; else through a program, so that any name and port will do. */
	readonly isDirect?: boolean;
	/** With accept-new; the answer is then what the user's file says afterwards. */
	readonly isAccepted?: boolean;
};

export type OpenSsh = {
	readonly version: string;
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
		version: programs.version,
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

export type FoundLine = {readonly line: number; readonly marker: 'cert-authority' | 'revoked' | undefined};

/** The lines that ssh-keygen -F finds for a name, where it can read their keys. */
export async function findLines(text: string, name: string): Promise<readonly FoundLine[]> {
	const dir = await mkdtemp(join(tmpdir(), 'cni-upgrade-ssh-'));
	const path = join(dir, 'known_hosts');
	await writeFile(path, text);
	const said = await new Promise<string>(resolve => {
		execFile(
			'ssh-keygen',
			['-l', '-F', name, '-f', path],
			{timeout: 60_000, maxBuffer: 100_000_000, encoding: 'latin1'},
			(_error, stdout) => {
				resolve(stdout);
			},
		);
	});
	await rm(dir, {recursive: true, force: true});
	const markers = {CA: 'cert-authority', REVOKED: 'revoked', '': undefined} as const;
	return [...said.matchAll(/^# Host \S+ found: line (\d+) (CA|REVOKED|)$/gm)].map(match => ({
		line: Number(match[1]),
		marker: markers[match[2] as keyof typeof markers],
	}));
}

function findPrograms(): {readonly sshd: string; readonly version: string} | {readonly missing: string} {
	const missing: string[] = [];
	// The client also fails where the user has no name.
	const ssh = run('ssh', ['-F', 'none', '-G', 'x']);
	if (ssh !== undefined) {
		missing.push(`ssh (${ssh})`);
	}

	// Usage, in words: it is there.
	if (run('ssh-keygen', ['-?'])?.includes('ENOENT') === true) {
		missing.push('ssh-keygen');
	}

	const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd', '/opt/homebrew/sbin/sshd'].find(
		path => run(path, ['-?'])?.includes('ENOENT') !== true,
	);
	if (sshd === undefined) {
		missing.push('sshd');
	}

	return sshd === undefined || missing.length > 0 ? {missing: missing.join(', ')} : {sshd, version: versionOf('ssh')};
}

/** Undefined where it ran well, else why not. */
function run(
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

function versionOf(program: string): string {
	return execFileSync('sh', ['-c', `${program} -V 2>&1`])
		.toString()
		.trim();
}

async function makeKeys(dir: string): Promise<Keys> {
	const types = {ed25519: 'ed25519', ecdsa: 'ecdsa', rsa: 'rsa', other: 'ed25519', ca: 'ed25519'};
	for (const [name, type] of Object.entries(types)) {
		const bits = type === 'rsa' ? ['-b', '2048'] : [];
		execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', '', '-f', join(dir, name)]);
	}

	execFileSync('ssh-keygen', ['-q', '-s', join(dir, 'ca'), '-I', 'x', '-h', '-n', 'node-1.example', join(dir, 'ed25519.pub')]);
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

const nobody = 65_534;

async function startSshd(
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

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>(resolve => {
		server.listen(0, '127.0.0.1', resolve);
	});
	const address = server.address();
	await new Promise(resolve => {
		server.close(resolve);
	});
	return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What leads a client to sshd whatever name and port it was given. */
const connector = 'connect.mjs';
const connectorSource =
	"import {connect} from 'node:net'; const s = connect(process.argv[2], '127.0.0.1'); process.stdin.pipe(s).pipe(process.stdout);";

async function askClient(
	dir: string,
	id: string,
	daemon: {readonly port: number; log(): string},
	question: Question,
): Promise<string> {
	const paths = question.files.map((_, at) => join(dir, `known_hosts-${id}-${at}`));
	await Promise.all(paths.map(async (path, at) => writeFile(path, question.files[at] ?? '')));
	const options = [
		`StrictHostKeyChecking=${question.isAccepted === true ? 'accept-new' : 'yes'}`,
		'HashKnownHosts=no',
		`UserKnownHostsFile=${paths[0] ?? 'none'}`,
		`GlobalKnownHostsFile=${paths[1] ?? 'none'}`,
		'BatchMode=yes',
		'PreferredAuthentications=none',
		'ConnectTimeout=20',
		...(question.algorithm === undefined ? [] : [`HostKeyAlgorithms=${question.algorithm}`]),
		...(question.isDirect === true ? [] : [`ProxyCommand="${process.execPath}" "${join(dir, connector)}" ${daemon.port}`]),
	];
	const args = ['-F', 'none', '-v', '-p', String(question.port), ...options.flatMap(option => ['-o', option])];
	const said = await stderrOf('ssh', [...args, `nobody@${question.name}`, 'true']);
	if (question.isAccepted === true) {
		return readFile(paths[0] ?? '', 'utf8');
	}

	return classify(said, paths) ?? `? ${said}\nsshd: ${daemon.log().slice(-2000)}`;
}

async function stderrOf(program: string, args: readonly string[]): Promise<string> {
	return new Promise(resolve => {
		execFile(program, args, {timeout: 30_000, maxBuffer: 10_000_000}, (_error, _stdout, stderr) => {
			resolve(stderr);
		});
	});
}

function classify(said: string, paths: readonly string[]): string | undefined {
	const isFailed = said.includes('Host key verification failed');
	if (isFailed && said.includes('is marked as revoked')) {
		return 'revoked';
	}

	const offending = /Offending \S+ key in (.*):(\d+)/.exec(said);
	if (isFailed && said.includes('REMOTE HOST IDENTIFICATION HAS CHANGED') && offending !== null) {
		return `changed ${paths.indexOf(offending[1] ?? '')}:${offending[2]}`;
	}

	if (isFailed && /No \S+ host key is known for/.test(said)) {
		return 'unknown';
	}

	return !isFailed && /Permission denied \(/.test(said) ? 'known' : undefined;
}
