import {randomBytes} from 'node:crypto';
import {type Container, type Node, type Pod, timestamp} from './objects.ts';
import type {ContainerEnd} from './simulated-node.ts';

/** The statuses that a kubelet reports of a pod with one container, in the order in which it passes through them. */
export const podStatus = {
	/** Taken up by the kubelet; its volumes, its sandbox or its image are not there yet. */
	waiting(pod: Pod, node: Node, reason = 'ContainerCreating', message?: string): Pod['status'] {
		return status(pod, node, 'Pending', {waiting: {reason, ...(message !== undefined && {message})}});
	},

	running(pod: Pod, node: Node): Pod['status'] {
		return status(pod, node, 'Running', {running: {startedAt: timestamp()}});
	},

	/** The container ran to its end, well or not. */
	ended(pod: Pod, node: Node, end: ContainerEnd, startedAt: number): Pod['status'] {
		const message = keptMessage(end.message);
		const terminated = {
			exitCode: end.exitCode,
			reason: end.reason ?? (end.exitCode === 0 ? 'Completed' : 'Error'),
			...(message !== '' && {message}),
			startedAt: timestamp(startedAt),
			finishedAt: timestamp(),
			containerID: `containerd://${randomBytes(32).toString('hex')}`,
		};
		return status(pod, node, end.exitCode === 0 ? 'Succeeded' : 'Failed', {terminated});
	},

	/** The kubelet refused or ended the pod as a whole. */
	failed(pod: Pod, node: Node, reason: string, message: string): Pod['status'] {
		const {containerStatuses: _none, ...rest} = status(pod, node, 'Failed', {});
		return {...rest, phase: 'Failed', reason, message};
	},
} as const;

/** The most that a kubelet keeps of a termination message (pkg/kubelet/container/runtime.go, MaxContainerTerminationMessageLength). */
export const largestMessage = 4096;

/** The last 4,096 bytes, as text: bytes that are no UTF-8 become U+FFFD on their way through JSON. */
function keptMessage(message: string | Buffer): string {
	const bytes = Buffer.from(message as string);
	return bytes.subarray(Math.max(0, bytes.length - largestMessage)).toString('utf8');
}

function status(pod: Pod, node: Node, phase: Pod['status']['phase'], state: Readonly<Record<string, unknown>>): Pod['status'] {
	const ip = node.status.addresses.find(({type}) => type === 'InternalIP')?.address ?? '';
	const isReady = phase === 'Running';
	const why = phase === 'Succeeded' ? {reason: 'PodCompleted'} : isReady ? {} : {reason: 'ContainersNotReady'};
	const startTime = (pod.status['startTime'] as string | undefined) ?? timestamp();
	return {
		...pod.status,
		phase,
		conditions: [
			{type: 'Initialized', status: 'True', lastProbeTime: null, lastTransitionTime: startTime},
			{type: 'Ready', status: isReady ? 'True' : 'False', lastProbeTime: null, lastTransitionTime: timestamp(), ...why},
			{type: 'ContainersReady', status: isReady ? 'True' : 'False', lastProbeTime: null, lastTransitionTime: timestamp(), ...why},
			{type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: startTime},
		],
		hostIP: ip,
		hostIPs: [{ip}],
		...(pod.spec.hostNetwork === true && {podIP: ip, podIPs: [{ip}]}),
		startTime,
		containerStatuses: pod.spec.containers.map(container => containerStatus(container, state, isReady)),
	};
}

function containerStatus({name, image}: Container, state: Readonly<Record<string, unknown>>, isReady: boolean) {
	const terminated = state['terminated'] as {readonly containerID?: string} | undefined;
	return {
		name,
		state,
		lastState: {},
		ready: isReady,
		restartCount: 0,
		image,
		imageID: '',
		...(terminated?.containerID !== undefined && {containerID: terminated.containerID}),
		started: isReady,
	};
}
