import {randomBytes} from 'node:crypto';
import {type Container, type Node, type Pod, timestamp} from './objects.ts';
import type {ContainerEnd} from './simulated-node.ts';

/** What a kubelet says of one container; times in ms since 1970. */
export type ContainerState =
	| {readonly kind: 'waiting'; readonly reason: string; readonly message?: string}
	| {readonly kind: 'running'; readonly startedAt: number}
	/** It ran to its end, well or not. */
	| {readonly kind: 'ended'; readonly end: ContainerEnd; readonly startedAt: number};

/** The statuses that a kubelet reports of a pod. */
export const podStatus = {
	/** Of a pod with these containers, in the order of its spec. */
	of(pod: Pod, node: Node, states: readonly ContainerState[]): Pod['status'] {
		return status(pod, node, phaseOf(states), states);
	},

	/** Taken up by the kubelet; its volumes, its sandbox or its image are not there yet. */
	waiting(pod: Pod, node: Node, reason = 'ContainerCreating', message?: string): Pod['status'] {
		return podStatus.of(pod, node, allOf(pod, {kind: 'waiting', reason, ...(message !== undefined && {message})}));
	},

	running(pod: Pod, node: Node): Pod['status'] {
		return podStatus.of(pod, node, allOf(pod, {kind: 'running', startedAt: Date.now()}));
	},

	ended(pod: Pod, node: Node, end: ContainerEnd, startedAt: number): Pod['status'] {
		return podStatus.of(pod, node, allOf(pod, {kind: 'ended', end, startedAt}));
	},

	/** The kubelet refused or ended the pod as a whole. */
	failed(pod: Pod, node: Node, reason: string, message: string): Pod['status'] {
		const {containerStatuses: _none, ...rest} = status(pod, node, 'Failed', []);
		return {...rest, phase: 'Failed', reason, message};
	},
} as const;

/** The most that a kubelet keeps of a termination message (pkg/kubelet/container/runtime.go, MaxContainerTerminationMessageLength). */
export const largestMessage = 4096;

/** The most that it reports of all of a pod's together, the same for each (there, MaxPodTerminationMessageLogLength). */
const largestMessages = 12_288;

function allOf({spec}: Pod, state: ContainerState): readonly ContainerState[] {
	return spec.containers.map(() => state);
}

function phaseOf(states: readonly ContainerState[]): Pod['status']['phase'] {
	if (states.some(({kind}) => kind === 'running')) {
		return 'Running';
	}

	if (states.some(({kind}) => kind === 'waiting')) {
		return 'Pending';
	}

	return states.every(state => state.kind === 'ended' && state.end.exitCode === 0) ? 'Succeeded' : 'Failed';
}

/** The last bytes that are kept, and of those the first that are reported, as text: bytes that are no UTF-8 become U+FFFD on their way through JSON. */
function keptMessage(message: string | Buffer, containers: number): string {
	const bytes = Buffer.from(message as string);
	const kept = bytes.subarray(Math.max(0, bytes.length - largestMessage));
	return kept.subarray(0, Math.floor(largestMessages / containers)).toString('utf8');
}

function status(pod: Pod, node: Node, phase: Pod['status']['phase'], states: readonly ContainerState[]): Pod['status'] {
	const ip = node.status.addresses.find(({type}) => type === 'InternalIP')?.address ?? '';
	const isReady = phase === 'Running' && states.every(({kind}) => kind === 'running');
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
		containerStatuses: states.map((state, index) => containerStatus(pod.spec.containers[index], state, states.length)),
	};
}

function containerStatus(container: Container | undefined, state: ContainerState, containers: number) {
	const isReady = state.kind === 'running';
	const shown = shownState(state, containers);
	return {
		name: container?.name,
		state: shown,
		lastState: {},
		ready: isReady,
		restartCount: 0,
		image: container?.image,
		imageID: '',
		...('terminated' in shown && {containerID: shown.terminated.containerID}),
		started: isReady,
	};
}

function shownState(state: ContainerState, containers: number) {
	switch (state.kind) {
		case 'waiting':
			return {waiting: {reason: state.reason, ...(state.message !== undefined && {message: state.message})}};
		case 'running':
			return {running: {startedAt: timestamp(state.startedAt)}};
		default: {
			const {exitCode, reason = exitCode === 0 ? 'Completed' : 'Error', message: whole} = state.end;
			const message = keptMessage(whole, containers);
			return {
				terminated: {
					exitCode,
					reason,
					...(message !== '' && {message}),
					startedAt: timestamp(state.startedAt),
					finishedAt: timestamp(),
					containerID: `containerd://${randomBytes(32).toString('hex')}`,
				},
			};
		}
	}
}
