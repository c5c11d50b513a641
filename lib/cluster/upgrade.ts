import type {IncomingMessage} from 'node:http';
import {acceptOf, newKey} from './web-socket.ts';

/** What one try offers: a key of its own, and protocols in the order in which they are preferred. */
export type Handshake = {readonly key: string; readonly protocols: readonly string[]};

export function newHandshake(protocols: readonly string[]): Handshake {
	return {key: newKey(), protocols};
}

/** The headers that ask for a WebSocket (RFC 6455, 4.1). No extensions: nothing is packed. */
export function handshakeHeaders({key, protocols}: Handshake): Readonly<Record<string, string>> {
	return {
		connection: 'Upgrade',
		upgrade: 'websocket',
		'sec-websocket-version': '13',
		'sec-websocket-key': key,
		'sec-websocket-protocol': protocols.join(', '),
	};
}

/** The protocol that the server chose; undefined where its answer is not the one to this handshake. */
export function checkHandshake({key, protocols}: Handshake, {statusCode, headers}: IncomingMessage): string | undefined {
	const isOurs =
		statusCode === 101 &&
		/^websocket$/i.test(headers.upgrade ?? '') &&
		headers['sec-websocket-accept'] === acceptOf(key) &&
		headers['sec-websocket-extensions'] === undefined;
	return isOurs ? protocols.find(protocol => protocol === headers['sec-websocket-protocol']) : undefined;
}
