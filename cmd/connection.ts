import type {Api} from '../lib/cluster/api.ts';
import {connect} from '../lib/cluster/connect.ts';
import {exitCode, UserError} from '../lib/errors.ts';
import type {Arguments} from './command.ts';
import type {connectionOptions} from './connection-options.ts';
import type {Context} from './context.ts';
import {parseDuration} from './duration.ts';

/** Connects as the flags and the kubeconfig say. The caller closes it. */
export async function connectWith(
	args: Arguments<typeof connectionOptions>,
	{env, clock, signal, stderr}: Context,
): Promise<Api> {
	return connect(
		{
			kubeconfig: args.kubeconfig,
			context: args.context,
			cluster: args.cluster,
			user: args.user,
			server: args.server,
			token: args.token,
			as: args.as,
			asGroup: args['as-group'],
			asUid: args['as-uid'],
			clientCertificate: args['client-certificate'],
			clientKey: args['client-key'],
			certificateAuthority: args['certificate-authority'],
			tlsServerName: args['tls-server-name'],
			// Absent is not false: the kubeconfig may say true.
			insecureSkipTlsVerify: args['insecure-skip-tls-verify'] ? true : undefined,
			requestTimeout: requestTimeout(args['request-timeout']),
		},
		{env, clock, signal, stderr},
	);
}

/** kubectl takes a bare number for seconds here, and only here. */
function requestTimeout(text: string | undefined): number | undefined {
	if (text === undefined) {
		return undefined;
	}

	const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
	if (milliseconds === undefined) {
		throw new UserError(`invalid value "${text}" for --request-timeout`, {
			remedy: 'Give a duration such as 30s or 2m, or 0 for no limit.',
			exitCode: exitCode.usage,
		});
	}

	return milliseconds;
}
