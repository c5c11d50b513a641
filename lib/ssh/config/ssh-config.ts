import {UserError} from '../../errors.ts';
import {applyFile, type Pass} from './apply.ts';
import {expand, normalizeHost} from './expand.ts';
import {readConfigFiles, type SshConfigSources, type Statement} from './files.ts';
import {type SshHostSettings, settingsOf} from './host-settings.ts';
import type {HostOptions} from './options.ts';

export type {SshConfigSources} from './files.ts';
export type {SshHostSettings} from './host-settings.ts';

export type SshConfig = {
	/** What applies to a host. Overrides stand above the files. Throws UserError for what OpenSSH refuses for this host. */
	readonly resolve: (alias: string, overrides?: SshOverrides) => SshHostSettings;
	/** What was passed over in the files, for people: `Match exec` blocks, options that it does not follow. */
	readonly notes: readonly string[];
};

export type SshOverrides = {
	readonly user?: string | undefined;
	readonly port?: number | undefined;
	/** Come before those of the files, as with `ssh -i`. */
	readonly identityFiles?: readonly string[] | undefined;
};

/**
Reads ~/.ssh/config, then /etc/ssh/ssh_config, once, with all that they include, and resolves any number of hosts as OpenSSH's
`ssh -G` does. No command of a configuration is ever run. Throws UserError `file/PATH line N` for what OpenSSH refuses.
*/
export async function readSshConfig(sources: SshConfigSources): Promise<SshConfig> {
	const {files, notes} = await readConfigFiles(sources);
	return {notes, resolve: (alias, overrides = {}) => resolveHost(files, sources, alias, overrides)};
}

function resolveHost(
	files: readonly (readonly Statement[])[],
	sources: SshConfigSources,
	alias: string,
	{user, port, identityFiles = []}: SshOverrides,
): SshHostSettings {
	checkName(alias);
	const options: HostOptions = {
		identityFiles: [...identityFiles],
		...(user !== undefined && {user}),
		...(port !== undefined && {port}),
	};
	const currentHost = () => expand(options.hostName ?? '%h', `${alias}: HostName`, {h: alias});
	const pass: Pass = {
		host: alias,
		alias,
		localUser: sources.user,
		isFinal: false,
		options,
		currentHost,
		isConfigured: false,
		wantsFinal: false,
	};
	applyAll(files, pass);
	const host = normalizeHost(currentHost());
	const final = {...pass, host, isFinal: true, currentHost: () => host};
	if (pass.wantsFinal || options.canonicalize === true) {
		applyAll(files, final);
	}

	return settingsOf({options, sources, alias, host, isUserGiven: user !== undefined, isConfigured: final.isConfigured});
}

function applyAll(files: readonly (readonly Statement[])[], pass: Pass): void {
	for (const file of files) {
		applyFile(file, pass, true);
	}
}

/** OpenSSH's ssh_valid_hostname: the name goes into paths, and may come from a cluster. */
function checkName(alias: string): void {
	if (alias === '' || alias.startsWith('-') || /['`"$\\;&<>|(){},\s\p{Cc}]/u.test(alias)) {
		throw new UserError(`host/${JSON.stringify(alias)} is not a name that OpenSSH takes`, {
			remedy: 'Name the node by a host name or an address.',
		});
	}
}
