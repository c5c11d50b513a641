import type {Option} from './command.ts';

/** Ways to a node, in the order in which help names them. SSH is the next row. */
const vias = ['auto', 'api', 'pod'] as const;

export const viaOption = {
	kind: 'string',
	value: 'WAY',
	choices: vias,
	default: 'auto',
	summary: 'How to ask: by a probe pod on each node, or only the API, which knows half; auto takes pods',
} as const satisfies Option;

/** -n is the namespace of our own pods: what is asked, nodes, has none. */
export const probeNamespaceOption = {
	kind: 'string',
	short: 'n',
	value: 'NAMESPACE',
	default: 'cni-upgrade',
	summary: 'Where the probe pods run',
} as const satisfies Option;
