import {quoted, type SshError} from '../errors.ts';
import type {Attempt} from './attempt.ts';

/** A server may greet before its banner (RFC 4253, section 4.2), but not for ever. */
const longestGreeting = 64 * 1024;

/**
Reads along until the server's first line in SSH, `SSH-2.0-...`. What it says instead tells a busy sshd (`Exceeded
MaxStartups`) from a web server.
*/
export function bannerWatch(attempt: Attempt): {
	readonly onData: (chunk: Buffer) => void;
	readonly error: (seen: string, cause?: unknown) => SshError;
} {
	let seen = '';
	return {
		onData(chunk) {
			if (attempt.stage !== 'banner') {
				return;
			}

			seen += chunk.toString('latin1');
			if (/^SSH-(2\.0|1\.99)-[^\n]*\n/m.test(seen)) {
				attempt.stage = 'handshake';
			} else if (seen.length > longestGreeting) {
				attempt.fail(attempt.error(`sent ${seen.length} bytes that are no SSH banner: ${quoted(seen)}`, {remedy: checkPort}));
			}
		},
		error(message, cause) {
			const said = seen === '' ? 'nothing' : quoted(seen);
			return attempt.error(`accepted a connection and ended it without an SSH banner (it said ${said}): ${message}`, {
				remedy: `It may have too many logins under way (MaxStartups of sshd_config) or shut out this address. ${checkPort}`,
				cause,
			});
		},
	};
}

const checkPort = 'Check that sshd listens on this port.';
