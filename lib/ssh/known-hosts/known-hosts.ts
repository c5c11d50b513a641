import {createHash} from 'node:crypto';
import {UserError} from '../../errors.ts';
import {hashedName, lowerCase} from './host-names.ts';
import {type KnownHostsEntry, type KnownHostsFile, linesOfHost} from './lines.ts';
import {type PublicKey, parsePublicKey} from './public-key.ts';

export type {KnownHostsFile} from './lines.ts';

export type HostName = {
	/** The name or address that ssh was given, or its HostKeyAlias, which goes with port 22: OpenSSH adds no port to an alias. */
	readonly name: string;
	/** As ssh names it in files: plain for 22, [name]:port else. */
	readonly port: number;
	/** Where the name leads. It decides nothing: CheckHostIP is off since OpenSSH 8.5. */
	readonly address?: string;
};

export type HostKeyDecision =
	| {readonly kind: 'known'}
	| {readonly kind: 'unknown' /** Why, for people: e.g. only a certificate authority is known. */; readonly reason: string}
	| {readonly kind: 'changed'; readonly file: string; readonly line: number; readonly keyType: string}
	| {readonly kind: 'revoked'; readonly file: string; readonly line: number};

/**
Decides a host's key as OpenSSH's client does (check_host_key in sshconnect.c). The files are the user's, then the global ones. A key
that stands in any line is known, whatever other lines say; another key, of another type too, makes it changed; `@revoked` wins over
both. A host on another port than 22 that no line names is looked for without its port, and there only a known key counts, and a
revoked one: OpenSSH warns of that, and would still accept it for accept-new, which this does not. A certificate is never known.
*/
export function decideHostKey(files: readonly KnownHostsFile[], host: HostName, key: Buffer): HostKeyDecision {
	const offered = parsePublicKey(key);
	if (offered === undefined || offered.isCertificate) {
		const what = offered === undefined ? 'what it offers is no key that OpenSSH knows' : 'it offers a certificate';
		return {kind: 'unknown', reason: `${nameInFiles(host)}: ${what}`};
	}

	const decision = decideByName(files, nameInFiles(host), offered);
	if (decision.kind !== 'unknown' || host.port === defaultPort) {
		return decision;
	}

	const withoutPort = decideByName(files, lowerCase(host.name), offered);
	return withoutPort.kind === 'known' || withoutPort.kind === 'revoked' ? withoutPort : decision;
}

/**
Types of the keys that are known for this host, so that the client asks for those first (OpenSSH's order_hostkeyalgs): without it a
host known by one key type looks changed when it offers another. As in OpenSSH a host on another port is not looked for without it, and
where the client's first choice is among them it keeps its own order.
*/
export function knownKeyTypes(files: readonly KnownHostsFile[], host: HostName): readonly string[] {
	const entries = linesOfHost(files, nameInFiles(host));
	const plain = entries.filter(({marker, key}) => marker === undefined && !key.isCertificate);
	// As in OpenSSH the first key of a type stands for it, and where that is revoked the type is not asked for.
	return [...new Set(plain.map(({key}) => key.type))].filter(type => {
		const first = plain.find(({key}) => key.type === type);
		return first !== undefined && revocationOf(entries, first.key) === undefined;
	});
}

/** SHA256:base64 without padding, as ssh-keygen -l prints. */
export function fingerprint(key: Buffer): string {
	return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/**
The line that accept-new adds, without its newline. With a salt of 20 random bytes the name is hashed (HashKnownHosts). What would not
read back as this host and this key is a `UserError`: to OpenSSH too such names are never to be written.
*/
export function knownHostsLine(host: HostName, key: Buffer, salt?: Buffer): string {
	const name = nameInFiles(host);
	const parsed = parsePublicKey(key);
	const bareName = name.replace(/^\[(.*)\]:\d+$/, '$1');
	if (bareName === '' || /[\s\p{Cc}@?*#[\]|'"\\!,]/u.test(bareName)) {
		throw new UserError(`the host name ${JSON.stringify(name)} cannot be written to known_hosts`, {
			remedy: 'Use a host name without blanks, quotes, commas, wildcards and brackets.',
		});
	}

	if (parsed === undefined || parsed.isCertificate) {
		throw new UserError(`the key that host ${name} offers cannot be written to known_hosts: it is no plain public key`, {
			remedy: `Add the host's key yourself, for example with ssh-keyscan -p ${host.port}, after comparing its fingerprint.`,
		});
	}

	return `${salt === undefined ? name : hashedName(name, salt)} ${parsed.type} ${parsed.plain.toString('base64')}`;
}

const defaultPort = 22;

function nameInFiles({name, port}: HostName): string {
	return lowerCase(port === defaultPort ? name : `[${name}]:${port}`);
}

function decideByName(files: readonly KnownHostsFile[], name: string, offered: PublicKey): HostKeyDecision {
	const entries = linesOfHost(files, name);
	const revocation = revocationOf(entries, offered);
	if (revocation !== undefined) {
		return {kind: 'revoked', file: revocation.file, line: revocation.line};
	}

	const plain = entries.filter(({marker}) => marker === undefined);
	if (plain.some(({key}) => !key.isCertificate && key.plain.equals(offered.plain))) {
		return {kind: 'known'};
	}

	// OpenSSH names the last one too.
	const other = plain.at(-1);
	if (other !== undefined) {
		return {kind: 'changed', file: other.file, line: other.line, keyType: other.key.type};
	}

	const hasAuthority = entries.some(({marker}) => marker === 'cert-authority');
	const what = hasAuthority ? 'only a certificate authority is known, and a plain key is not its work' : 'no key is known';
	return {kind: 'unknown', reason: `${name}: ${what}`};
}

/** The line that revokes a key; revoking a certificate revokes the key in it. */
function revocationOf(entries: readonly KnownHostsEntry[], {plain}: PublicKey): KnownHostsEntry | undefined {
	return entries.find(({marker, key}) => marker === 'revoked' && key.plain.equals(plain));
}
