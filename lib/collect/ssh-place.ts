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

export const sshAddresses = ['InternalIP', 'ExternalIP', 'Hostname'] as const;

type SshAddress = (typeof sshAddresses)[number];

/** What OpenSSH takes for a host, less what could be taken for a flag or a token. Names of nodes come from the cluster. */
const hostGrammar = /^(?=.{1,253}$)[A-Za-z0-9_]([\w.-]*[A-Za-z0-9_])?$/;

/** The host of a node: the template's, else the node's own name where ssh_config has it, else an address. */
export function sshPlaceOf(
	row: NodeRow,
	{template, address, isConfigured}: SshPlaces,
): {readonly host: string} | {readonly unknown: string} {
	if (template === undefined && address === undefined && isConfigured(row.name)) {
		return checkedHost(row.name);
	}

	const found = addressOf(row, address);
	if (template === undefined) {
		return found === undefined ? {unknown: `the node has no ${address ?? 'address'} to reach it at by SSH`} : checkedHost(found);
	}

	if (template.includes('{address}') && found === undefined) {
		return {unknown: `the node has no ${address ?? 'address'} for --ssh-host-template`};
	}

	return checkedHost(template.replaceAll('{name}', row.name).replaceAll('{address}', found ?? ''));
}

function addressOf({internalIP, externalIP, labels}: NodeRow, wanted: SshAddress | undefined): string | undefined {
	const addresses: Readonly<Record<SshAddress, string | undefined>> = {
		InternalIP: internalIP,
		ExternalIP: externalIP,
		Hostname: labels?.['kubernetes.io/hostname'],
	};
	const order = wanted === undefined ? sshAddresses : [wanted];
	return order.map(kind => addresses[kind]).find(value => value !== undefined && value !== '' && !value.startsWith('<'));
}

function checkedHost(host: string): {readonly host: string} | {readonly unknown: string} {
	return isIP(host) !== 0 || hostGrammar.test(host) ? {host} : {unknown: `"${host}" is no host that SSH could reach`};
}
