import {mkdtempSync} from 'node:fs';
import {join} from 'node:path';
import {runContainer} from '../container.ts';
import {startError} from '../container-end.ts';
import {imageHasShell} from '../images.ts';
import {type KubeObject, keyOf, type Pod} from '../objects.ts';
import type {KeptContainer} from '../pod-containers.ts';
import type {ContainerState} from '../pod-status.ts';
import type {Machine} from './machine.ts';
import {isRunForReal, lastingContainer} from './machine-container.ts';

/** What the kubelet keeps of a container, by its name. */
export type Containers = Map<string, KeptContainer & {readonly kill: () => void}>;

export type RunContainersOptions = {
	readonly pod: Pod;
	readonly machine: Machine;
	/** Of the pod's files. */
	readonly directory: string;
	readonly containers: Containers;
	readonly configMap: (key: string) => KubeObject | undefined;
	/** Told of every change. */
	readonly report: (states: readonly ContainerState[]) => void;
};

/** Runs all containers of a pod in its sandbox, to their ends. */
export async function runContainers(options: RunContainersOptions): Promise<'ended'> {
	const {pod, report} = options;
	const states: ContainerState[] = [];
	const ends = pod.spec.containers.map(({name}, index) => {
		const started = start(options, index);
		if (!('ended' in started)) {
			states[index] = {kind: 'ended', end: startError(started.message), startedAt: Date.now()};
			return undefined;
		}

		const kept = {log: started.log, exec: started.exec as KeptContainer['exec'], kill: started.kill};
		options.containers.set(name, kept);
		states[index] = {kind: 'running', startedAt: Date.now()};
		return started.ended.then(end => {
			kept.exec = undefined;
			return end;
		});
	});
	report(states);
	await Promise.all(
		ends.map(async (ended, index) => {
			const end = await ended;
			if (end !== undefined) {
				states[index] = {kind: 'ended', end, startedAt: Date.now()};
				report(states);
			}
		}),
	);
	return 'ended';
}

/** Kills them and takes no more commands. */
export function killContainers(containers: Containers): void {
	for (const kept of containers.values()) {
		kept.exec = undefined;
		kept.kill();
	}
}

function start({pod, machine, directory, configMap}: RunContainersOptions, index: number) {
	const {tree, runtime} = machine;
	const container = pod.spec.containers[index];
	if (container === undefined || !isRunForReal(container)) {
		return lastingContainer(tree);
	}

	return runContainer({
		pod,
		index,
		tree,
		directory: mkdtempSync(join(directory, 'container-')),
		imageHasShell: imageHasShell(container.image),
		runtime: `${runtime.kind}://${runtime.version}`,
		configMap: name => configMap(keyOf({namespace: pod.metadata.namespace, name})),
	});
}
