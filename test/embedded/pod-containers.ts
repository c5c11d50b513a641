import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {type RunningContainer, runContainer} from './container.ts';
import {spoil, startError} from './container-end.ts';
import {ContainerLog} from './container-log.ts';
import {imageHasShell} from './images.ts';
import type {KubeObject, Pod} from './objects.ts';
import type {ContainerState} from './pod-status.ts';
import type {ContainerEnd, NodeFault, NodeTree} from './simulated-node.ts';

/** What a kubelet keeps of one container. */
export type KeptContainer = {log: ContainerLog; exec: RunningContainer['exec'] | undefined};

export type PodContainersOptions = {
	readonly pod: Pod;
	/** As the kubelet reports it: `cri-o://1.36.3`. */
	readonly runtime: string;
	readonly tree: NodeTree;
	readonly directory: string;
	readonly faults: readonly NodeFault[];
	readonly configMap: (name: string) => KubeObject | undefined;
	readonly signal: AbortSignal;
	/** By name, as they start. */
	readonly kept: Map<string, KeptContainer>;
	/** Told of every change. */
	readonly report: (states: readonly ContainerState[]) => void;
};

/** Runs all containers of a pod beside each other, to their ends. */
export async function runPodContainers(options: PodContainersOptions): Promise<void> {
	const {pod, report} = options;
	const states: ContainerState[] = pod.spec.containers.map(() => ({kind: 'waiting', reason: 'ContainerCreating'}));
	const started = pod.spec.containers.map((_, index) => start(options, index));
	for (const [index, container] of started.entries()) {
		// A volume that cannot be mounted leaves the whole pod at ContainerCreating; why stands in an event only.
		if (!('ended' in container) && container.kind === 'mount') {
			return;
		}

		if (!('ended' in container) && container.kind === 'create') {
			states[index] = {kind: 'waiting', reason: 'CreateContainerError', message: container.message};
			continue;
		}

		states[index] =
			'ended' in container
				? {kind: 'running', startedAt: Date.now()}
				: {kind: 'ended', end: startError(container.message), startedAt: Date.now()};
	}

	report(states);
	await Promise.all(
		started.map(async (container, index) => {
			if ('ended' in container) {
				const startedAt = Date.now();
				const end = await container.ended;
				states[index] = {kind: 'ended', end: finish(options, index, end), startedAt};
				report(states);
			}
		}),
	);
}

function start({pod, runtime, tree, directory, configMap, kept, signal}: PodContainersOptions, index: number) {
	const {name = '', image = ''} = pod.spec.containers[index] ?? {};
	const own = join(directory, name);
	mkdirSync(own, {recursive: true});
	const container = runContainer({pod, index, tree, directory: own, imageHasShell: imageHasShell(image), runtime, configMap});
	if ('ended' in container) {
		kept.set(name, {log: container.log, exec: container.exec});
		signal.addEventListener('abort', container.kill, {once: true});
	}

	return container;
}

/** The end as faults leave it, with the log that is kept of it. */
function finish({pod, kept, faults}: PodContainersOptions, index: number, end: ContainerEnd): ContainerEnd {
	const name = pod.spec.containers[index]?.name ?? '';
	const spoiled = spoil(end, faults);
	const container = kept.get(name);
	if (container !== undefined) {
		container.exec = undefined;
		if (faults.some(({kind}) => kind === 'log')) {
			container.log = ContainerLog.of(Buffer.from((spoiled.log ?? '') as string));
		}
	}

	return spoiled;
}
