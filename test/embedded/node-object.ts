import {randomUUID} from 'node:crypto';
import {type HeldImage, heldImage} from './images.ts';
import {type Node, timestamp} from './objects.ts';
import {nodeArchitecture} from './simulated-plugin.ts';

/** What a node's object says; all else is the same on every node. */
export type NodeSpec = {
	readonly name: string;
	readonly uid?: string;
	/** `amd64`, `arm64`; default: this machine's. */
	readonly architecture?: string;
	readonly os?: 'linux' | 'windows';
	readonly osImage: string;
	readonly kernel: string;
	/** With its leading v. */
	readonly kubelet: string;
	/** As the kubelet writes it: `containerd://1.7.24`. */
	readonly runtime: string;
	readonly address: string;
	readonly externalAddress?: string;
	readonly labels?: Readonly<Record<string, string>>;
	readonly annotations?: Readonly<Record<string, string>>;
	readonly providerID?: string;
	readonly images?: readonly HeldImage[];
	/** The Ready condition; default True. */
	readonly ready?: 'True' | 'False' | 'Unknown';
	/** Its message. */
	readonly readyMessage?: string;
	readonly cordoned?: boolean;
	readonly taints?: readonly {readonly key: string; readonly value?: string; readonly effect: string}[];
	readonly ageDays?: number;
};

/** Images that every kubeadm node holds. */
export const commonImages: readonly HeldImage[] = [
	heldImage('registry.k8s.io/kube-proxy:v1.34.2', 26),
	heldImage('registry.k8s.io/coredns/coredns:v1.12.1', 22.4),
	heldImage('registry.k8s.io/pause:3.10', 0.32),
];

export function nodeObject(spec: NodeSpec): Node {
	const {name, architecture = nodeArchitecture, os = 'linux', ready = 'True', images = commonImages, ageDays = 213} = spec;
	const created = timestamp(Date.now() - ageDays * 86_400_000);
	const unreachable =
		ready === 'Unknown'
			? [
					{key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule'},
					{key: 'node.kubernetes.io/unreachable', effect: 'NoExecute'},
				]
			: [];
	const notReady = ready === 'False' ? [{key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule'}] : [];
	const cordoned = spec.cordoned === true ? [{key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule'}] : [];
	const taints = [...(spec.taints ?? []), ...unreachable, ...notReady, ...cordoned];
	return {
		kind: 'Node',
		apiVersion: 'v1',
		metadata: {
			name,
			uid: spec.uid ?? randomUUID(),
			resourceVersion: '',
			creationTimestamp: created,
			labels: {
				'beta.kubernetes.io/arch': architecture,
				'beta.kubernetes.io/os': os,
				'kubernetes.io/arch': architecture,
				'kubernetes.io/hostname': name,
				'kubernetes.io/os': os,
				...spec.labels,
			},
			annotations: {
				'node.alpha.kubernetes.io/ttl': '0',
				'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
				...spec.annotations,
			},
		},
		spec: {
			podCIDR: `10.244.${spec.address.split('.').at(-1)}.0/24`,
			...(spec.providerID !== undefined && {providerID: spec.providerID}),
			...(spec.cordoned === true && {unschedulable: true}),
			...(taints.length > 0 && {taints}),
		},
		status: {
			addresses: [
				{type: 'InternalIP', address: spec.address},
				...(spec.externalAddress === undefined ? [] : [{type: 'ExternalIP', address: spec.externalAddress}]),
				{type: 'Hostname', address: name},
			],
			allocatable: {cpu: '4', 'ephemeral-storage': '95551679124', memory: '16283876Ki', pods: '110'},
			capacity: {cpu: '4', 'ephemeral-storage': '103679636Ki', memory: '16386276Ki', pods: '110'},
			conditions: conditions(ready, spec.readyMessage, created),
			daemonEndpoints: {kubeletEndpoint: {Port: 10_250}},
			images,
			nodeInfo: {
				architecture,
				bootID: randomUUID(),
				containerRuntimeVersion: spec.runtime,
				kernelVersion: spec.kernel,
				kubeProxyVersion: '',
				kubeletVersion: spec.kubelet,
				machineID: randomUUID().replaceAll('-', ''),
				operatingSystem: os,
				osImage: spec.osImage,
				systemUUID: randomUUID(),
			},
		},
	};
}

const silentMessage = 'Kubelet stopped posting node status.';

function conditions(
	ready: 'True' | 'False' | 'Unknown',
	readyMessage: string | undefined,
	created: string,
): Node['status']['conditions'] {
	const heartbeat = timestamp(ready === 'Unknown' ? Date.now() - 3_600_000 : Date.now());
	const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map(type =>
		ready === 'Unknown'
			? {type, status: 'Unknown', reason: 'NodeStatusUnknown', message: silentMessage}
			: {
					type,
					status: 'False',
					reason: `KubeletHas${type === 'MemoryPressure' ? 'SufficientMemory' : type === 'DiskPressure' ? 'NoDiskPressure' : 'SufficientPID'}`,
					message: `kubelet has no ${type}`,
				},
	);
	const readyCondition = {
		True: {type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status'},
		False: {
			type: 'Ready',
			status: 'False',
			reason: 'KubeletNotReady',
			message: readyMessage ?? 'container runtime network not ready',
		},
		Unknown: {type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: silentMessage},
	}[ready];
	return [...pressures, readyCondition].map(condition => ({
		...condition,
		lastHeartbeatTime: heartbeat,
		lastTransitionTime: created,
	}));
}
