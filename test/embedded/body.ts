import type {IncomingMessage, ServerResponse} from 'node:http';
import {messageOf} from '../../lib/errors.ts';
import {type ApiStatus, refuse} from './status.ts';

/** Bytes; the API server's own limit. */
const largestBody = 3 * 1024 * 1024;

/** The request's body as JSON; undefined where there is none. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size > largestBody) {
			throw refuse.tooLarge();
		}

		chunks.push(chunk);
	}

	if (size === 0) {
		return undefined;
	}

	if (!/^application\/([\w.-]+\+)?json\b/.test(request.headers['content-type'] ?? 'application/json')) {
		throw refuse.unsupportedMediaType();
	}

	try {
		return JSON.parse(Buffer.concat(chunks).toString());
	} catch (error) {
		throw refuse.badRequest(`the object provided is unrecognized: ${messageOf(error)}`);
	}
}

export function send(response: ServerResponse, code: number, body: unknown): void {
	const text = `${JSON.stringify(body)}\n`;
	response.writeHead(code, {'content-type': 'application/json', 'content-length': Buffer.byteLength(text)});
	response.end(text);
}

export function sendStatus(response: ServerResponse, status: ApiStatus): void {
	if (response.headersSent) {
		response.destroy();
		return;
	}

	const seconds = status.details?.retryAfterSeconds;
	if (seconds !== undefined) {
		response.setHeader('retry-after', String(seconds));
	}

	send(response, status.code, status.body);
}
