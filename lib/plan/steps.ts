type StepRow = {
	readonly id: string;
	/** Who carries it out: the client through the cluster's API, or the node by itself. */
	readonly on: 'cluster' | 'node';
	/** What it does, as an imperative phrase without an object. */
	readonly title: string;
};

/**
Every step of an upgrade, in the order in which they are run. A plan holds those that it needs; one that lowers the spec version has
`config` in front of `plugins`. The ids stand in journals on nodes and never change.
@public
*/
export const steps = [
	{id: 'lock', on: 'cluster', title: 'take the lock'},
	{id: 'stage', on: 'cluster', title: 'send the files to the node'},
	{id: 'rehearse', on: 'cluster', title: 'rehearse with the new plugins on the node'},
	{id: 'cordon', on: 'cluster', title: 'cordon'},
	{id: 'drain', on: 'cluster', title: 'drain'},
	{id: 'stop-kubelet', on: 'node', title: 'stop the kubelet'},
	{id: 'stop-sandboxes', on: 'node', title: 'remove the remaining pod-network sandboxes with the old plugins'},
	{id: 'stop-runtime', on: 'node', title: 'stop the runtime'},
	{id: 'hook-before', on: 'node', title: 'run the hook before the change'},
	{id: 'plugins', on: 'node', title: 'replace the plugins'},
	{id: 'packages', on: 'node', title: 'install the packages'},
	{id: 'runtime-config', on: 'node', title: "migrate the runtime's configuration"},
	{id: 'config', on: 'node', title: 'set the spec version of the config list'},
	{id: 'kubeadm', on: 'node', title: 'run kubeadm upgrade node'},
	{id: 'hook-after', on: 'node', title: 'run the hook after the change'},
	{id: 'start-runtime', on: 'node', title: 'start the runtime'},
	{id: 'loaded', on: 'node', title: 'ask the runtime which network it loaded'},
	{id: 'sandbox', on: 'node', title: 'make and remove a sandbox'},
	{id: 'start-kubelet', on: 'node', title: 'start the kubelet'},
	{id: 'ready', on: 'cluster', title: 'wait until the node is Ready'},
	{id: 'prove', on: 'cluster', title: 'prove it with a pod'},
	{id: 'uncordon', on: 'cluster', title: 'uncordon'},
	{id: 'unlock', on: 'cluster', title: 'release the lock'},
] as const satisfies readonly StepRow[];

/** @public */
export type StepId = (typeof steps)[number]['id'];
export type NodeStepId = Extract<(typeof steps)[number], {on: 'node'}>['id'];

/** The steps of the section: the node carries them out by itself, and takes them back by itself. `act.sh --list` prints the same ids. */
export const nodeSteps: readonly NodeStepId[] = steps.flatMap(({id, on}) => (on === 'node' ? [id] : []));

/** What a step does, as a phrase; the section as a whole has no row of its own. Of a step that is not known, what the node calls it. */
export function titleOf(step: string): string {
	return steps.find(({id}) => id === step)?.title ?? (step === 'section' ? 'the part that the node does alone' : step);
}
