import type {Api} from '../cluster/api.ts';
import {getMachineIds} from '../cluster/nodes.ts';

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
	if (isNamed(node, hostname) || isSame(bootId, (await getMachineIds(api, node.name, signal)).bootId)) {
		return undefined;
	}

	return `${otherMachine(hostname)}, and its boot id is not the node's`;
}

/**
The same of a machine that is to be changed. A name is not enough for that: sites that were built alike have machines of the same names.
Nor is a machine id, which clones share. Only together they prove the node after a reboot, of which the API server does not know until the
kubelet runs again. One request.
*/
export async function notTheMachine(
	api: Api,
	node: NamedNode,
	{hostname, bootId, machineId}: SeenMachine & {readonly machineId: string | undefined},
	signal: AbortSignal,
): Promise<string | undefined> {
	const expected = await getMachineIds(api, node.name, signal);
	if (isSame(bootId, expected.bootId)) {
		return undefined;
	}

	if (!isNamed(node, hostname)) {
		return `${otherMachine(hostname)}, and its boot id is not the node's`;
	}

	const isUnknown = expected.bootId === undefined && expected.machineId === undefined;
	return isUnknown || isSame(machineId, expected.machineId)
		? undefined
		: `${otherMachine(hostname)} as the node does, but neither its boot id nor its machine id is the node's`;
}

function isNamed(node: NamedNode, hostname: string | undefined): boolean {
	const names = [node.name, node.hostname ?? node.name].flatMap(name => [name, name.split('.')[0]]);
	return hostname !== undefined && names.some(name => name?.toLowerCase() === hostname.toLowerCase());
}

function isSame(seen: string | undefined, expected: string | undefined): boolean {
	return seen !== undefined && seen.toLowerCase() === expected?.trim().toLowerCase();
}

function otherMachine(hostname: string | undefined): string {
	return `SSH led to another machine: it ${hostname === undefined ? 'does not say its name' : `calls itself ${hostname}`}`;
}
