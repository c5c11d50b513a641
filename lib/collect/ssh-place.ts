import {isIP} from 'node:net';
import type {NodeRow} from '../cluster/nodes.ts';

/** How nodes are reached by SSH, as the command line says. */
export type SshPlaces = {
	/** With `{name}` or `{address}` in it. */
	readonly template: string | undefined;
	/** Which of a node's addresses; undefined takes the first that there is. */
	readonly address: SshAddress | undefined;
	/** Whether ssh_config has a block for this very name. */
	readonly isConfigured: (name: string) => boolean;
};

/** What is kept of a node's row to reach it by SSH. */
export type SshNode = {
	readonly name: string;
	readonly internalIP: string;
	readonly externalIP: string;
	/** The label kubernetes.io/hostname. */
	readonly hostname: string | undefined;
};

/** Where a node is reached, or why it cannot be. */
export type Place = {readonly host: string} | {readonly unknown: string};

export function sshNodeOf({name, internalIP, externalIP, labels}: NodeRow): SshNode {
	return {name, internalIP, externalIP, hostname: labels?.['kubernetes.io/hostname']};
}

export const sshAddresses = ['InternalIP', 'ExternalIP', 'Hostname'] as const;

type SshAddress = (typeof sshAddresses)[number];

/** What OpenSSH takes for a host, less what could be taken for a flag or a token. Names of nodes come from the cluster. */
const hostGrammar = /^(?=.{1,253}$)[A-Za-z0-9_]([\w.-]*[A-Za-z0-9_])?$/;

/** The host of a node: the template's, else the node's own name where ssh_config has it, else an address. */
export function sshPlaceOf(node: SshNode, {template, address, isConfigured}: SshPlaces): Place {
	if (template === undefined && address === undefined && isConfigured(node.name)) {
		return checkedHost(node.name);
	}

	const found = addressOf(node, address);
	if (template === undefined) {
		return found === undefined ? {unknown: `the node has no ${address ?? 'address'} to reach it at by SSH`} : checkedHost(found);
	}

	if (template.includes('{address}') && found === undefined) {
		return {unknown: `the node has no ${address ?? 'address'} for --ssh-host-template`};
	}

	return checkedHost(template.replaceAll('{name}', node.name).replaceAll('{address}', found ?? ''));
}

function addressOf({internalIP, externalIP, hostname}: SshNode, wanted: SshAddress | undefined): string | undefined {
	const addresses: Readonly<Record<SshAddress, string | undefined>> = {
		InternalIP: internalIP,
		ExternalIP: externalIP,
		Hostname: hostname,
	};
	const order = wanted === undefined ? sshAddresses : [wanted];
	return order.map(kind => addresses[kind]).find(value => value !== undefined && value !== '' && !value.startsWith('<'));
}

function checkedHost(host: string): Place {
	return isIP(host) !== 0 || hostGrammar.test(host) ? {host} : {unknown: `"${host}" is no host that SSH could reach`};
}
