import type {KubeObject, Node} from './objects.ts';
import type {RequestInfo} from './request-info.ts';
import type {ListMeta} from './shape.ts';
import {refuse} from './status.ts';

type Column = {
	readonly name: string;
	readonly type: 'string';
	readonly format: '' | 'name';
	readonly description: string;
	/** 0 is shown always, 1 with `-o wide`. */
	readonly priority: 0 | 1;
	readonly cell: (node: Node) => string;
};

/** The columns of a Node as kubernetes/kubernetes:pkg/printers/internalversion/printers.go defines them (`nodeColumnDefinitions`, `printNode`). */
const nodeColumns: readonly Column[] = [
	column('Name', 0, ({metadata}) => metadata.name),
	column('Status', 0, statusCell),
	column('Roles', 0, rolesCell),
	column('Age', 0, ({metadata}) => age(Date.now() - Date.parse(metadata.creationTimestamp))),
	column('Version', 0, ({status}) => status.nodeInfo['kubeletVersion'] ?? ''),
	column('Internal-IP', 1, node => addressCell(node, 'InternalIP')),
	column('External-IP', 1, node => addressCell(node, 'ExternalIP')),
	column('OS-Image', 1, ({status}) => status.nodeInfo['osImage'] || '<unknown>'),
	column('Kernel-Version', 1, ({status}) => status.nodeInfo['kernelVersion'] || '<unknown>'),
	column('Container-Runtime', 1, ({status}) => status.nodeInfo['containerRuntimeVersion'] || '<unknown>'),
];

/** Nodes as a `Table`; `includeObject` is None, Metadata (the default) or Object. */
export function tableOf(nodes: readonly KubeObject[], {query}: RequestInfo, metadata: ListMeta): unknown {
	const include = query.get('includeObject') ?? 'Metadata';
	if (!['None', 'Metadata', 'Object'].includes(include)) {
		throw refuse.badRequest(`unrecognized includeObject value: "${include}"`);
	}

	return {
		kind: 'Table',
		apiVersion: 'meta.k8s.io/v1',
		metadata,
		columnDefinitions: nodeColumns.map(({cell: _cell, ...definition}) => definition),
		rows: nodes.map(node => ({cells: nodeColumns.map(({cell}) => cell(node as Node)), object: rowObject(node, include)})),
	};
}

function rowObject(object: KubeObject, include: string): unknown {
	switch (include) {
		case 'None':
			return null;
		case 'Object':
			return object;
		default:
			return {kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata};
	}
}

function column(name: string, priority: 0 | 1, cell: (node: Node) => string): Column {
	return {name, type: 'string', format: name === 'Name' ? 'name' : '', description: `${name} of the node`, priority, cell};
}

function statusCell({spec, status}: Node): string {
	const ready = status.conditions.find(({type}) => type === 'Ready');
	const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
	if (spec.unschedulable === true) {
		words.push('SchedulingDisabled');
	}

	return words.join(',');
}

function rolesCell({metadata}: Node): string {
	const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
		if (key.startsWith('node-role.kubernetes.io/')) {
			return key.slice('node-role.kubernetes.io/'.length) || [];
		}

		return key === 'kubernetes.io/role' && value !== '' ? value : [];
	});
	return [...new Set(roles)].sort().join(',') || '<none>';
}

function addressCell({status}: Node, type: string): string {
	return status.addresses.find(address => address.type === type)?.address ?? '<none>';
}

/** Steps of apimachinery's `duration.HumanDuration`: below the limit, in these units, with the smaller unit where it says so. */
const ageSteps: readonly {
	readonly below: number;
	readonly unit: readonly [string, number];
	readonly rest?: readonly [string, number];
}[] = [
	{below: 120, unit: ['s', 1]},
	{below: 600, unit: ['m', 60], rest: ['s', 1]},
	{below: 10_800, unit: ['m', 60]},
	{below: 28_800, unit: ['h', 3600], rest: ['m', 60]},
	{below: 172_800, unit: ['h', 3600]},
	{below: 691_200, unit: ['d', 86_400], rest: ['h', 3600]},
	{below: 63_072_000, unit: ['d', 86_400]},
	{below: 252_288_000, unit: ['y', 31_536_000], rest: ['d', 86_400]},
	{below: Number.POSITIVE_INFINITY, unit: ['y', 31_536_000]},
];

function age(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const step = ageSteps.find(({below}) => seconds < below);
	if (step === undefined) {
		return '<unknown>';
	}

	const [name, size] = step.unit;
	const rest = step.rest && Math.floor((seconds % size) / step.rest[1]);
	return `${Math.floor(seconds / size)}${name}${rest ? `${rest}${step.rest?.[0]}` : ''}`;
}
