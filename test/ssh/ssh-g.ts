import {execFile, execFileSync} from 'node:child_process';
import type {SshHostSettings} from '../../lib/ssh/config/ssh-config.ts';

/** The release of OpenSSH's ssh that is installed, e.g. 9.2; undefined where there is none. */
export function sshVersion(): number | undefined {
	try {
		const stderr = execFileSync('sh', ['-c', 'ssh -V 2>&1'], {encoding: 'utf8'});
		const version = /OpenSSH\S*?_(\d+\.\d+)/.exec(stderr)?.[1];
		return version === undefined ? undefined : Number(version);
	} catch {
		return undefined;
	}
}

/** What `ssh -G` prints, or undefined where it refuses the file. */
export async function askSsh(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
	return new Promise(resolve => {
		const child = execFile('ssh', ['-G', ...args], {env: {...process.env, ...env}, timeout: 20_000}, (error, stdout) => {
			resolve(error === null ? stdout : undefined);
		});
		child.stdin?.end();
	});
}

/** What `ssh -v` says on its way to a connection that fails. */
export async function logOfSsh(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
	return new Promise(resolve => {
		execFile('ssh', ['-v', ...args], {env: {...process.env, ...env}, timeout: 20_000}, (_error, _stdout, stderr) =>
			resolve(stderr),
		);
	});
}

/** What both say, in the words of `ssh -G`. */
export type Compared = Readonly<Record<string, unknown>>;

/** `ssh -G` leaves identity files unexpanded and keeps none among them; what was dropped from the usual ones since is left out. */
export function readAnswer(text: string, home: string, host: string): Compared {
	const values = (key: string) =>
		text
			.split('\n')
			.filter(line => line.startsWith(`${key} `))
			.map(line => line.slice(key.length + 1));
	const one = (key: string) => values(key)[0];
	const tokens: Readonly<Record<string, string | undefined>> = {
		h: one('hostname'),
		r: one('user'),
		p: one('port'),
		d: home,
		n: host,
		'%': '%',
	};
	const expand = (file: string) =>
		file.replace(/^~(?:\/|$)/, `${home}/`).replaceAll(/%(.)/g, (_, token: string) => tokens[token] ?? '?');
	const agent = one('identityagent');
	return {
		hostname: one('hostname'),
		port: one('port'),
		user: one('user'),
		identityfile: values('identityfile')
			.filter(file => !/id_(?:xmss|dsa|mldsa44_ed25519)$|^none$/i.test(file))
			.map(expand),
		identitiesonly: one('identitiesonly'),
		identityagent: agent === 'SSH_AUTH_SOCK' ? undefined : agent,
		proxyjump: one('proxyjump')
			?.split(',')
			.map(hop => hop.replace(/^ssh:\/\//, '').replaceAll(/[[\]]/g, ''))
			.join(','),
		proxycommand: one('proxycommand'),
		userknownhostsfile: one('userknownhostsfile'),
		globalknownhostsfile: one('globalknownhostsfile'),
		stricthostkeychecking: one('stricthostkeychecking'),
		hostkeyalias: one('hostkeyalias'),
		hashknownhosts: one('hashknownhosts'),
		connecttimeout: one('connecttimeout') === '0' ? 'none' : one('connecttimeout'),
	};
}

const flag = (isSet: boolean) => (isSet ? 'yes' : 'no');
const list = (files: readonly string[]) => (files.length === 0 ? 'none' : files.join(' '));

export function tell(settings: SshHostSettings): Compared {
	const {proxyJump, connectTimeout} = settings;
	const hops = proxyJump.map(
		({host, user, port}) => `${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`,
	);
	return {
		hostname: settings.hostName,
		port: String(settings.port),
		user: settings.user,
		identityfile: settings.identityFiles,
		identitiesonly: flag(settings.identitiesOnly),
		identityagent: settings.identityAgent,
		proxyjump: hops.length === 0 ? undefined : hops.join(','),
		proxycommand: settings.proxyCommand,
		userknownhostsfile: list(settings.userKnownHostsFiles),
		globalknownhostsfile: list(settings.globalKnownHostsFiles),
		stricthostkeychecking: {yes: 'true', no: 'false', ask: 'ask', 'accept-new': 'accept-new'}[settings.strictHostKeyChecking],
		hostkeyalias: settings.hostKeyAlias,
		hashknownhosts: flag(settings.hashKnownHosts),
		connecttimeout: connectTimeout === undefined ? 'none' : String(connectTimeout / 1000),
	};
}
