import {asList, asText, field, type JsonObject, textOrUndefined} from './json.ts';

/** What the API says of a node, as text for people: an empty cell where it says nothing, or `<none>`, `<unknown>`. */
export type NodeRow = {
	readonly name: string;
	/** `Ready`, `NotReady` or `Unknown`, perhaps followed by `,SchedulingDisabled`. */
	readonly status: string;
	readonly roles: string;
	/** The kubelet's, such as `v1.34.2`. */
	readonly version: string;
	readonly osImage: string;
	readonly kernel: string;
	/** Such as `containerd://1.6.20`. */
	readonly runtime: string;
	readonly internalIP: string;
	readonly externalIP: string;
	/** These three only with metadata. */
	readonly uid?: string;
	readonly labels?: Readonly<Record<string, string>>;
	/** Without those longer than 1,024 characters: no rule reads them, and each may be 256 KiB. */
	readonly annotations?: Readonly<Record<string, string>>;
};

/** Columns of the server's table (kubernetes/kubernetes, pkg/printers/internalversion/printers.go, `addNodes`, v1.34), in lower case. */
const columns = {
	name: 'name',
	status: 'status',
	roles: 'roles',
	version: 'version',
	internalIP: 'internal-ip',
	externalIP: 'external-ip',
	osImage: 'os-image',
	kernel: 'kernel-version',
	runtime: 'container-runtime',
} as const;

type Column = keyof typeof columns;

/** No cell of a node is longer in earnest, and no more of a false one is held. */
const longestCell = 512;
const longestAnnotation = 1_024;

/** The rows of a Table, a NodeList or one Node; undefined where a table has not the columns that are read. */
export function nodeRows(answer: JsonObject): readonly NodeRow[] | undefined {
	switch (asText(field(answer, 'kind'))) {
		case 'Table':
			return tableRows(answer);
		case 'Node':
			return [rowOfNode(answer)];
		default:
			return asList(field(answer, 'items')).map(rowOfNode);
	}
}

function tableRows(table: JsonObject): readonly NodeRow[] | undefined {
	const names = asList(field(table, 'columnDefinitions')).map(column => asText(field(column, 'name')).toLowerCase());
	const at = Object.fromEntries(Object.entries(columns).map(([key, name]) => [key, names.indexOf(name)])) as Record<
		Column,
		number
	>;
	if (Object.values(at).includes(-1)) {
		return undefined;
	}

	return asList(field(table, 'rows')).map(row => {
		const cells = asList(field(row, 'cells'));
		const cell = (column: Column) => cut(cells[at[column]]);
		const metadata = field(row, 'object', 'metadata');
		return makeRow(cell, metadata);
	});
}

function makeRow(cell: (column: Column) => string, metadata: unknown): NodeRow {
	const uid = textOrUndefined(field(metadata, 'uid'));
	return {
		name: cell('name'),
		status: cell('status'),
		roles: cell('roles'),
		version: cell('version'),
		osImage: cell('osImage'),
		kernel: cell('kernel'),
		runtime: cell('runtime'),
		internalIP: cell('internalIP'),
		externalIP: cell('externalIP'),
		...(metadata !== undefined && {
			...(uid !== undefined && {uid}),
			labels: stringMap(field(metadata, 'labels')),
			annotations: stringMap(field(metadata, 'annotations')),
		}),
	};
}

/** The same text that the server's table would hold. */
function rowOfNode(node: unknown): NodeRow {
	const labels = stringMap(field(node, 'metadata', 'labels'));
	const info = field(node, 'status', 'nodeInfo');
	const addresses = asList(field(node, 'status', 'addresses'));
	const address = (type: string) =>
		cut(
			field(
				addresses.find(address => field(address, 'type') === type),
				'address',
			),
		) || '<none>';
	const roles = Object.keys(labels).flatMap(label =>
		label.startsWith('node-role.kubernetes.io/') ? label.slice('node-role.kubernetes.io/'.length) : [],
	);
	const cells: Readonly<Record<Column, string>> = {
		name: cut(field(node, 'metadata', 'name')),
		status: statusOf(node),
		roles: roles.sort().join(',') || '<none>',
		version: cut(field(info, 'kubeletVersion')),
		internalIP: address('InternalIP'),
		externalIP: address('ExternalIP'),
		osImage: cut(field(info, 'osImage')) || '<unknown>',
		kernel: cut(field(info, 'kernelVersion')) || '<unknown>',
		runtime: cut(field(info, 'containerRuntimeVersion')) || '<unknown>',
	};
	return makeRow(column => cells[column], field(node, 'metadata'));
}

function statusOf(node: unknown): string {
	const ready = asList(field(node, 'status', 'conditions')).find(condition => field(condition, 'type') === 'Ready');
	const word = ready === undefined ? 'Unknown' : field(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
	return field(node, 'spec', 'unschedulable') === true ? `${word},SchedulingDisabled` : word;
}

function cut(value: unknown): string {
	return asText(value).slice(0, longestCell);
}

/** The entries of a map whose values are text, and not overly long. */
export function stringMap(value: unknown): Readonly<Record<string, string>> {
	if (typeof value !== 'object' || value === null) {
		return {};
	}

	return Object.fromEntries(
		Object.entries(value).filter(
			(entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= longestAnnotation,
		),
	);
}
