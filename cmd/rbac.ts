import {exitCode} from '../lib/errors.ts';
import {formatYamlDocuments} from '../lib/print/yaml.ts';
import {type Arguments, defineCommand} from './command.ts';
import {checked} from './grammar.ts';
import {probeNamespaceOption, viaOption} from './probe-options.ts';
import {needsNamespace, type RoleCommand, roleRows} from './role-rows.ts';
import {usageError} from './usage-error.ts';

const group = 'rbac.authorization.k8s.io';

const options = {
	via: viaOption,
	namespace: probeNamespaceOption,
	subject: {
		kind: 'list',
		value: 'KIND:NAME',
		summary: 'Whom to bind the roles to: user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME; may be repeated',
	},
} as const;

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
		{comment: 'The roles for node, status, resume and rollback', command: 'kubectl cni-upgrade rbac node'},
		{comment: 'The role for cleanup', command: 'kubectl cni-upgrade rbac cleanup'},
		{comment: 'The role for preflight --via api: one verb', command: 'kubectl cni-upgrade rbac preflight --via api'},
	],
	operands: {usage: 'COMMAND', min: 1, max: 1, choices: Object.keys(roleRows)},
	options,
	async run(args, {stdout}) {
		stdout.write(formatYamlDocuments(rolesFor(args)));
		return exitCode.ok;
	},
});

function rolesFor({operands: [command], via, namespace: given, subject}: Arguments<typeof options>): readonly unknown[] {
	const ours = checked(given, 'namespace', 'rbac');
	const name = `cni-upgrade-${command}`;
	const subjects = subject.map(subjectOf);
	const roles = roleRows[command as RoleCommand](via).map(({where, rules}) => {
		const namespace = where === 'cluster' ? undefined : where === 'ours' ? ours : where.namespace;
		return {kind: namespace === undefined ? 'ClusterRole' : 'Role', metadata: {name, ...(namespace && {namespace})}, rules};
	});
	return [
		...(needsNamespace(command as RoleCommand, via) ? [namespaceObject(ours)] : []),
		...roles.map(role => ({apiVersion: `${group}/v1`, ...role})),
		...(subjects.length === 0
			? []
			: roles.map(({kind, metadata}) => ({
					apiVersion: `${group}/v1`,
					kind: `${kind}Binding`,
					metadata,
					roleRef: {apiGroup: group, kind, name},
					subjects,
				}))),
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
	const apiGroup = group;
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
