import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import type {ExecConnection} from './exec.ts';
import {type Faults, isWatchFault, type RequestFault} from './faults.ts';
import type {RequestInfo} from './request-info.ts';
import type {LoggedRequest} from './request-log.ts';
import {ApiStatus, refuse} from './status.ts';
import {allows, authorize, type Users} from './users.ts';

export type UpgradeParts = {
	readonly users: Users;
	/** Opens what was asked for on the connection; throws an ApiStatus where it cannot be. */
	readonly openExec: (connection: ExecConnection) => void;
	readonly faults: Faults;
};

/** One request that wants to be more than an answer. Refusals are sent as any other answer, and the connection ends. */
export function handleUpgrade(
	parts: UpgradeParts,
	info: RequestInfo,
	entry: LoggedRequest,
	request: IncomingMessage,
	socket: Duplex,
): void {
	socket.on('error', () => socket.destroy());
	try {
		const user = parts.users.authenticate(request.headers);
		entry.user = user.name;
		const fault = parts.faults.take(info, user.name);
		if (fault?.kind === 'reset-before') {
			socket.destroy();
			return;
		}

		if (fault?.kind === 'no-answer') {
			return;
		}

		authorize(user, info);
		if (info.resource !== 'pods' || info.subresource !== 'exec') {
			throw refuse.notImplemented(`upgrades of ${info.path}`);
		}

		// From 1.35 on, exec over a WebSocket asks for `create` beside the `get` that its method is, and refuses without a word.
		if (!allows(user, {...info, verb: 'create'})) {
			throw refuse.forbidden(info, '');
		}

		if (!/^websocket$/i.test(request.headers.upgrade ?? '')) {
			throw refuse.notImplemented(`exec over ${request.headers.upgrade}`);
		}

		parts.openExec({info, request, socket, cut: cutOf(isWatchFault(fault) ? undefined : fault)});
		entry.status = 101;
	} catch (error) {
		const status = error instanceof ApiStatus ? error : refuse.internal(`Internal error occurred: ${String(error)}`);
		entry.status = status.code;
		const text = JSON.stringify(status.body);
		socket.end(
			`HTTP/1.1 ${status.code} ${status.reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
		);
	}
}

/** What a fault does to streams; throws what is answered in their place. */
function cutOf(fault: RequestFault | undefined): ExecConnection['cut'] {
	switch (fault?.kind) {
		case undefined:
			return undefined;
		case 'status': {
			const {code, reason = 'InternalError', message = 'a fault of the embedded cluster'} = fault;
			throw new ApiStatus(code, reason, message, {});
		}

		case 'answer-lost':
			return 'at-end';
		case 'truncated':
			return 'at-output';
		default:
			throw refuse.notImplemented(`the fault ${fault?.kind} of an upgrade`);
	}
}
