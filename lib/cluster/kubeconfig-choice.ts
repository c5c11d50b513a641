import {existsSync, readFileSync} from 'node:fs';
import {UserError} from '../errors.ts';
import type {ConnectionFlags} from './connection-flags.ts';
import {asText, field, type JsonObject, textOrUndefined} from './json.ts';
import type {Environment, Kubeconfig} from './kubeconfig-files.ts';
import {nearestNames} from './nearest-names.ts';

/** The cluster and the user that were chosen, in the kubeconfig's own words, the flags laid over them. */
export type Choice = {
	readonly cluster: JsonObject;
	readonly user: JsonObject;
	/** As a message names it: `user/admin`. */
	readonly who: string;
	readonly namespace: string;
};

/** Where a pod finds its own credentials (kubernetes/client-go, rest/config.go, `InClusterConfig`). */
const serviceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Chooses as kubectl does: flags, then the context, then, where there is no kubeconfig at all, the pod that we run in. */
export function choose(config: Kubeconfig, flags: ConnectionFlags, env: Environment, podDir = serviceAccountDir): Choice {
	const isEmpty = config.clusters.size + config.users.size + config.contexts.size === 0;
	if (isEmpty && flags.server === undefined && flags.context === undefined && flags.cluster === undefined) {
		return inCluster(env, podDir) ?? refuseNothing(config);
	}

	const contextName = flags.context ?? config.currentContext;
	const context =
		contextName === undefined
			? {}
			: named(config.contexts, 'context', contextName, flags.context === undefined ? 'current-context' : '--context');
	const clusterName = flags.cluster ?? textOrUndefined(context['cluster']);
	const userName = flags.user ?? textOrUndefined(context['user']);
	const cluster =
		clusterName === undefined
			? {}
			: named(config.clusters, 'cluster', clusterName, flags.cluster === undefined ? `context ${contextName}` : '--cluster');
	const user =
		userName === undefined
			? {}
			: named(config.users, 'user', userName, flags.user === undefined ? `context ${contextName}` : '--user');
	if (flags.server === undefined && asText(cluster['server']) === '') {
		throw contextName === undefined
			? new UserError('no context is current, so no cluster is chosen', {
					remedy: `Choose one with --context or kubectl config use-context: ${list(config.contexts)}`,
				})
			: new UserError(`context ${contextName} leads to no server`, {remedy: 'Compare: kubectl config view --minify'});
	}

	return {
		cluster: clusterWith(cluster, flags),
		user: userWith(user, flags),
		who: `user/${userName ?? '(none)'}`,
		namespace: textOrUndefined(context['namespace']) ?? 'default',
	};
}

function named(entries: ReadonlyMap<string, JsonObject>, kind: string, name: string, from: string): JsonObject {
	const entry = entries.get(name);
	if (entry === undefined) {
		const near = nearestNames(name, [...entries.keys()]);
		throw new UserError(`the kubeconfig has no ${kind} ${name}, which ${from} names`, {
			remedy: near.length > 0 ? `Did you mean ${near.join(' or ')}? It has: ${list(entries)}` : `It has: ${list(entries)}`,
		});
	}

	return entry;
}

/** Names, at most twenty. */
function list(entries: ReadonlyMap<string, unknown>): string {
	const names = [...entries.keys()];
	const more = names.length > 20 ? ` and ${names.length - 20} more` : '';
	return names.length === 0 ? 'none' : names.slice(0, 20).join(', ') + more;
}

function clusterWith(cluster: JsonObject, flags: ConnectionFlags): JsonObject {
	return {
		...cluster,
		// The name to verify belongs to the server that was there.
		...(flags.server !== undefined && {server: flags.server, 'tls-server-name': undefined}),
		...given('tls-server-name', flags.tlsServerName),
		...(flags.certificateAuthority !== undefined && {
			'certificate-authority': flags.certificateAuthority,
			'certificate-authority-data': undefined,
		}),
		// kubectl refuses both together; the flag takes the kubeconfig's authority away.
		...(flags.insecureSkipTlsVerify === true && {
			'insecure-skip-tls-verify': true,
			...(flags.certificateAuthority === undefined && {
				'certificate-authority': undefined,
				'certificate-authority-data': undefined,
			}),
		}),
	};
}

function userWith(user: JsonObject, flags: ConnectionFlags): JsonObject {
	const {asGroup = []} = flags;
	return {
		...user,
		...(flags.token !== undefined && {
			token: flags.token,
			tokenFile: undefined,
			exec: undefined,
			'auth-provider': undefined,
			username: undefined,
		}),
		...(flags.clientCertificate !== undefined && {
			'client-certificate': flags.clientCertificate,
			'client-certificate-data': undefined,
		}),
		...(flags.clientKey !== undefined && {'client-key': flags.clientKey, 'client-key-data': undefined}),
		...given('as', flags.as),
		...given('as-uid', flags.asUid),
		...(asGroup.length > 0 && {'as-groups': asGroup}),
	};
}

function given(key: string, value: string | undefined): JsonObject {
	return value === undefined ? {} : {[key]: value};
}

function inCluster(env: Environment, directory: string): Choice | undefined {
	const {KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = ''} = env;
	const file = (name: string) => `${directory}/${name}`;
	if (host === '' || port === '' || !existsSync(file('token'))) {
		return undefined;
	}

	return {
		cluster: {server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, 'certificate-authority': file('ca.crt')},
		user: {tokenFile: file('token')},
		who: 'the service account of this pod',
		namespace: existsSync(file('namespace')) ? readFileSync(file('namespace'), 'utf8').trim() : 'default',
	};
}

function refuseNothing({files}: Kubeconfig): never {
	throw new UserError(
		`no kubeconfig found: ${files.join(', ')} ${files.length === 1 ? 'does not exist or is empty' : 'do not exist or are empty'}`,
		{
			remedy: 'Name one with --kubeconfig FILE or the environment variable KUBECONFIG.',
		},
	);
}

/** An extension of the cluster under this name is passed on to exec plugins. */
export function execExtension(cluster: JsonObject): unknown {
	const extensions = cluster['extensions'];
	const row = (Array.isArray(extensions) ? extensions : []).find(
		extension => field(extension, 'name') === 'client.authentication.k8s.io/exec',
	);
	return field(row, 'extension');
}
