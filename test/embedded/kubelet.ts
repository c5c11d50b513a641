import type {ChildProcess} from 'node:child_process';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Window} from '../../lib/window.ts';
import {faultyEnd, recordedEnd, spoil} from './container-end.ts';
import {ContainerLog} from './container-log.ts';
import {deleteObject} from './deletion.ts';
import {type ImageOutcome, provideImage} from './image-pull.ts';
import {MachineKubelet} from './machine/machine-kubelet.ts';
import {NodeFaults} from './node-faults.ts';
import {keyOf, type Pod} from './objects.ts';
import {type KeptContainer, runPodContainers} from './pod-containers.ts';
import {podStatus} from './pod-status.ts';
import {resourceRow} from './resources.ts';
import type {NodeFault, NodeTree, SimulatedNode} from './simulated-node.ts';
import type {Store} from './store.ts';

export type KubeletsOptions = {
	readonly store: Store;
	readonly nodes: readonly SimulatedNode[];
	/** Where pods have their files. */
	readonly directory: string;
	/** Containers that are run for real at once. */
	readonly concurrency: number;
};

/** What a kubelet keeps of one pod. */
type Worker = {
	readonly key: string;
	readonly uid: string;
	readonly stop: AbortController;
	/** By name, as far as they have started. */
	readonly containers: Map<string, KeptContainer>;
};

/** The kubelets of all simulated nodes: each pod that is bound to a node goes through the statuses of a real one. */
export class Kubelets {
	/** Images that were pulled, as `NODE IMAGE`. */
	readonly pulls: string[] = [];
	readonly faults = new NodeFaults();
	readonly #store: Store;
	readonly #directory: string;
	readonly #nodes: Map<string, SimulatedNode>;
	readonly #machines = new Map<string, MachineKubelet>();
	readonly #workers = new Map<string, Worker>();
	readonly #runs = new Set<Promise<void>>();
	readonly #places: Window;
	readonly #unsubscribe: () => void;

