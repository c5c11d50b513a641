import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type KubeObject, keyOf, type Node, timestamp} from '../objects.ts';
import type {Store} from '../store.ts';
import type {Machine} from './machine.ts';
import {makeObject} from './make-object.ts';

/** Seconds of a kubelet and of the node lifecycle controller by their defaults; the machine's clock may be faster. */
const seconds = {renewal: 10, runtimeGrace: 30, nodeGrace: 50} as const;

type Condition = {readonly type: string; readonly status: string; readonly [field: string]: unknown};

/** What the API server hears of a machine's node: its Lease and status while its kubelet runs, and what the controllers say when it does not. Returns how to end it. */
export function keepNodeStatus(store: Store, node: string, machine: Machine): () => void {
	let runtimeDownSince: number | undefined;
	let kubeletDownSince: number | undefined;
	let timer: NodeJS.Timeout | undefined;
	let wasRunning = false;
	const look = (isRenewal: boolean) => {
		const now = performance.now();
		runtimeDownSince = machine.runtime.isRunning ? undefined : (runtimeDownSince ?? now);
		kubeletDownSince = machine.isKubeletRunning ? undefined : (kubeletDownSince ?? now);
		const isOver = (since: number | undefined, grace: number) =>
			since !== undefined && now - since >= grace * machine.msPerSecond;
		if (machine.isKubeletRunning) {
			const ready = readiness(machine, isOver(runtimeDownSince, seconds.runtimeGrace));
			const isNews =
				!wasRunning || ready.status !== readyOf(store, node)?.status || ready['message'] !== readyOf(store, node)?.['message'];
			if (isNews || isRenewal) {
				renewLease(store, node);
				post(store, node, machine, ready);
			}
		} else if (isOver(kubeletDownSince, seconds.nodeGrace) && readyOf(store, node)?.status !== 'Unknown') {
			lose(store, node);
		}

		wasRunning = machine.isKubeletRunning;
	};
	const again = () => {
		look(true);
		timer = setTimeout(again, seconds.renewal * machine.msPerSecond).unref();
	};
	// A graces' end lies between two renewals.
	const often = setInterval(() => look(false), 2 * machine.msPerSecond).unref();
	const endListening = machine.onChange(() => look(false));
	again();
	return () => {
		clearTimeout(timer);
		clearInterval(often);
		endListening();
	};
}

function readiness(machine: Machine, isRuntimeLost: boolean): Condition {
	const not = (message: string): Condition => ({type: 'Ready', status: 'False', reason: 'KubeletNotReady', message});
	if (isRuntimeLost) {
		return not('container runtime is down');
	}

	if (machine.faults.kubeletNotReady !== undefined) {
		return not(machine.faults.kubeletNotReady);
	}

	if (machine.runtime.isRunning && machine.runtime.network === undefined) {
		const why = machine.runtime.kind === 'containerd' ? 'cni plugin not initialized' : machine.runtime.loadStatus;
		return not(
			`container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: ${why}`,
		);
	}

	return {type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status'};
}

function post(store: Store, name: string, machine: Machine, ready: Condition): void {
	const {runtime} = machine;
	const read = (path: string) => readFileSync(join(machine.tree.root, path), 'utf8').trim();
	change(store, name, node => ({
		...node,
		spec: withTaints(node, ready.status === 'True' ? [] : [taint('not-ready', 'NoSchedule')]),
		status: {
			...node.status,
			conditions: node.status.conditions.map(condition => {
				const {type} = condition;
				const said = type === 'Ready' ? ready : {...condition, ...calm[type]};
				return stamped(condition, said, timestamp());
			}),
			nodeInfo: {
				...node.status.nodeInfo,
				bootID: machine.bootId,
				machineID: read('/etc/machine-id'),
				...(runtime.isRunning && {containerRuntimeVersion: `${runtime.kind}://${runtime.version}`}),
			},
		},
	}));
}

/** The conditions beside Ready, as long as the kubelet speaks. */
const calm: Readonly<Record<string, {readonly status: string; readonly reason: string; readonly message: string}>> = {
	MemoryPressure: {status: 'False', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available'},
	DiskPressure: {status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure'},
	PIDPressure: {status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available'},
};

/** As the node lifecycle controller does when it has heard nothing for long. */
function lose(store: Store, name: string): void {
	const unknown = {status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.'};
	change(store, name, node => ({
		...node,
		spec: withTaints(node, [taint('unreachable', 'NoSchedule'), taint('unreachable', 'NoExecute')]),
		status: {
			...node.status,
			conditions: node.status.conditions.map(condition =>
				stamped(condition, {...condition, ...unknown}, condition['lastHeartbeatTime']),
			),
		},
	}));
}

function stamped(before: Condition, after: Condition, heartbeat: unknown): Condition {
	const lastTransitionTime = before.status === after.status ? before['lastTransitionTime'] : timestamp();
	return {...after, lastHeartbeatTime: heartbeat, lastTransitionTime};
}

function taint(key: string, effect: string): object {
	return {key: `node.kubernetes.io/${key}`, effect, timeAdded: timestamp()};
}

function withTaints(node: Node, own: readonly object[]): Node['spec'] {
	const {taints = [], ...spec} = node.spec as {taints?: readonly {readonly key: string}[]; [field: string]: unknown};
	const others = taints.filter(({key}) => !/^node\.kubernetes\.io\/(not-ready|unreachable)$/.test(key));
	const all = [...others, ...own];
	return {...spec, ...(all.length > 0 && {taints: all})};
}

function readyOf(store: Store, name: string): Condition | undefined {
	return (store.get('nodes', name) as Node | undefined)?.status.conditions.find(({type}) => type === 'Ready');
}

function change(store: Store, name: string, how: (node: Node) => Node): void {
	store.update<Node>('nodes', keyOf({name}), how);
}

function renewLease(store: Store, name: string): void {
	const namespace = 'kube-node-lease';
	const spec = {holderIdentity: name, leaseDurationSeconds: 40, renewTime: new Date().toISOString().replace('Z', '000Z')};
	if (store.update<KubeObject>('leases', keyOf({namespace, name}), lease => ({...lease, spec})) === undefined) {
		const uid = store.get('nodes', name)?.metadata.uid ?? '';
		makeObject(store, 'leases', namespace, {
			metadata: {name, ownerReferences: [{apiVersion: 'v1', kind: 'Node', name, uid}]},
			spec,
		});
	}
}
