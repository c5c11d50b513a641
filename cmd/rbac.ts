import {exitCode} from '../lib/errors.ts';
import {formatYamlDocuments} from '../lib/print/yaml.ts';
import {type Arguments, defineCommand} from './command.ts';
import {checked} from './grammar.ts';
import {probeNamespaceOption, viaOption} from './probe-options.ts';
import {usageError} from './usage-error.ts';

const options = {
	via: viaOption,
	namespace: probeNamespaceOption,
	subject: {
		kind: 'list',
		value: 'KIND:NAME',
		summary: 'Whom to bind the roles to: user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME; may be repeated',
	},
} as const;

/** What a run by probe pods asks of the namespace; each line is one kind of request that it makes. */
const namespaceRules = [
	{apiGroups: [''], resources: ['pods'], verbs: ['create', 'list', 'watch', 'deletecollection']},
	{apiGroups: [''], resources: ['pods/log'], verbs: ['get']},
	{apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'delete']},
];

/** What cleanup asks of the namespace. With --delete-namespace it gets and deletes that too, which is a right over all of it. */
const cleanupRules = [
	{apiGroups: [''], resources: ['pods'], verbs: ['list', 'deletecollection']},
	{apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'delete']},
];

/** The nodes in one list; by probe pods also one node of each kind, for the images that it holds; by SSH one whose name is in doubt. */
const nodeVerbs = {api: ['list'], pod: ['list', 'get'], ssh: ['list', 'get'], auto: ['list', 'get']} as const;

export const rbac = defineCommand({
	description: `Prints the least rights that a command needs, for kubectl apply: roles, and the namespace of the probe pods with its Pod
Security label, so that nobody needs the right to create namespaces. It asks no cluster.

Whoever may create pods in that namespace can mount the root of every node. Give it to people who may be root there.`,
	examples: [
		{comment: 'The roles for preflight', command: 'kubectl cni-upgrade rbac preflight'},
		{
			comment: 'Give them to a group',
			command: 'kubectl cni-upgrade rbac preflight --subject group:sre | kubectl apply -f -',
		},
		{comment: 'The role for cleanup', command: 'kubectl cni-upgrade rbac cleanup'},
		{comment: 'The role for preflight --via api: one verb', command: 'kubectl cni-upgrade rbac preflight --via api'},
	],
	operands: {usage: 'COMMAND', min: 1, max: 1, choices: ['preflight', 'cleanup']},
	options,
	async run(args, {stdout}) {
		stdout.write(formatYamlDocuments(rolesFor(args)));
		return exitCode.ok;
	},
});

function rolesFor({operands: [command], via, namespace: given, subject}: Arguments<typeof options>): readonly unknown[] {
	const namespace = checked(given, 'namespace', 'rbac');
	const name = `cni-upgrade-${command}`;
	const group = 'rbac.authorization.k8s.io';
	const subjects = subject.map(subjectOf);
	const clusterRole = {
		apiVersion: `${group}/v1`,
		kind: 'ClusterRole',
		metadata: {name},
		rules: [{apiGroups: [''], resources: ['nodes'], verbs: nodeVerbs[via]}],
	};
	const isCleanup = command === 'cleanup';
	const role = {
		apiVersion: `${group}/v1`,
		kind: 'Role',
		metadata: {name, namespace},
		rules: isCleanup ? cleanupRules : namespaceRules,
	};
	const byPod = via === 'pod' || via === 'auto';
	const binding = (kind: 'ClusterRole' | 'Role') => ({
		apiVersion: `${group}/v1`,
		kind: `${kind}Binding`,
		metadata: kind === 'Role' ? {name, namespace} : {name},
		roleRef: {apiGroup: group, kind, name},
		subjects,
	});
	if (isCleanup) {
		return [role, ...(subjects.length > 0 ? [binding('Role')] : [])];
	}

	return [
		...(byPod ? [namespaceObject(namespace)] : []),
		clusterRole,
		...(byPod ? [role] : []),
		...(subjects.length > 0 ? [binding('ClusterRole'), ...(byPod ? [binding('Role')] : [])] : []),
	];
}

/** As the probe would make it where it may (`lib/transport/admission.ts`). */
function namespaceObject(name: string) {
	return {
		apiVersion: 'v1',
		kind: 'Namespace',
		metadata: {
			name,
			labels: {'app.kubernetes.io/managed-by': 'kubectl-cni-upgrade', 'pod-security.kubernetes.io/enforce': 'privileged'},
		},
	};
}

function subjectOf(text: string) {
	const [, kind, rest = ''] = /^(user|group|serviceaccount):(.+)$/s.exec(text) ?? [];
	const apiGroup = 'rbac.authorization.k8s.io';
	if (kind === 'user' || kind === 'group') {
		return {apiGroup, kind: kind === 'user' ? 'User' : 'Group', name: rest};
	}

	const [namespace = '', name = '', ...more] = rest.split(':');
	if (kind !== 'serviceaccount' || more.length > 0) {
		throw usageError(`"${text}" is not a subject; expected user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME`, 'rbac');
	}

	return {
		kind: 'ServiceAccount',
		name: checked(name, 'object', 'rbac'),
		namespace: checked(namespace, 'namespace', 'rbac'),
	};
}
