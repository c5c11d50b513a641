import type {Option} from './command.ts';

/** Ways to a node, in the order in which help names them. */
const vias = ['auto', 'api', 'pod', 'ssh'] as const;

export const viaOption = {
	kind: 'string',
	value: 'WAY',
	choices: vias,
	default: 'auto',
	summary: 'How to ask: by a probe pod on each node, by SSH, or only the API, which knows half; auto takes pods, then SSH',
} as const satisfies Option;

/** -n is the namespace of our own pods: what is asked, nodes, has none. */
export const probeNamespaceOption = {
	kind: 'string',
	short: 'n',
	value: 'NAMESPACE',
	default: 'cni-upgrade',
	summary: 'Where the probe pods run',
} as const satisfies Option;
