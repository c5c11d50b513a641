import {once} from 'node:events';
import {connect} from 'node:net';
import type {Duplex} from 'node:stream';
import {messageOf} from '../../errors.ts';
import type {Attempt} from './attempt.ts';
import type {SshConnection, SshEndpoint} from './endpoint.ts';

/** A stream to the server: over TCP, or from the jump host. */
export async function openStream(
	{hostName, port}: SshEndpoint,
	via: SshConnection | undefined,
	attempt: Attempt,
): Promise<Duplex> {
	if (attempt.signal.aborted) {
		throw attempt.signal.reason;
	}

	if (via !== undefined) {
		try {
			return await via.forward(hostName, port, attempt.signal);
		} catch (error) {
			throw attempt.signal.aborted ? attempt.signal.reason : error;
		}
	}

	const socket = connect({host: hostName, port, noDelay: true});
	try {
		await once(socket, 'connect', {signal: attempt.signal});
		return socket;
	} catch (error) {
		socket.destroy();
		if (attempt.signal.aborted) {
			throw attempt.signal.reason;
		}

		// Where a name has several addresses, one error holds those of all.
		const seen = error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : messageOf(error);
		throw attempt.error(`could not be reached: ${seen}`, {
			remedy: 'Check the name, the port and the network on the way, and that sshd runs there.',
			cause: error,
		});
	}
}
