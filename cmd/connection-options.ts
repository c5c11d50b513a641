import type {Option} from './command.ts';

const group = 'Connection to the cluster, as in kubectl';

/** kubectl hands a plugin none of its global flags, so each that says which cluster is ours as well, with kubectl's name and meaning. */
export const connectionOptions = {
	kubeconfig: {kind: 'string', value: 'FILE', complete: 'file', group, summary: 'Path to the kubeconfig file'},
	context: {kind: 'string', value: 'NAME', group, summary: 'Name of the kubeconfig context'},
	cluster: {kind: 'string', value: 'NAME', group, summary: 'Name of the kubeconfig cluster'},
	user: {kind: 'string', value: 'NAME', group, summary: 'Name of the kubeconfig user'},
	server: {kind: 'string', short: 's', value: 'URL', group, summary: 'Address and port of the API server'},
	token: {kind: 'string', value: 'TOKEN', group, summary: 'Bearer token for the API server'},
	as: {kind: 'string', value: 'USER', group, summary: 'User to impersonate'},
	'as-group': {kind: 'list', value: 'GROUP', group, summary: 'Group to impersonate; may be repeated'},
	'as-uid': {kind: 'string', value: 'UID', group, summary: 'UID to impersonate'},
	'client-certificate': {kind: 'string', value: 'FILE', complete: 'file', group, summary: 'Client certificate for TLS'},
	'client-key': {kind: 'string', value: 'FILE', complete: 'file', group, summary: 'Key of the client certificate'},
	'certificate-authority': {
		kind: 'string',
		value: 'FILE',
		complete: 'file',
		group,
		summary: 'Certificate authority of the API server',
	},
	'tls-server-name': {kind: 'string', value: 'NAME', group, summary: "Name to expect in the API server's certificate"},
	'insecure-skip-tls-verify': {kind: 'boolean', group, summary: "Do not verify the API server's certificate"},
	'request-timeout': {
		kind: 'string',
		value: 'DURATION',
		group,
		summary: 'Time that one request may take, such as 30s; 0 means no limit',
	},
} as const satisfies Record<string, Option>;
