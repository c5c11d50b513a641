import type {Api} from '../cluster/api.ts';
import {getBootId} from '../cluster/nodes.ts';

/** A node, by the names that its machine may have. */
export type NamedNode = {
	readonly name: string;
	/** The label kubernetes.io/hostname. */
	readonly hostname: string | undefined;
};

/** What a machine says of itself. */
export type SeenMachine = {readonly hostname: string | undefined; readonly bootId: string | undefined};

/**
Why a machine that SSH led to is not the node, or undefined where it is: an address or a template may lead to another one. The machine's own
host name settles it in nearly every case; else the boot id, which no two machines share, at the cost of one request.
*/
export async function notTheNode(
	api: Api,
	node: NamedNode,
	{hostname, bootId}: SeenMachine,
	signal: AbortSignal,
): Promise<string | undefined> {
	const names = [node.name, node.hostname ?? node.name].flatMap(name => [name, name.split('.')[0]]);
	if (hostname !== undefined && names.some(name => name?.toLowerCase() === hostname.toLowerCase())) {
		return undefined;
	}

	const expected = await getBootId(api, node.name, signal);
	if (bootId !== undefined && bootId === expected) {
		return undefined;
	}

	const called = hostname === undefined ? 'does not say its name' : `calls itself ${hostname}`;
	return `SSH led to another machine: it ${called}, and its boot id is not the node's`;
}
