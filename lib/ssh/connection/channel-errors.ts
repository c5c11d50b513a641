import {quoted, SshError} from '../errors.ts';

/** What ssh2 gives for a channel that was not opened: with the server's reason, where it was the server that refused. */
export type ChannelError = Error & {readonly reason?: number | string};

/** SSH_OPEN_CONNECT_FAILED (RFC 4254, section 5.1). */
const connectFailed = 2;

/** No session, or a session in which no command runs. */
export function sessionError(error: ChannelError, where: string): SshError {
	return error.reason === undefined
		? new SshError('exec', `${where} does not run commands: ${quoted(error.message)}`, {cause: error})
		: new SshError('channel', `${where} opens no session: ${quoted(error.message)}`, {
				remedy: 'Check MaxSessions of sshd_config there.',
				cause: error,
			});
}

/** No way on from a jump host. Where it was the next host that did not answer, this counts as a failure to connect. */
export function forwardError(error: ChannelError, where: string, target: string): SshError {
	return error.reason === connectFailed
		? new SshError('connect', `${target} could not be reached from ${where}: ${quoted(error.message)}`, {
				remedy: 'Check the name, the port and the network between the two, and that sshd runs there.',
				cause: error,
			})
		: new SshError('channel', `${where} opens no connection to ${target}: ${quoted(error.message)}`, {
				remedy: 'A jump host needs AllowTcpForwarding yes, and PermitOpen for this address, in its sshd_config.',
				cause: error,
			});
}
