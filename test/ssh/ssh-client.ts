import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export const keygen = 'ssh-keygen';

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

/** What leads a client to sshd whatever name and port it was given. */
export const connector = 'connect.mjs';
export const connectorSource =
	"import {connect} from 'node:net'; const s = connect(process.argv[2], '127.0.0.1'); process.stdin.pipe(s).pipe(process.stdout);";

/** `known`, `unknown`, `revoked`, `changed FILE:LINE`, or `?` and all that ssh and sshd said. */
export async function askClient(
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

export type FoundLine = {readonly line: number; readonly marker: 'cert-authority' | 'revoked' | undefined};

/** The lines that ssh-keygen -F finds for a name, where it can read their keys. */
export async function findLines(text: string, name: string): Promise<readonly FoundLine[]> {
	const dir = await mkdtemp(join(tmpdir(), 'cni-upgrade-ssh-'));
	const path = join(dir, 'known_hosts');
	await writeFile(path, text);
	const said = await new Promise<string>(resolve => {
		execFile(
			keygen,
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
