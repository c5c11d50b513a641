import {createHmac} from 'node:crypto';
import {matchesPattern} from '../patterns.ts';

/**
Whether the names of a known_hosts line are those of a host: a list of patterns with commas between, `*`, `?` and a leading `!` for
"never this line", or one hash of a name. The host's name is as files write it, in lower case: `node-1` or `[node-1]:2222`.
*/
export function matchesNames(name: string, names: string): boolean {
	return names.startsWith('|') ? matchesHash(name, names) : matchesList(name, names);
}

/** `|1|SALT|HMAC`: a name that a file does not tell. The salt is 20 bytes. */
export function hashedName(name: string, salt: Buffer): string {
	return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

/** ASCII only, as OpenSSH does: to Unicode a KELVIN SIGN is a `k`. */
export function lowerCase(text: string): string {
	return text.replaceAll(/[A-Z]/g, letter => letter.toLowerCase());
}

function matchesHash(name: string, names: string): boolean {
	const salt = Buffer.from(names.split('|', 3)[2] ?? '', 'base64');
	// The whole text is compared: another magic, another spelling of the salt and a list of hashes are no match.
	return salt.length === 20 && hashedName(name, salt) === names;
}

/** OpenSSH gives up on a list that has a pattern of this many bytes or more. */
const longestPattern = 1023;

function matchesList(name: string, names: string): boolean {
	let isMatched = false;
	for (const item of names.split(',')) {
		const isNegated = item.startsWith('!');
		const pattern = lowerCase(isNegated ? item.slice(1) : item);
		if (Buffer.byteLength(pattern) >= longestPattern) {
			return false;
		}

		if (matchesPattern(name, pattern)) {
			if (isNegated) {
				return false;
			}

			isMatched = true;
		}
	}

	return isMatched;
}
