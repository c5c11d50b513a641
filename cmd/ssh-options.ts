import {sshAddresses} from '../lib/collect/ssh-place.ts';
import type {Option} from './command.ts';

const group = 'Ways to a node by SSH, beside what ~/.ssh/config says';

/** Flags of every command that may ask nodes by SSH. Any of them lets `--via auto` do so. */
export const sshOptions = {
	'ssh-user': {kind: 'string', value: 'USER', group, summary: 'User to log in as; it needs root, or sudo'},
	'ssh-port': {kind: 'number', value: 'PORT', group, summary: 'Port of sshd on the nodes'},
	'ssh-key': {kind: 'list', value: 'FILE', complete: 'file', group, summary: 'Private key to log in with; may be repeated'},
	'ssh-address': {
		kind: 'string',
		value: 'KIND',
		choices: sshAddresses,
		group,
		summary: 'Which address of a node to take; without it the first that the node has',
	},
	'ssh-host-template': {
		kind: 'string',
		value: 'TEMPLATE',
		group,
		summary: 'Host of a node, made from its {name} or its {address}, such as {name}.lan',
	},
	'ssh-jump': {kind: 'string', value: 'HOSTS', group, summary: 'Jump hosts on the way, as ssh -J takes them'},
	'ssh-config': {
		kind: 'string',
		value: 'FILE',
		complete: 'file',
		group,
		summary: 'Read this file instead of ~/.ssh/config, as ssh -F does',
	},
	'ssh-ask-sudo': {kind: 'boolean', group, summary: 'Ask once for the password that sudo needs on the nodes'},
} as const satisfies Record<string, Option>;
