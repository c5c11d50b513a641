import {createHash} from 'node:crypto';
import {isIPv6, SocketAddress} from 'node:net';
import {UserError} from '../../errors.ts';
import {lowerAscii} from './lines.ts';

/** What `%X` stands for, by X; undefined for what is not known on this machine. */
export type Tokens = Readonly<Record<string, string | undefined>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Replaces `%X` and `%%`, and `${NAME}` if there is an environment. `what` names the option in errors: `worker-1: IdentityFile`. */
export function expand(text: string, what: string, tokens: Tokens, env?: Environment): string {
	return text.replaceAll(
		/%(.?)|\$\{([^}]*)(\}?)/gs,
		(whole: string, token: string | undefined, name: string | undefined, end: string) => {
			if (token !== undefined) {
				return token === '%' ? '%' : (own(tokens, token) ?? cannot(what, text, `%${token} stands for nothing here`));
			}

			if (env === undefined || name === undefined) {
				return whole;
			}

			return name === '' || end === ''
				? cannot(what, text, `\${ needs a name and }`)
				: (own(env, name) ?? cannot(what, text, `the environment has no ${name}`));
		},
	);
}

/** Replaces a leading `~` or `~USER` by the home directory; that of other users is not known here. */
export function expandTilde(path: string, what: string, {home, user}: {readonly home: string; readonly user: string}): string {
	if (!path.startsWith('~')) {
		return path;
	}

	const [, name = '', rest = ''] = /^~([^/]*)\/*(.*)$/s.exec(path) ?? [];
	return name === '' || name === user
		? `${home.replace(/\/$/, '')}/${rest}`
		: cannot(what, path, `the home directory of ${name} is not known; write the path in full`);
}

function cannot(what: string, text: string, why: string): never {
	throw new UserError(`${what} "${text}": ${why}`, {
		remedy: 'Correct the SSH configuration; `ssh -G HOST` shows what OpenSSH makes of it.',
	});
}

const own = (record: Tokens, name: string) => (Object.hasOwn(record, name) ? record[name] : undefined);

/** `%C`: what OpenSSH tells connections apart by. Its releases before 9.6 leave the jump host out. */
export function connectionHash(...parts: readonly string[]): string {
	return createHash('sha1').update(parts.join('')).digest('hex');
}

/** Names in lower case; addresses as the system writes them, as OpenSSH does: `127.1` is `127.0.0.1`. */
export function normalizeHost(host: string): string {
	const address = addressOf(host);
	if (address !== undefined) {
		// OpenSSH compares without case, and leaves what it finds equal.
		return address === lowerAscii(host) ? host : address;
	}

	return /[:%]/.test(host) ? host : lowerAscii(host);
}

function addressOf(host: string): string | undefined {
	if (isIPv6(host) && !host.includes('%')) {
		return new SocketAddress({address: host, family: 'ipv6'}).address;
	}

	const isNumeric = /^(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+)){0,3}$/i.test(host);
	return (isNumeric ? URL.parse(`http://${host}/`) : null)?.hostname;
}
