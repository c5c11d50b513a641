import {type Access, requireAccess} from '../cluster/access.ts';
import type {Api} from '../cluster/api.ts';
import {ApiError} from '../cluster/errors.ts';
import {createNamespace} from '../cluster/namespaces.ts';
import {createPod, podsResourceVersion} from '../cluster/pods.ts';
import {exitCode, UserError} from '../errors.ts';
import {labels} from './probe-pod.ts';

export type Admission = {
	readonly api: Api;
	readonly namespace: string;
	readonly run: string;
	readonly pod: {readonly metadata: {readonly namespace: string; readonly name: string}};
	readonly onNotice: (message: string) => void;
	readonly signal: AbortSignal;
};

/**
Tries by server dry runs and reviews whether this cluster lets us make, watch and delete probe pods, before there is one: a refusal by
Pod Security, a quota, a webhook or RBAC is one clear message instead of one for each node. Makes the namespace where it is
absent and we may.
@returns The resource version at which the shared watch starts.
*/
export async function admitProbe(admission: Admission): Promise<string> {
	const {api, namespace, run, signal} = admission;
	await rehearse(admission, probeWords);
	await requireAccess(api, namespace, notRehearsed, signal);
	return podsResourceVersion(api, {namespace, labelSelector: `${labels.run}=${run}`, signal});
}

/** The same for the pod through which a node is worked on, which nothing has been done with yet. */
export async function admitActPod(admission: Admission): Promise<void> {
	await rehearse(admission, actWords);
	await requireAccess(admission.api, admission.namespace, actRights, admission.signal, 'node');
}

const actRights = [
	{verb: 'list', resource: 'pods'},
	{verb: 'get', resource: 'pods', subresource: 'exec'},
	{verb: 'create', resource: 'pods', subresource: 'exec'},
	{verb: 'deletecollection', resource: 'pods'},
] as const satisfies readonly Omit<Access, 'namespace'>[];

/** How a kind of pod is told of. */
type Words = {readonly pod: string; readonly privileged: string; readonly without: string};

const probeWords: Words = {
	pod: 'the probe pod',
	privileged: "The probe mounts the node's root read-only, which only the privileged level admits.",
	without: 'Without any pod, half the report: --via api.',
};

const actWords: Words = {
	pod: 'the act pod',
	privileged: 'It is root on the node, which only the privileged level admits.',
	without: 'Without any pod: --via ssh.',
};

/** What a run does later and no dry run tries. Without the last two of these, what it made would stay. */
const notRehearsed = [
	{verb: 'watch', resource: 'pods'},
	{verb: 'get', resource: 'pods', subresource: 'log'},
	{verb: 'create', resource: 'configmaps'},
	{verb: 'delete', resource: 'configmaps'},
	{verb: 'deletecollection', resource: 'pods'},
] as const satisfies readonly Omit<Access, 'namespace'>[];

async function rehearse(admission: Admission, words: Words): Promise<void> {
	const {api, namespace, pod, signal} = admission;
	try {
		await createPod(api, pod, {dryRun: true, signal});
	} catch (error) {
		if (error instanceof ApiError && error.status === 404 && /namespaces? "?/.test(error.message)) {
			await makeNamespace(admission, words);
			await createPod(api, pod, {dryRun: true, signal}).catch((again: unknown) => {
				throw refusal(again, namespace, words);
			});
			return;
		}

		throw refusal(error, namespace, words);
	}
}

async function makeNamespace({api, namespace, onNotice, signal}: Admission, {pod}: Words): Promise<void> {
	try {
		await createNamespace(
			api,
			namespace,
			{'pod-security.kubernetes.io/enforce': 'privileged', [labels.managedBy]: 'kubectl-cni-upgrade'},
			signal,
		);
		onNotice(`namespace/${namespace} created`);
	} catch (error) {
		if (error instanceof ApiError && error.status === 409) {
			return; // Somebody else made it at this very moment, or we did and were not told.
		}

		if (!(error instanceof UserError && error.exitCode === exitCode.blocked)) {
			throw error;
		}

		throw new UserError(`namespace/${namespace} does not exist and may not be created: ${error.message}`, {
			exitCode: exitCode.blocked,
			remedy: `Have somebody who may make it:\n${namespaceCommands(namespace, 'create')}\nor name one that admits ${pod} with --namespace.`,
			cause: error,
		});
	}
}

/** Who refuses a pod, by the words of the refusal. The first match is taken; RBAC's own 403 is told by the cluster layer. */
const refusals: readonly {
	readonly says: RegExp;
	readonly who: string;
	readonly remedy: (namespace: string, words: Words) => string;
}[] = [
	{
		says: /violates PodSecurity/,
		who: 'Pod Security',
		remedy: (namespace, {privileged}) =>
			`${privileged} Allow it there:\n${namespaceCommands(namespace, 'label')}\nor name a namespace that admits it with --namespace.`,
	},
	{
		says: /exceeded quota|failed quota|must specify (limits|requests)/,
		who: 'a resource quota',
		remedy: namespace =>
			`See which: kubectl describe quota --namespace ${namespace}\nRaise it, or name another namespace with --namespace.`,
	},
	{
		says: /admission webhook|denied the request|ValidatingAdmissionPolicy/,
		who: 'an admission policy',
		remedy: namespace => `Exempt namespace/${namespace} in that policy, or name a namespace that it exempts with --namespace.`,
	},
];

function refusal(error: unknown, namespace: string, words: Words): unknown {
	if (!(error instanceof ApiError)) {
		return error;
	}

	const row = refusals.find(({says}) => says.test(error.message));
	return (
		(row &&
			new UserError(`namespace/${namespace} does not admit ${words.pod}: ${row.who} refuses it: ${error.message}`, {
				exitCode: exitCode.blocked,
				remedy: `${row.remedy(namespace, words)}\n${words.without}`,
				cause: error,
			})) ??
		error
	);
}

function namespaceCommands(namespace: string, verb: 'create' | 'label'): string {
	const create = verb === 'create' ? `  kubectl create namespace ${namespace}\n` : '';
	return `${create}  kubectl label --overwrite namespace ${namespace} pod-security.kubernetes.io/enforce=privileged`;
}
