import {readFile} from 'node:fs/promises';
import {systemClock} from '../../lib/clock.ts';
import {diskReaders} from '../../lib/ssh/config/disk.ts';
import {readSshConfig} from '../../lib/ssh/config/ssh-config.ts';
import {parsePrivateKey} from '../../lib/ssh/connection/connection.ts';
import {IdentityStore} from '../../lib/ssh/keys/identities.ts';
import {HostKeys} from '../../lib/ssh/known-hosts/host-keys.ts';
import {SshReach} from '../../lib/ssh/reach.ts';

/** Ways by an ssh_config file that asks nobody anything. */
export async function reachBy(configFile: string, user?: string): Promise<SshReach> {
	const config = await readSshConfig({
		home: '/nonexistent',
		user: 'nobody',
		localHostname: 'here',
		configFile,
		uid: process.getuid?.() ?? 0,
		env: {},
		...diskReaders,
	});
	const nobody = async () => undefined;
	return new SshReach({
		config,
		overrides: {user, port: undefined, identityFiles: undefined, jump: undefined},
		hostKeys: new HostKeys({
			readFile: async path => readFile(path, 'utf8').catch(() => undefined),
			appendLine: async () => undefined,
			ask: nobody,
		}),
		identities: new IdentityStore(nobody, parsePrivateKey),
		agent: undefined,
		clock: systemClock,
		random: Math.random,
	});
}
