import type {Agent} from 'node:http';
import type {RequestOptions} from 'node:https';
import type {KubeConfig, User} from '@kubernetes/client-node';
import {messageOf, UserError} from '../errors.ts';
import {maxConnections} from './agents.ts';
import type {Credential, Credentials} from './credentials.ts';
import {inCommon} from './in-common.ts';
import {asText, type JsonObject} from './json.ts';

/**
What client-node does for us: credentials of an `auth-provider` (OpenID Connect with its refresh, and the cloud providers' of old)
and SOCKS proxies. It is loaded for these alone: importing it costs 60 to 120 ms and 33 MB, more than all else that a
report from the API takes.
*/
async function loadKubeConfig(cluster: JsonObject, user: JsonObject): Promise<KubeConfig> {
	const {KubeConfig} = await import('@kubernetes/client-node');
	const config = new KubeConfig();
	config.loadFromOptions({
		clusters: [
			{
				name: 'cluster',
				server: asText(cluster['server']),
				proxyUrl: cluster['proxy-url'],
				skipTLSVerify: cluster['insecure-skip-tls-verify'] === true,
			},
		],
		users: [{name: 'user', authProvider: user['auth-provider'] as User['authProvider']}],
		contexts: [{name: 'context', cluster: 'cluster', user: 'user'}],
		currentContext: 'context',
	});
	return config;
}

/** Credentials of a user with an `auth-provider`; `headers` (impersonation) come on top. client-node renews them by their expiry. */
export async function providerCredentials(
	cluster: JsonObject,
	user: JsonObject,
	{who, headers}: {readonly who: string; readonly headers: Credential['headers']},
): Promise<Credentials> {
	const config = await loadKubeConfig({server: cluster['server']}, user);
	let held: Credential | undefined;
	// Which takes no signal: it goes on unheard where nobody waits any more.
	const get = inCommon(async (): Promise<Credential> => {
		const options: RequestOptions = {};
		try {
			await config.applyToHTTPSOptions(options);
		} catch (error) {
			throw new UserError(`the auth-provider of ${who} gives no credentials: ${messageOf(error)}`, {
				remedy: 'Log in again, or use an exec plugin in its place.',
				cause: error,
			});
		}

		const authorization = asText((options.headers as Readonly<Record<string, unknown>> | undefined)?.['Authorization']);
		if (held === undefined || held.headers['authorization'] !== authorization) {
			held = {headers: {...headers, ...(authorization !== '' && {authorization})}};
		}

		return held;
	});

	return {
		who,
		get,
		async renew(refused, signal) {
			const credential = await get(signal);
			return credential === refused ? undefined : credential;
		},
	};
}

/** Makes agents that go through a SOCKS proxy, with the TLS settings of the server and a client certificate. */
export function socksAgents(server: URL, proxy: URL, tls: RequestOptions): (credential: Credential) => Promise<Agent> {
	return async ({cert, key}) => {
		const config = await loadKubeConfig({server: server.href, 'proxy-url': proxy.href}, {});
		const options: RequestOptions = {...tls, ...(cert !== undefined && {cert}), ...(key !== undefined && {key})};
		await config.applyToHTTPSOptions(options);
		const agent = options.agent as Agent & {keepAlive: boolean};
		agent.keepAlive = true;
		agent.maxSockets = maxConnections;
		return agent;
	};
}
