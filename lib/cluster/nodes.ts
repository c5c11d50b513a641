import {UserError} from '../errors.ts';
import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import {asList, asText, field, textOrUndefined} from './json.ts';
import {nearestNames} from './nearest-names.ts';
import {type NodeRow, nodeRows} from './node-rows.ts';
import {listAll, oneKind} from './paging.ts';

export type {NodeRow} from './node-rows.ts';

/** `table`: one request for all, about 200 bytes a node. `metadata`: uid, labels and annotations besides, about 1.8 KB, by pages. */
type NodeDetail = 'table' | 'metadata';

export type ListNodes = {readonly detail: NodeDetail; readonly selector?: string | undefined; readonly signal: AbortSignal};

export type FindNodes = ListNodes & {
	/** As typed, `node/` in front or not; empty: all nodes that the selector takes. */
	readonly names: readonly string[];
};

const nodesPath = '/api/v1/nodes';

/** The server's own table for people; the object instead from a server that has none. */
const tableAccept = 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json';

const pageSize = 500;

/** From this many names on, the whole list is cheaper than one request each. */
const mostSingles = 16;

/** Lists nodes in the server's order. */
export async function listNodes(api: Api, {detail, selector, signal}: ListNodes): Promise<readonly NodeRow[]> {
	const asTable = {
		accept: tableAccept,
		query: {labelSelector: selector, includeObject: detail === 'table' ? 'None' : 'Metadata'},
	};
	const rows = await rowsOf(api, {...asTable, ...(detail === 'metadata' && {limit: pageSize}), signal});
	// A server whose table lacks a column that we read gives the objects, in pages: whole, each is 13 KB.
	return (
		rows ?? (await rowsOf(api, {accept: 'application/json', query: {labelSelector: selector}, limit: pageSize, signal})) ?? []
	);
}

type RowsRequest = {
	readonly accept: string;
	readonly query: Readonly<Record<string, string | undefined>>;
	readonly limit?: number;
	readonly signal: AbortSignal;
};

/** Undefined where a table has not the columns that we read. */
async function rowsOf(api: Api, request: RowsRequest): Promise<readonly NodeRow[] | undefined> {
	const rows: NodeRow[] = [];
	let isUsable = true;
	await listAll(
		api,
		{...request, path: nodesPath, kinds: ['Table', 'NodeList'], restart: () => rows.splice(0)},
		(_items, page) => {
			const more = nodeRows(page);
			isUsable &&= more !== undefined;
			rows.push(...(more ?? []));
		},
	);
	return isUsable ? rows : undefined;
}

/** The nodes of these names, or those that the selector takes. An unknown name is a `UserError` that names the nearest ones. */
export async function findNodes(api: Api, {names: typed, ...list}: FindNodes): Promise<readonly NodeRow[]> {
	if (typed.length === 0) {
		return listNodes(api, list);
	}

	const names = [...new Set(typed.map(name => name.replace(/^nodes?\//, '')))];
	// The short list needs only the right to list, and is one request.
	if (list.detail === 'table' || list.selector !== undefined || names.length > mostSingles) {
		const rows = await listNodes(api, list);
		const byName = new Map(rows.map(row => [row.name, row]));
		const found = names.map(name => byName.get(name));
		refuseUnknown(
			names.filter(name => !byName.has(name)),
			[...byName.keys()],
			list.selector,
		);
		return found.filter(row => row !== undefined);
	}

	const found = await Promise.all(names.map(async name => getNodeRow(api, name, list.signal)));
	const unknown = names.filter((_, index) => found[index] === undefined);
	if (unknown.length > 0) {
		refuseUnknown(
			unknown,
			(await listNodes(api, {detail: 'table', signal: list.signal})).map(({name}) => name),
			undefined,
		);
	}

	return found.filter(row => row !== undefined);
}

function refuseUnknown(unknown: readonly string[], known: readonly string[], selector: string | undefined): void {
	if (unknown.length === 0) {
		return;
	}

	const among = selector === undefined ? '' : ` among those with ${selector}`;
	const near = [...new Set(unknown.flatMap(name => nearestNames(name, known)))].slice(0, 5);
	throw new UserError(`${unknown.map(name => `node/${name}`).join(', ')} not found${among}`, {
		remedy:
			near.length > 0
				? `Did you mean ${near.map(name => `node/${name}`).join(' or ')}?`
				: 'See the names with: kubectl get nodes',
	});
}

/** One node with its metadata; undefined where there is none of that name. */
async function getNodeRow(api: Api, name: string, signal: AbortSignal): Promise<NodeRow | undefined> {
	const get = async (accept: string) => {
		const {json} = await api.request({
			path: `${nodesPath}/${encodeURIComponent(name)}`,
			query: {includeObject: accept === tableAccept ? 'Metadata' : undefined},
			accept,
			signal,
		});
		return nodeRows(oneKind(api, json, ['Table', 'Node']))?.[0];
	};

	try {
		return (await get(tableAccept)) ?? (await get('application/json'));
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) {
			return undefined;
		}

		throw error;
	}
}

/** The images that a node's kubelet reports: it names the 50 largest. */
export async function getNodeImages(
	api: Api,
	name: string,
	signal: AbortSignal,
): Promise<readonly {readonly names: readonly string[]; readonly sizeBytes: number}[]> {
	const {json} = await api.request({path: `${nodesPath}/${encodeURIComponent(name)}`, signal});
	return asList(field(oneKind(api, json, ['Node']), 'status', 'images')).map(image => {
		const size = field(image, 'sizeBytes');
		return {
			names: asList(field(image, 'names'))
				.map(asText)
				.filter(text => textOrUndefined(text) !== undefined),
			sizeBytes: typeof size === 'number' ? size : 0,
		};
	});
}

/**
What a node's kubelet reports of the boot that it runs in (`/proc/sys/kernel/random/boot_id`), and of its machine (`/etc/machine-id`, else
`/var/lib/dbus/machine-id`); undefined where it reports none.
*/
export async function getMachineIds(
	api: Api,
	name: string,
	signal: AbortSignal,
): Promise<{readonly bootId: string | undefined; readonly machineId: string | undefined}> {
	const {json} = await api.request({path: `${nodesPath}/${encodeURIComponent(name)}`, signal});
	const info = field(oneKind(api, json, ['Node']), 'status', 'nodeInfo');
	return {bootId: textOrUndefined(field(info, 'bootID')), machineId: textOrUndefined(field(info, 'machineID'))};
}
