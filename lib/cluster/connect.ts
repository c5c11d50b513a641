import {Buffer} from 'node:buffer';
import tls from 'node:tls';
import type {Clock} from '../clock.ts';
import {UserError} from '../errors.ts';
import type {Endpoint} from './agents.ts';
import type {Api} from './api.ts';
import type {ConnectionFlags} from './connection-flags.ts';
import type {Credentials} from './credentials.ts';
import {httpApi} from './http-api.ts';
import {asText, textOrUndefined} from './json.ts';
import {type Choice, choose} from './kubeconfig-choice.ts';
import {type Environment, readKubeconfig} from './kubeconfig-files.ts';
import {proxyFor} from './proxy.ts';
import {impersonation, pemOf, userCredentials} from './user-credentials.ts';

export type {ConnectionFlags} from './connection-flags.ts';

export type ConnectionContext = {
	readonly env: Environment;
	readonly clock: Clock;
	/** Of the reading of files: what a request waits for ends with the request's own. */
	readonly signal: AbortSignal;
	readonly stderr: {readonly write: (text: string) => unknown};
	/** Where a pod's own credentials lie. */
	readonly serviceAccountDir?: string;
};

/** Finds the cluster and the user as kubectl does. Nothing is sent before the first request. The caller closes what it gets. */
export async function connect(flags: ConnectionFlags, context: ConnectionContext): Promise<Api> {
	const choice = choose(
		await readKubeconfig(context.env, flags.kubeconfig, context.signal),
		flags,
		context.env,
		context.serviceAccountDir,
	);
	const authority = await pemOf(choice.cluster, 'certificate-authority', 'the cluster', context.signal);
	const endpoint = await endpointOf(choice, authority, context);
	const credentials = await credentialsOf(choice, authority, context);
	return httpApi({endpoint, credentials, clock: context.clock, timeout: flags.requestTimeout});
}

async function endpointOf(
	{cluster, namespace}: Choice,
	authority: string | undefined,
	{env, stderr}: ConnectionContext,
): Promise<Endpoint> {
	const insecure = cluster['insecure-skip-tls-verify'] === true;
	if (insecure && authority !== undefined) {
		throw new UserError('the cluster has a certificate authority and insecure-skip-tls-verify, which contradict each other', {
			remedy: 'Take insecure-skip-tls-verify out of the kubeconfig.',
		});
	}

	const server = serverUrl(asText(cluster['server']), insecure || authority !== undefined);
	if (insecure && server.protocol === 'https:') {
		stderr.write(`warning: the certificate of ${server.origin} is not verified (insecure-skip-tls-verify)\n`);
	}

	const servername = textOrUndefined(cluster['tls-server-name']);
	const compress = cluster['disable-compression'] !== true;
	const proxy = proxyFor(server, textOrUndefined(cluster['proxy-url']), env);
	const settings = {
		insecure,
		...(servername !== undefined && {servername}),
		...(!insecure && {ca: authority ?? systemAuthorities(server)}),
	};
	if (proxy?.protocol.startsWith('socks')) {
		const {socksAgents} = await import('./kubeconfig.ts');
		const {ca, servername} = settings;
		return {
			server,
			namespace,
			tls: settings,
			compress,
			proxy,
			agent: socksAgents(server, proxy, {ca, ...(servername !== undefined && {servername}), rejectUnauthorized: !insecure}),
		};
	}

	return {server, namespace, tls: settings, compress, proxy};
}

/** kubectl takes a server without a scheme for http://, and for https:// where there is something to verify it by. */
function serverUrl(text: string, isSecure: boolean): URL {
	const url = URL.parse(/^https?:\/\//i.test(text) ? text : `${isSecure ? 'https' : 'http'}://${text}`);
	if (url === null || url.hostname === '') {
		throw new UserError(`the server ${JSON.stringify(text)} is no URL`, {remedy: 'Write it as https://HOST:PORT.'});
	}

	url.search = '';
	url.hash = '';
	return url;
}

/** A cluster without an authority of its own is verified by those of this machine, as kubectl does, besides those that Node.js holds. */
function systemAuthorities(server: URL): string[] {
	return server.protocol === 'https:' ? [...tls.getCACertificates('default'), ...tls.getCACertificates('system')] : [];
}

async function credentialsOf(
	{cluster, user, who}: Choice,
	authority: string | undefined,
	{env, clock, stderr}: ConnectionContext,
): Promise<Credentials> {
	const headers = impersonation(user);
	if (user['exec'] !== undefined && user['exec'] !== null) {
		const {execCredentials} = await import('./exec-plugin.ts');
		const authorityData = authority === undefined ? undefined : Buffer.from(authority).toString('base64');
		return execCredentials({exec: user['exec'], cluster, authority: authorityData, who, headers, env, clock, stderr});
	}

	if (user['auth-provider'] !== undefined && user['auth-provider'] !== null) {
		const {providerCredentials} = await import('./kubeconfig.ts');
		return providerCredentials(cluster, user, {who, headers});
	}

	return userCredentials(user, who, clock);
}
