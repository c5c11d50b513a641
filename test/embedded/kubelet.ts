import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Window} from '../../lib/window.ts';
import {runContainer} from './container.ts';
import {faultyEnd, recordedEnd, spoil, startError} from './container-end.ts';
import {provideImage} from './image-pull.ts';
import {imageHasShell} from './images.ts';
import {NodeFaults} from './node-faults.ts';
import {keyOf, type Pod} from './objects.ts';
import {podStatus} from './pod-status.ts';
import type {ContainerEnd, NodeFault, NodeTree, SimulatedNode} from './simulated-node.ts';
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
	log: (() => Buffer) | undefined;
};

/** The kubelets of all simulated nodes: each pod that is bound to a node goes through the statuses of a real one. */
export class Kubelets {
	/** Images that were pulled, as `NODE IMAGE`. */
	readonly pulls: string[] = [];
	readonly faults = new NodeFaults();
	readonly #store: Store;
	readonly #directory: string;
	readonly #nodes: Map<string, SimulatedNode>;
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

		this.#unsubscribe = store.subscribe('pods', ({type, object}) => {
			const pod = object as Pod;
			if (type === 'ADDED') {
				this.#start(pod);
			} else if (type === 'DELETED') {
				this.#end(pod.metadata.uid);
			} else if (pod.metadata.deletionTimestamp !== undefined) {
				this.#terminate(pod);
			}
		});
	}

	/** The log of a pod's container: undefined where it has none yet. */
	log({metadata}: Pod): Buffer | undefined {
		return this.#workers.get(metadata.uid)?.log?.();
	}

	/** Ends every container; resolves when none is left. */
	async stop(): Promise<void> {
		this.#unsubscribe();
		for (const uid of this.#workers.keys()) {
			this.#end(uid);
		}

		await Promise.all(this.#runs);
	}

	#start(pod: Pod): void {
		const node = this.#nodes.get(pod.spec.nodeName ?? '');
		if (node === undefined || this.faults.isSilent(node.object.metadata.name)) {
			return;
		}

		const worker: Worker = {key: keyOf(pod.metadata), uid: pod.metadata.uid, stop: new AbortController(), log: undefined};
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

		const startedAt = Date.now();
		const end = faultyEnd(faults) ?? (await this.#runContainer(pod, node, worker, faults));
		if (end !== undefined && !worker.stop.signal.aborted) {
			const {log, ...spoiled} = spoil(end, faults);
			worker.log = () => Buffer.from((log ?? '') as string);
			this.#report(worker, podStatus.ended(pod, object, spoiled, startedAt));
		}
	}

	/** Reports why the container is not even started, for ever. */
	#isStuck(pod: Pod, node: SimulatedNode, worker: Worker, faults: readonly NodeFault[]): boolean {
		const image = provideImage(pod, node, faults);
		if (image.kind === 'pulled') {
			this.pulls.push(`${node.object.metadata.name} ${pod.spec.containers[0]?.image}`);
		}

		const waiting =
			image.kind === 'missing'
				? image.waiting
				: faults.flatMap(fault => (fault.kind === 'waiting' ? [[fault.reason, fault.message] as const] : []));
		for (const [reason, message] of waiting) {
			this.#report(worker, podStatus.waiting(pod, node.object, reason, message));
		}

		return waiting.length > 0;
	}

	/** How the container ends by itself; undefined where it never does, or never starts. */
	async #runContainer(
		pod: Pod,
		node: SimulatedNode,
		worker: Worker,
		faults: readonly NodeFault[],
	): Promise<ContainerEnd | undefined> {
		if (faults.some(({kind}) => kind === 'hangs')) {
			this.#report(worker, podStatus.running(pod, node.object));
			return undefined;
		}

		if (node.answers.mode === 'recorded') {
			return recordedEnd(pod, node.answers.answer);
		}

		await this.#places.acquire(worker.stop.signal);
		try {
			return await this.#runInTree(pod, node, node.answers.tree, worker);
		} finally {
			this.#places.release();
		}
	}

	async #runInTree(pod: Pod, node: SimulatedNode, tree: NodeTree, worker: Worker): Promise<ContainerEnd | undefined> {
		const directory = join(this.#directory, worker.uid);
		mkdirSync(directory, {recursive: true});
		const container = runContainer({
			pod,
			tree,
			directory,
			imageHasShell: imageHasShell(pod.spec.containers[0]?.image ?? ''),
			runtime: node.object.status.nodeInfo['containerRuntimeVersion'] ?? '',
			configMap: name => this.#store.get('configmaps', keyOf({namespace: pod.metadata.namespace, name})),
		});
		if ('ended' in container) {
			worker.log = container.log;
			worker.stop.signal.addEventListener('abort', container.kill, {once: true});
			this.#report(worker, podStatus.running(pod, node.object));
			return container.ended;
		}

		if (container.kind === 'create') {
			this.#report(worker, podStatus.waiting(pod, node.object, 'CreateContainerError', container.message));
		}

		// A volume that cannot be mounted stays ContainerCreating; why stands in an event only.
		return container.kind === 'start' ? startError(container.message) : undefined;
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

	/** Deletion of a pod that may still run: it is killed and removed, without waiting for its grace period. */
	#terminate({spec, metadata}: Pod): void {
		if (!this.faults.isSilent(spec.nodeName ?? '')) {
			this.#end(metadata.uid);
			setImmediate(() => this.#store.remove('pods', keyOf(metadata)));
		}
	}

	#end(uid: string): void {
		this.#workers.get(uid)?.stop.abort();
		this.#workers.delete(uid);
	}
}
