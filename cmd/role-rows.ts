/** A rule as RBAC writes it. */
type RoleRule = {
	readonly apiGroups: readonly string[];
	readonly resources: readonly string[];
	readonly verbs: readonly string[];
};

/** Rules, and where they hold: in the namespace of our own pods, in one that is named, or in the whole cluster. */
type RoleRow = {readonly where: 'cluster' | 'ours' | {readonly namespace: string}; readonly rules: readonly RoleRule[]};

const core = (resources: string, ...verbs: string[]): RoleRule => ({apiGroups: [''], resources: [resources], verbs});

/** What a run by probe pods asks of the namespace; each line is one kind of request that it makes. */
const probePods = [
	core('pods', 'create', 'list', 'watch', 'deletecollection'),
	core('pods/log', 'get'),
	core('configmaps', 'create', 'delete'),
];

/** What cleanup asks of the namespace. With --delete-namespace it gets and deletes that too, which is a right over all of it. */
const cleanup: readonly RoleRow[] = [
	{where: 'ours', rules: [core('pods', 'list', 'deletecollection'), core('configmaps', 'list', 'delete')]},
];

/** The nodes in one list; by probe pods also one node of each kind, for the images that it holds; by SSH one whose name is in doubt. */
const preflightNodes = {api: ['list'], pod: ['list', 'get'], ssh: ['list', 'get'], auto: ['list', 'get']} as const;

export type RoleVia = keyof typeof preflightNodes;

const byPod = (via: RoleVia) => via === 'pod' || via === 'auto';

function preflight(via: RoleVia): readonly RoleRow[] {
	return [
		{where: 'cluster', rules: [core('nodes', ...preflightNodes[via])]},
		...(byPod(via) ? [{where: 'ours' as const, rules: probePods}] : []),
	];
}

/** `node`, `resume` and `rollback`; `status` asks a part of it. */
function node(via: RoleVia): readonly RoleRow[] {
	return [
		{
			where: 'cluster',
			rules: [
				core('nodes', 'get', 'list', 'watch', 'patch'),
				core('pods', 'get', 'list', 'watch'),
				core('pods/eviction', 'create'),
				{apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['get']},
			],
		},
		{
			where: 'ours',
			rules: [
				// They are read in the whole cluster.
				core('pods', 'create', 'delete', 'deletecollection'),
				// Both since 1.35, where a WebSocket's GET no longer does for an exec.
				core('pods/exec', 'get', 'create'),
				core('events', 'list'),
				...(byPod(via) ? [core('pods/log', 'get'), core('configmaps', 'create', 'delete')] : []),
			],
		},
		{
			where: {namespace: 'kube-node-lease'},
			rules: [{apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update', 'delete']}],
		},
		{where: {namespace: 'default'}, rules: [core('events', 'create'), core('services', 'get')]},
		{where: {namespace: 'kube-system'}, rules: [core('services', 'get')]},
	];
}

/** The least rights of each command that has a role, by the way that it takes to nodes. */
export const roleRows = {preflight, node, cleanup: () => cleanup} as const satisfies Record<
	string,
	(via: RoleVia) => readonly RoleRow[]
>;

export type RoleCommand = keyof typeof roleRows;

/** Whether pods of ours run in the namespace, so that it has to be there and to admit them. */
export function needsNamespace(command: RoleCommand, via: RoleVia): boolean {
	return command === 'node' || (command === 'preflight' && byPod(via));
}
