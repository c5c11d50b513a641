import {UserError} from '../errors.ts';

/**
How far a connection came: the TCP connection, the server's first line, the key exchange, the verdict on its host key, the
login, a channel of its own, the command in it; `lost` is a connection that had been there. Only `connect` and `banner` may be
tried again: a busy sshd hangs up there (MaxStartups), and nobody has tried to log in yet.
*/
export type SshStage = 'connect' | 'banner' | 'handshake' | 'host-key' | 'authentication' | 'channel' | 'exec' | 'lost';

/** An SSH connection that failed, and where. The message names `HOST:PORT` and what was seen there. */
export class SshError extends UserError {
	readonly stage: SshStage;

	constructor(stage: SshStage, message: string, options: {readonly remedy?: string; readonly cause?: unknown} = {}) {
		super(message, options);
		this.stage = stage;
	}
}

/** `HOST:PORT`, an IPv6 address in brackets. */
export function addressOf(hostName: string, port: number): string {
	return `${hostName.includes(':') ? `[${hostName}]` : hostName}:${port}`;
}

/** A server's own words on one line, at most 200 characters of them. */
export function oneLine(text: string): string {
	const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
	return line.length > 200 ? `${line.slice(0, 200)}...` : line;
}

export const quoted = (text: string) => JSON.stringify(oneLine(text));