	constructor({store, nodes, directory, concurrency}: KubeletsOptions) {
		this.#store = store;
		this.#directory = directory;
		this.#places = new Window(concurrency);
		this.#nodes = new Map(nodes.map(node => [node.object.metadata.name, node]));
		for (const {object, faults = []} of nodes) {
			this.faults.set(object.metadata.name, faults);
		}

		for (const node of nodes) {
			const {name} = node.object.metadata;
			if (node.answers.mode === 'tree' && node.answers.machine !== undefined) {
				const image = (pod: Pod) => this.#provideImage(pod, node, this.faults.take(name));
				this.#machines.set(name, new MachineKubelet(store, name, node.answers.machine, image));
			}
		}

		this.#unsubscribe = store.subscribe('pods', ({type, object}) => {
			const pod = object as Pod;
			const machine = this.#machines.get(pod.spec.nodeName ?? '');
			if (machine !== undefined) {
				machine.heard(type, pod);
			} else if (type === 'ADDED') {
				this.#start(pod);
			} else if (type === 'DELETED') {
				this.#end(pod.metadata.uid);
			} else if (pod.metadata.deletionTimestamp !== undefined) {
				this.#terminate(pod);
			}
		});
	}

	/** The log of a pod's container: undefined where it has none yet. */
	log({metadata, spec}: Pod, container: string): ContainerLog | undefined {
		return (
			this.#machines.get(spec.nodeName ?? '')?.containers(metadata.uid) ?? this.#workers.get(metadata.uid)?.containers
		)?.get(container)?.log;
	}

	/** Starts a command in a pod's container; or why that cannot be. */
	exec({metadata, spec}: Pod, container: string, command: readonly string[]): ChildProcess | string {
		const containers =
			this.#machines.get(spec.nodeName ?? '')?.containers(metadata.uid) ?? this.#workers.get(metadata.uid)?.containers;
		const exec = containers?.get(container)?.exec;
		return exec?.(command) ?? `unable to upgrade connection: container not found ("${container}")`;
	}

	/** The node's machine with its kubelet, where it has one. */
	machine({spec}: Pod): MachineKubelet | undefined {
		return this.#machines.get(spec.nodeName ?? '');
	}

	/** Ends every container; resolves when none is left. */
	async stop(): Promise<void> {
		this.#unsubscribe();
		for (const uid of this.#workers.keys()) {
			this.#end(uid);
		}

		await Promise.all([...this.#runs, ...[...this.#machines.values()].map(machine => machine.stop())]);
	}

	#start(pod: Pod): void {
		const node = this.#nodes.get(pod.spec.nodeName ?? '');
		if (node === undefined || this.faults.isSilent(node.object.metadata.name)) {
			return;
		}

		const worker: Worker = {
			key: keyOf(pod.metadata),
			uid: pod.metadata.uid,
			stop: new AbortController(),
			containers: new Map(),
		};
		this.#workers.set(worker.uid, worker);
		// Not in the request that makes the pod: the kubelet hears of it by its own watch.
		setImmediate(() => {
			const run = this.#run(pod, node, worker)
				.catch((error: unknown) => {
					if (!worker.stop.signal.aborted) {
						throw error;
					}
				})
				.finally(() => this.#runs.delete(run));
			this.#runs.add(run);
		});
	}

	/** A pod's whole life. Rejects with the reason of its end where it is stopped on the way. */
	async #run(pod: Pod, node: SimulatedNode, worker: Worker): Promise<void> {
		const {object} = node;
		const faults = this.faults.take(object.metadata.name);
		const refusal = faults.find(({kind}) => kind === 'pod-failed');
		if (refusal?.kind === 'pod-failed') {
			this.#report(worker, podStatus.failed(pod, object, refusal.reason, refusal.message));
			return;
		}

		this.#armDeadline(pod, node, worker);
		this.#report(worker, podStatus.waiting(pod, object));
		const slow = faults.find(({kind}) => kind === 'slow');
		if (slow?.kind === 'slow') {
			await sleep(slow.ms, undefined, {signal: worker.stop.signal});
		}

		if (this.#isStuck(pod, node, worker, faults)) {
			return;
		}

		if (faults.some(({kind}) => kind === 'hangs')) {
			this.#report(worker, podStatus.running(pod, object));
			return;
		}

		const end = faultyEnd(faults) ?? (node.answers.mode === 'recorded' ? recordedEnd(pod, node.answers.answer) : undefined);
		if (end !== undefined) {
			const spoiled = spoil(end, faults);
			const log = ContainerLog.of(Buffer.from((spoiled.log ?? '') as string));
			worker.containers.set(pod.spec.containers[0]?.name ?? '', {log, exec: undefined});
			this.#report(worker, podStatus.ended(pod, object, spoiled, Date.now()));
		} else if (node.answers.mode === 'tree') {
			await this.#runInTree(pod, node, node.answers.tree, worker, faults);
		}
	}

	/** Reports why the container is not even started, for ever. */
	#isStuck(pod: Pod, node: SimulatedNode, worker: Worker, faults: readonly NodeFault[]): boolean {
		const image = this.#provideImage(pod, node, faults);
		const waiting =
			image.kind === 'missing'
				? image.waiting
				: faults.flatMap(fault => (fault.kind === 'waiting' ? [[fault.reason, fault.message] as const] : []));
		for (const [reason, message] of waiting) {
			this.#report(worker, podStatus.waiting(pod, node.object, reason, message));
		}

		return waiting.length > 0;
	}

	#provideImage(pod: Pod, node: SimulatedNode, faults: readonly NodeFault[]): ImageOutcome {
		const image = provideImage(pod, node, faults);
		if (image.kind === 'pulled') {
			this.pulls.push(`${node.object.metadata.name} ${pod.spec.containers[0]?.image}`);
		}

		return image;
	}

	/** Runs the pod's containers for real, with what they report on the way. */
	async #runInTree(pod: Pod, node: SimulatedNode, tree: NodeTree, worker: Worker, faults: readonly NodeFault[]): Promise<void> {
		await this.#places.acquire(worker.stop.signal);
		try {
			await runPodContainers({
				pod,
				runtime: node.object.status.nodeInfo['containerRuntimeVersion'] ?? '',
				tree,
				directory: join(this.#directory, worker.uid),
				faults,
				configMap: name => this.#store.get('configmaps', keyOf({namespace: pod.metadata.namespace, name})),
				signal: worker.stop.signal,
				kept: worker.containers,
				report: states => this.#report(worker, podStatus.of(pod, node.object, states)),
			});
		} finally {
			this.#places.release();
		}
	}

	#armDeadline(pod: Pod, node: SimulatedNode, worker: Worker): void {
		const seconds = pod.spec.activeDeadlineSeconds;
		if (seconds !== undefined) {
			const expire = () => {
				const {phase} = (this.#store.get('pods', worker.key) as Pod | undefined)?.status ?? {};
				if (phase === 'Pending' || phase === 'Running') {
					this.#report(
						worker,
						podStatus.failed(
							pod,
							node.object,
							'DeadlineExceeded',
							'Pod was active on the node longer than the specified deadline',
						),
					);
					worker.stop.abort();
				}
			};
			const timer = setTimeout(expire, seconds * 1000).unref();
			worker.stop.signal.addEventListener('abort', () => clearTimeout(timer), {once: true});
		}
	}

	/** Writes the status, unless the pod is gone or was stopped. */
	#report({key, uid, stop}: Worker, status: Pod['status']): void {
		if (!stop.signal.aborted && this.#store.get('pods', key)?.metadata.uid === uid) {
			this.#store.update<Pod>('pods', key, pod => ({...pod, status}));
		}
	}

	/** Deletion of a pod that may still run: it is killed and removed, after the time that its node takes or its grace period. */
	#terminate({spec, metadata}: Pod): void {
		const node = this.#nodes.get(spec.nodeName ?? '');
		if (node === undefined || this.faults.isSilent(node.object.metadata.name)) {
			return;
		}

		this.#end(metadata.uid);
		const remove = () => {
			const pod = this.#store.get('pods', keyOf(metadata));
			if (pod?.metadata.uid === metadata.uid) {
				deleteObject(this.#store, resourceRow('pods'), pod, 0);
			}
		};
		const seconds = Math.min(node.terminationSeconds ?? 0, metadata.deletionGracePeriodSeconds ?? 0);
		if (seconds === 0) {
			setImmediate(remove);
		} else {
			setTimeout(remove, seconds * 1000).unref();
		}
	}

	#end(uid: string): void {
		this.#workers.get(uid)?.stop.abort();
		this.#workers.delete(uid);
	}
}
