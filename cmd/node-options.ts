import type {Option} from './command.ts';
import {connectionOptions} from './connection-options.ts';
import {drainOptions} from './drain-options.ts';
import {probeNamespaceOption} from './probe-options.ts';
import {sshOptions} from './ssh-options.ts';

const what = 'What is upgraded';
const how = 'How it goes';

/** Flags of every command that reaches a node. */
export const nodeWayOptions = {
	via: {
		kind: 'string',
		value: 'WAY',
		choices: ['auto', 'pod', 'ssh'],
		default: 'auto',
		summary: 'How to reach the node: by a privileged pod on it, or by SSH; auto takes the pod, then SSH',
	},
	namespace: {...probeNamespaceOption, summary: 'Where our pods run'},
	image: {
		kind: 'string',
		value: 'IMAGE',
		summary: 'Image of our pods, with sh and chroot; without it one that the node holds already',
	},
	'image-pull-secret': {kind: 'string', value: 'NAME', summary: 'Secret in that namespace with which --image is pulled'},
} as const satisfies Record<string, Option>;

/** Flags of every command that changes a node. */
export const runOptions = {
	yes: {kind: 'boolean', short: 'y', group: how, summary: 'Do not ask'},
	'keep-cordoned': {
		kind: 'boolean',
		group: how,
		summary: 'Leave the node cordoned at the end, and where the run fails before the node was changed',
	},
	'log-format': {
		kind: 'string',
		value: 'FORMAT',
		choices: ['text', 'json'],
		default: 'text',
		group: how,
		summary: 'How progress is written to stderr: lines for people, or one JSON object a line',
	},
	'save-record': {
		kind: 'string',
		value: 'FILE',
		complete: 'file',
		group: how,
		summary: 'Keep what was done and proved, for a change ticket: as FILE.json and FILE.md, or one of them if FILE ends so',
	},
} as const satisfies Record<string, Option>;

export const nodeOptions = {
	plugins: {
		kind: 'string',
		value: 'FILE|URL',
		complete: 'file',
		group: what,
		summary: "A release archive of plugins, cni-plugins-OS-ARCH-vX.tgz, or package for the distribution's",
	},
	'plugins-sha256': {
		kind: 'string',
		value: 'HEX',
		group: what,
		summary: 'Checksum of that archive; without it the one in the file beside it, FILE.sha256',
	},
	'insecure-no-checksum': {kind: 'boolean', group: what, summary: 'Take an archive for which there is no checksum'},
	'cni-version': {
		kind: 'string',
		value: 'VERSION',
		group: what,
		summary: 'Spec version that the config is to name: auto (what everything supports, 1.0.0 at most), keep, or one',
	},
	package: {
		kind: 'list',
		value: 'NAME=VERSION',
		group: what,
		summary: 'A package to install with apt, dnf or zypper; may be repeated',
	},
	'package-file': {
		kind: 'list',
		value: 'FILE',
		complete: 'file',
		group: what,
		summary: 'A package file to send and install, or the old one for the way back; may be repeated',
	},
	crictl: {kind: 'string', value: 'FILE', complete: 'file', group: what, summary: 'A crictl for a node that has none'},
	kubeadm: {kind: 'boolean', group: what, summary: 'Run kubeadm upgrade node as well'},
	'run-before': {
		kind: 'string',
		value: 'FILE',
		complete: 'file',
		group: what,
		summary: 'A program to run on the node before anything is replaced, once kubelet and runtime are stopped',
	},
	'run-after': {
		kind: 'string',
		value: 'FILE',
		complete: 'file',
		group: what,
		summary: 'A program to run on the node when all is replaced, before the runtime starts',
	},
	'allow-control-plane': {kind: 'boolean', group: how, summary: 'Work on a control-plane node; never on two at once'},
	'dry-run': {
		kind: 'string',
		value: 'MODE',
		choices: ['none', 'client', 'server'],
		default: 'none',
		group: how,
		summary: 'Show the plan and change nothing; with server the API server is asked to rehearse what it is asked for',
	},
	output: {
		kind: 'string',
		short: 'o',
		value: 'FORMAT',
		choices: ['text', 'json', 'yaml'],
		default: 'text',
		group: how,
		summary: 'How the plan is printed',
	},
	deadline: {
		kind: 'duration',
		value: 'DURATION',
		default: '15m',
		group: how,
		summary: 'Time for the part that the node does alone; after it the node takes all of it back',
	},
	...nodeWayOptions,
	...runOptions,
	...drainOptions,
	...sshOptions,
	...connectionOptions,
} as const satisfies Record<string, Option>;
