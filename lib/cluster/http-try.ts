import {Buffer} from 'node:buffer';
import http, {type IncomingMessage} from 'node:http';
import https from 'node:https';
import {pipeline} from 'node:stream';
import {createGunzip} from 'node:zlib';
import type {ApiResponse} from './api.ts';

export type HttpTry = {
	readonly url: URL;
	readonly method: string;
	readonly headers: Readonly<Record<string, string | readonly string[]>>;
	readonly body: string | undefined;
	readonly agent: http.Agent;
	/** Ends the try; also reading an answer that was handed out. */
	readonly signal: AbortSignal;
};

/**
Sends one request. Settles with the answer's head; its body is then read, or destroyed, by the caller. After a 101 it is the answer's socket
that is read, of which the first bytes may have come already.
*/
export async function sendOnce({url, method, headers, body, agent, signal}: HttpTry): Promise<IncomingMessage> {
	signal.throwIfAborted();
	return new Promise((resolve, reject) => {
		const send = url.protocol === 'http:' ? http.request : https.request;
		const request = send(url, {
			method,
			agent,
			headers: {...headers, ...(body !== undefined && {'content-length': String(Buffer.byteLength(body))})},
		});
		let answer: IncomingMessage | undefined;
		const abort = () => (answer ?? request).destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
		signal.addEventListener('abort', abort, {once: true});
		request.on('close', () => signal.removeEventListener('abort', abort));
		request.on('response', response => {
			answer = response;
			resolve(response);
		});
		request.on('upgrade', (response, socket, head) => {
			socket.unshift(head);
			resolve(response);
		});
		// Stays for as long as the request lives: it may fail after its answer began, which reading the answer will tell.
		request.on('error', reject);
		request.end(body);
	});
}

/** The body was longer than the caller takes. */
export class TooLong extends Error {}

/** Reads a whole body, unpacked, and parses it where it is said to be JSON. Throws `TooLong`, SyntaxError and Node.js' own errors. */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<ApiResponse> {
	const isPacked = response.headers['content-encoding'] === 'gzip';
	const chunks: Buffer[] = [];
	let size = 0;
	// Leaving it early destroys what was read.
	for await (const chunk of (isPacked ? unpack(response) : response) as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size > maxBytes) {
			throw new TooLong(`the answer is longer than ${maxBytes} bytes`);
		}

		chunks.push(chunk);
	}

	const text = Buffer.concat(chunks, size).toString();
	const isJson = /^application\/json\b/i.test(response.headers['content-type'] ?? '');
	const {statusCode: status = 0} = response;
	return {
		status,
		headers: flatHeaders(response),
		json: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined,
		text: isJson ? '' : text,
	};
}

/** Whichever of both fails takes the other along: an answer that nobody reads on would keep its connection. */
function unpack(response: IncomingMessage) {
	return pipeline(response, createGunzip(), () => undefined);
}

export function flatHeaders({headers}: IncomingMessage): Readonly<Record<string, string>> {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
	);
}
