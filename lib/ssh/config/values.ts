import {lowerAscii, refuse} from './lines.ts';

export type JumpHost = {readonly host: string; readonly user?: string; readonly port?: number};

/** A number from 1 to 65535. OpenSSH also takes a name from /etc/services; of these only `ssh` is known here. */
export function parsePort(text: string): number | undefined {
	const port = text === 'ssh' ? 22 : /^[ \t]*\+?\d+$/.test(text) ? Number(text) : 0;
	return port >= 1 && port <= 65_535 ? port : undefined;
}

const secondsOf = {'': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800} as const;

/** `90`, `1h30m`: seconds. undefined for what is no time. */
export function parseSeconds(text: string): number | undefined {
	if (!/^\d+(?:[smhdw]\d+)*[smhdw]?$/i.test(text)) {
		return undefined;
	}

	const parts = [...text.matchAll(/(\d+)([smhdw]?)/gi)];
	const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * secondsOf[unitOf(unit)], 0);
	return total <= 0x7f_ff_ff_ff ? total : undefined;
}

const unitOf = (unit: string | undefined) => lowerAscii(unit ?? '') as keyof typeof secondsOf;

/** The hosts of a ProxyJump in the order of the way, or 'none'. */
export function parseJump(text: string, at: string): readonly JumpHost[] | 'none' {
	if (lowerAscii(text) === 'none') {
		return 'none';
	}

	const list = (text.split('#', 1)[0] ?? '').trimEnd();
	return list
		.split(',')
		.map(hop => (hop.startsWith('ssh://') ? parseUri(hop.slice('ssh://'.length)) : parseHop(hop)) ?? badJump(at, text));
}

const badJump = (at: string, text: string): never =>
	refuse(at, `"${text}" is no ProxyJump: expected [user@]host[:port],... or none`);

/** `[user@]host[:port]`; an IPv6 address stands in brackets. */
function parseHop(text: string): JumpHost | undefined {
	const end = text.lastIndexOf('@');
	const user = end === -1 ? undefined : text.slice(0, end);
	return user === '' ? undefined : parseHostPort(text.slice(end + 1), user);
}

/** `[user[;parameters]@]host[:port]`, the user percent-encoded. */
function parseUri(text: string): JumpHost | undefined {
	const end = text.indexOf('@');
	const user = end === -1 ? undefined : decode(text.slice(0, end).split(';', 1)[0] ?? '');
	const hop = user === '' ? undefined : parseHostPort(text.slice(end + 1).replace(/\/$/, ''), user);
	const isDomain = hop !== undefined && /^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._-]*$/.test(hop.host);
	return isDomain ? {...hop, host: hop.host.replace(/\.$/, '')} : undefined;
}

function parseHostPort(text: string, user: string | undefined): JumpHost | undefined {
	const [, bracketed, plain, portText = ''] = /^(?:\[([^\]]*)\]|([^:/[][^:/]*))(?::(.*))?$/s.exec(text) ?? [];
	const host = bracketed ?? plain;
	const port = portText === '' ? undefined : parsePort(portText);
	// Releases of OpenSSH differ in what they make of white space in a name; none can reach one.
	if (host === undefined || /\s/.test(host) || (portText !== '' && port === undefined)) {
		return undefined;
	}

	return {host, ...(user !== undefined && {user}), ...(port !== undefined && {port})};
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text.replaceAll('+', ' '));
	} catch {
		return '';
	}
}
