import {UserError} from '../../errors.ts';
import {connectionHash, expand, expandTilde, type Tokens} from './expand.ts';
import type {SshConfigSources} from './files.ts';
import {lowerAscii} from './lines.ts';
import type {HostOptions} from './options.ts';
import type {JumpHost} from './values.ts';

export type SshHostSettings = {
	/** The name that was asked for; `%h` and known_hosts use hostName. */
	readonly alias: string;
	readonly hostName: string;
	readonly port: number;
	readonly user: string;
	/** Paths in order; those of ~/.ssh where none is named. */
	readonly identityFiles: readonly string[];
	/** False when identityFiles are the usual ones, which need not be there. `IdentityFile none` names none. */
	readonly identitiesNamed: boolean;
	readonly identitiesOnly: boolean;
	/** A path, 'none', or undefined for SSH_AUTH_SOCK. */
	readonly identityAgent: string | undefined;
	/** In the order of the way; each has settings of its own. [] for none. */
	readonly proxyJump: readonly JumpHost[];
	/** As written. This tool runs no command of a configuration. */
	readonly proxyCommand: string | undefined;
	readonly userKnownHostsFiles: readonly string[];
	readonly globalKnownHostsFiles: readonly string[];
	readonly strictHostKeyChecking: 'yes' | 'ask' | 'accept-new' | 'no';
	/** In lower case. */
	readonly hostKeyAlias: string | undefined;
	readonly hashKnownHosts: boolean;
	/** Milliseconds; undefined for no limit. */
	readonly connectTimeout: number | undefined;
	/** Whether a Host pattern other than a bare `*`, or a Match on the name, applies: the operator has set SSH up for it. */
	readonly isConfigured: boolean;
};

type Resolved = {
	readonly options: HostOptions;
	readonly sources: SshConfigSources;
	readonly alias: string;
	readonly host: string;
	/** A user from the command line is not expanded. */
	readonly isUserGiven: boolean;
	readonly isConfigured: boolean;
};

/** The order of `fill_default_options` in OpenSSH's readconf.c, without the kinds that it dropped. */
const usualIdentities = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk'].map(name => `~/.ssh/${name}`);

/** Fills in what OpenSSH assumes and expands paths. Throws UserError for a token or a variable that stands for nothing. */
export function settingsOf(resolved: Resolved): SshHostSettings {
	const {options, alias, host, isConfigured} = resolved;
	const {identityFiles, connectTimeout = 0, proxyCommand = 'none', jump = 'none'} = options;
	const {tokens, user, port} = tokensOf(resolved);
	const paths = (what: string, files: readonly string[]) =>
		files.filter(file => !isNone(file)).map(file => pathOf(file, what, resolved, tokens));
	const settings: SshHostSettings = {
		alias,
		hostName: host,
		port,
		user,
		identityFiles: paths('IdentityFile', identityFiles.length === 0 ? usualIdentities : identityFiles),
		identitiesNamed: identityFiles.length > 0,
		identitiesOnly: options.identitiesOnly ?? false,
		identityAgent: agentOf(resolved, tokens),
		proxyJump: jump === 'none' ? [] : jump,
		proxyCommand: isNone(proxyCommand) ? undefined : proxyCommand,
		userKnownHostsFiles: paths(
			'UserKnownHostsFile',
			options.userKnownHostsFiles ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'],
		),
		globalKnownHostsFiles: (options.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']).filter(
			file => !isNone(file),
		),
		strictHostKeyChecking: options.strictHostKeyChecking ?? 'ask',
		hostKeyAlias: options.hostKeyAlias === undefined ? undefined : lowerAscii(options.hostKeyAlias),
		hashKnownHosts: options.hashKnownHosts ?? false,
		connectTimeout: connectTimeout > 0 ? connectTimeout * 1000 : undefined,
		isConfigured,
	};
	refuseLoop(settings);
	return settings;
}

const isNone = (value: string) => lowerAscii(value) === 'none';

function tokensOf({options, sources, alias, host, isUserGiven}: Resolved): {tokens: Tokens; user: string; port: number} {
	const {home, user: localUser, localHostname, uid, env = {}} = sources;
	const {port = 22, jump = 'none', hostKeyAlias = alias} = options;
	const jumpHost = jump === 'none' ? '' : (jump.at(-1)?.host ?? '');
	const base: Tokens = {
		d: home,
		h: host,
		i: uid === undefined ? undefined : String(uid),
		j: jumpHost,
		k: options.hostKeyAlias === undefined ? hostKeyAlias : lowerAscii(hostKeyAlias),
		L: localHostname.split('.', 1)[0],
		l: localHostname,
		n: alias,
		p: String(port),
		u: localUser,
	};
	const named = options.user ?? localUser;
	const user = isUserGiven || options.user === undefined ? named : expand(named, `${alias}: User`, base, env);
	const C = connectionHash(localHostname, host, String(port), user, jumpHost);
	return {tokens: {...base, r: user, C}, user, port};
}

function pathOf(file: string, what: string, {alias, sources}: Resolved, tokens: Tokens): string {
	const name = `${alias}: ${what}`;
	return expand(expandTilde(file, name, sources), name, tokens, sources.env ?? {});
}

/** SSH_AUTH_SOCK by name is the default; `$NAME` is an older way to write `${NAME}`, and no agent where there is no such variable. */
function agentOf(resolved: Resolved, tokens: Tokens): string | undefined {
	const {identityAgent: agent} = resolved.options;
	if (agent === undefined || agent === 'SSH_AUTH_SOCK' || agent === 'none') {
		return agent === 'none' ? agent : undefined;
	}

	const [, variable] = /^\$([A-Za-z_]\w*)$/.exec(agent) ?? [];
	return variable === undefined ? pathOf(agent, 'IdentityAgent', resolved, tokens) : (resolved.sources.env?.[variable] ?? 'none');
}

function refuseLoop({alias, hostName, port, user, proxyJump}: SshHostSettings): void {
	const last = proxyJump.at(-1);
	if (last?.host === hostName && (last.port ?? 22) === port && (last.user ?? user) === user) {
		throw new UserError(`host/${alias} is its own ProxyJump: ${hostName}`, {
			remedy: 'Set `ProxyJump none` for it ahead of the block that names the jump host.',
		});
	}
}
