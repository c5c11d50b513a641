import type {IncomingMessage, ServerResponse} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import type {RequestFault} from './faults.ts';
import {ApiStatus} from './status.ts';

/** What is left of a fault when the request is about to be carried out: nothing, or the breaking of its answer. */
export type Struck = 'answered' | 'answer-lost' | 'truncated' | undefined;

/** Lets a fault strike before a request is carried out. `answered`: there is nothing more to do. */
export async function strike(
	fault: RequestFault | undefined,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<Struck> {
	switch (fault?.kind) {
		case 'delay':
			await sleep(fault.ms);
			return undefined;
		case 'status': {
			const {
				code,
				reason = 'InternalError',
				message = 'a fault of the embedded cluster',
				retryAfterSeconds,
				causes,
				html,
			} = fault;
			if (html !== undefined) {
				response.writeHead(code, {'content-type': 'text/html'}).end(html);
				return 'answered';
			}

			const details = {...(retryAfterSeconds !== undefined && {retryAfterSeconds}), ...(causes !== undefined && {causes})};
			throw new ApiStatus(code, reason, message, Object.keys(details).length === 0 ? undefined : details);
		}

		case 'reset-before':
			request.socket.destroy();
			return 'answered';
		case 'no-answer':
			return 'answered';
		case 'answer-lost':
		case 'truncated':
			return fault.kind;
		default:
			return undefined;
	}
}

/** Makes the end of the answer, or its second half, a cut connection. */
export function breakAnswer(response: ServerResponse, how: 'answer-lost' | 'truncated'): void {
	response.end = ((body: unknown) => {
		if (how === 'answer-lost' || typeof body !== 'string') {
			response.socket?.destroy();
		} else {
			response.write(body.slice(0, body.length / 2), () => response.socket?.destroy());
		}

		return response;
	}) as typeof response.end;
}
