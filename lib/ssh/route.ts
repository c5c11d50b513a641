import {UserError} from '../errors.ts';
import type {SshConfig, SshHostSettings, SshOverrides} from './config/ssh-config.ts';
import type {JumpHost} from './config/values.ts';

/** What the command line says of every node; it stands above the files, and says nothing of jump hosts themselves. */
export type RouteOverrides = SshOverrides & {
	/** The way instead of the one in the files, as `ssh -J` takes it; empty for none. */
	readonly jump?: readonly JumpHost[] | undefined;
};

/** Hops beyond which a chain of jump hosts is taken for a loop. */
const longestRoute = 8;

/**
The hops to a host, the host itself last. As OpenSSH has it: only the first jump host of a list is reached by its own ProxyJump, and the
others from one another.
*/
export function routeTo(config: SshConfig, host: string, {jump, ...overrides}: RouteOverrides = {}): readonly SshHostSettings[] {
	const settings = config.resolve(host, overrides);
	// As with ssh -J, which sets a ProxyCommand of the files aside.
	return hopsTo(jump === undefined ? settings : {...settings, proxyJump: jump, proxyCommand: undefined}, config, 0);
}

function hopsTo(settings: SshHostSettings, config: SshConfig, depth: number): readonly SshHostSettings[] {
	if (depth >= longestRoute) {
		throw new UserError(`ssh_config leads to host/${settings.alias} through more than ${longestRoute} jump hosts`, {
			remedy: `See which: ssh -G ${settings.alias} | grep -i proxyjump`,
		});
	}

	if (settings.proxyCommand !== undefined) {
		throw new UserError(`ssh_config has a ProxyCommand for host/${settings.alias}, and commands named there are not run`, {
			remedy: 'Say the same with ProxyJump, or give the jump host with --ssh-jump.',
		});
	}

	const [first, ...others] = settings.proxyJump.map(({host, user, port}) => config.resolve(host, {user, port}));
	return first === undefined ? [settings] : [...hopsTo(first, config, depth + 1), ...others, settings];
}

/** One way to a host, by which connections to jump hosts are shared. */
export function routeKey(hops: readonly SshHostSettings[]): string {
	return hops.map(({user, hostName, port}) => `${user}@${hostName}:${port}`).join(' ');
}
