import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {type RunningContainer, runContainer} from './container.ts';
import {imageHasShell} from './images.ts';
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
	stopped: boolean;
	kill: (() => void) | undefined;
	log: Buffer | undefined;
	deadline: NodeJS.Timeout | undefined;
};

/** The kubelets of all simulated nodes: each pod that is bound to a node goes through the statuses of a real one. */
export class Kubelets {
	/** Images that were pulled, as `NODE IMAGE`. */
	readonly pulls: string[] = [];
	readonly #options: KubeletsOptions;
	readonly #nodes: Map<string, SimulatedNode>;
	readonly #faults = new Map<string, {fault: NodeFault; left: number}[]>();
	readonly #workers = new Map<string, Worker>();
	readonly #waiting: (() => void)[] = [];
	readonly #unsubscribe: () => void;
	#busy = 0;

	constructor(options: KubeletsOptions) {
		this.#options = options;
		this.#nodes = new Map(options.nodes.map(node => [node.object.metadata.name, node]));
		for (const {object, faults = []} of options.nodes) {
			this.setFaults(object.metadata.name, faults);
		}

		this.#unsubscribe = options.store.subscribe('pods', ({type, object}) => {
			const pod = object as Pod;
			if (type === 'ADDED') {
				this.#start(pod);
			} else if (type === 'DELETED') {
				this.#stop(pod.metadata.uid);
			} else if (pod.metadata.deletionTimestamp !== undefined) {
				this.#terminate(pod);
			}
		});
	}

	/** What goes wrong on a node from now on, in place of what did. */
	setFaults(node: string, faults: readonly NodeFault[]): void {
		this.#faults.set(
			node,
			faults.map(fault => ({fault, left: fault.times ?? Number.POSITIVE_INFINITY})),
		);
	}

	/** The log of a pod's container: undefined where it has none yet, or where the kubelet does not answer. */
	log(pod: Pod): Buffer | undefined {
		return this.#workers.get(pod.metadata.uid)?.log;
	}

	isSilent(node: string): boolean {
		return (this.#faults.get(node) ?? []).some(({fault, left}) => fault.kind === 'silent' && left > 0);
	}

	/** Resolves when no container runs any more. */
	async settled(): Promise<void> {
		while (this.#busy > 0) {
			await delay(5, 'wait');
		}
	}

	stop(): void {
		this.#unsubscribe();
		for (const uid of this.#workers.keys()) {
			this.#stop(uid);
		}
	}

	#start(pod: Pod): void {
		const node = this.#nodes.get(pod.spec.nodeName ?? '');
		if (node === undefined || this.isSilent(node.object.metadata.name)) {
			return;
		}

		const worker: Worker = {
			key: keyOf(pod.metadata),
			uid: pod.metadata.uid,
			stopped: false,
			kill: undefined,
			log: undefined,
			deadline: undefined,
		};
		this.#workers.set(worker.uid, worker);
		// Not in the request that makes the pod: the kubelet hears of it by its own watch.
		setImmediate(() => {
			void this.#run(pod, node, worker);
		});
	}

	async #run(pod: Pod, node: SimulatedNode, worker: Worker): Promise<void> {
		const {object} = node;
		const faults = this.#takeFaults(object.metadata.name);
		const failed = faults.find(({kind}) => kind === 'pod-failed');
		if (failed?.kind === 'pod-failed') {
			this.#report(worker, podStatus.failed(pod, object, failed.reason, failed.message));
			return;
		}

		this.#armDeadline(pod, node, worker);
		this.#report(worker, podStatus.waiting(pod, object));
		const slow = faults.find(({kind}) => kind === 'slow');
		if (slow?.kind === 'slow') {
			await delay(slow.ms, 'leave');
		}

		if (!this.#haveImage(pod, node, worker, faults)) {
			return;
		}

		const waiting = faults.find(({kind}) => kind === 'waiting');
		if (waiting?.kind === 'waiting') {
			this.#report(worker, podStatus.waiting(pod, object, waiting.reason, waiting.message));
			return;
		}

		const startedAt = Date.now();
		const end = await this.#endOf(pod, node, worker, faults);
		if (end !== undefined) {
			worker.log = end.log === undefined ? undefined : Buffer.from(end.log as string);
			clearTimeout(worker.deadline);
			this.#report(worker, podStatus.ended(pod, object, end, startedAt));
		}
	}

	/** How the container ends; undefined where it never does, or the pod was stopped. */
	async #endOf(pod: Pod, node: SimulatedNode, worker: Worker, faults: readonly NodeFault[]): Promise<ContainerEnd | undefined> {
		for (const fault of faults) {
			switch (fault.kind) {
				case 'oom-killed':
					return {exitCode: 137, reason: 'OOMKilled', message: '', log: ''};
				case 'start-error':
					return {exitCode: 128, reason: 'StartError', message: fault.message, log: ''};
				case 'hangs':
					this.#report(worker, podStatus.running(pod, node.object));
					return undefined;
				default:
					break;
			}
		}

		const end =
			node.answers.mode === 'tree' ? await this.#runForReal(pod, node, node.answers.tree, worker) : recordedEnd(pod, node);
		return end && spoil(end, faults);
	}

	async #runForReal(pod: Pod, node: SimulatedNode, tree: NodeTree, worker: Worker): Promise<ContainerEnd | undefined> {
		await this.#admitted();
		try {
			if (worker.stopped) {
				return undefined;
			}

			const directory = join(this.#options.directory, worker.uid);
			mkdirSync(directory, {recursive: true});
			const image = pod.spec.containers[0]?.image ?? '';
			const {store} = this.#options;
			const container = runContainer({
				pod,
				tree,
				directory,
				imageHasShell: imageHasShell(image),
				configMap: name => store.get('configmaps', keyOf({namespace: pod.metadata.namespace, name})),
			});
			return await this.#follow(container, pod, node, worker);
		} finally {
			this.#busy -= 1;
			this.#waiting.shift()?.();
		}
	}

	async #follow(
		container: ReturnType<typeof runContainer>,
		pod: Pod,
		node: SimulatedNode,
		worker: Worker,
	): Promise<ContainerEnd | undefined> {
		if (isRunning(container)) {
			worker.kill = container.kill;
			this.#report(worker, podStatus.running(pod, node.object));
			return container.ended;
		}

		// A volume that cannot be mounted stays ContainerCreating; why stands in an event only.
		return container.kind === 'start' ? {exitCode: 128, reason: 'StartError', message: container.message, log: ''} : undefined;
	}

	async #admitted(): Promise<void> {
		if (this.#busy >= this.#options.concurrency) {
			await new Promise<void>(resolve => {
				this.#waiting.push(resolve);
			});
		}

		this.#busy += 1;
	}

	/** Whether the container's image is there, by its pull policy; reports why not. */
	#haveImage(pod: Pod, node: SimulatedNode, worker: Worker, faults: readonly NodeFault[]): boolean {
		const {image = '', imagePullPolicy = 'IfNotPresent'} = pod.spec.containers[0] ?? {};
		const {object, registry = true} = node;
		const isHeld = object.status.images.some(({names}) => names.includes(image));
		const fault = faults.find(({kind}) => kind === 'image-pull');
		if (imagePullPolicy === 'Never' && !isHeld) {
			this.#report(
				worker,
				podStatus.waiting(
					pod,
					object,
					'ErrImageNeverPull',
					`Container image "${image}" is not present with pull policy of Never`,
				),
			);
			return false;
		}

		if (fault === undefined && imagePullPolicy !== 'Always' && isHeld) {
			return true;
		}

		if (fault === undefined && registry) {
			this.pulls.push(`${object.metadata.name} ${image}`);
			return true;
		}

		const why =
			fault?.kind === 'image-pull' && fault.message !== undefined
				? fault.message
				: `failed to pull and unpack image "${image}": failed to resolve reference "${image}": failed to do request: dial tcp: lookup registry: no such host`;
		this.#report(worker, podStatus.waiting(pod, object, 'ErrImagePull', why));
		this.#report(
			worker,
			podStatus.waiting(pod, object, 'ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${why}`),
		);
		return false;
	}

	#takeFaults(node: string): readonly NodeFault[] {
		const armed = (this.#faults.get(node) ?? []).filter(({left}) => left > 0);
		for (const entry of armed) {
			entry.left -= 1;
		}

		return armed.map(({fault}) => fault);
	}

	#armDeadline(pod: Pod, node: SimulatedNode, worker: Worker): void {
		const seconds = pod.spec.activeDeadlineSeconds;
		if (seconds !== undefined) {
			worker.deadline = setTimeout(() => {
				worker.kill?.();
				this.#report(
					worker,
					podStatus.failed(pod, node.object, 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline'),
				);
				worker.stopped = true;
			}, seconds * 1000).unref();
		}
	}

	/** Writes the status, unless the pod is gone or stopped. */
	#report(worker: Worker, status: Pod['status']): void {
		if (!worker.stopped) {
			const {store} = this.#options;
			const current = store.get('pods', worker.key);
			if (current?.metadata.uid === worker.uid) {
				store.update<Pod>('pods', worker.key, pod => ({...pod, status}));
			}
		}
	}

	/** Deletion of a pod that may still run: it is killed and removed, without waiting for its grace period. */
	#terminate(pod: Pod): void {
		if (!this.isSilent(pod.spec.nodeName ?? '')) {
			this.#stop(pod.metadata.uid);
			setImmediate(() => this.#options.store.remove('pods', keyOf(pod.metadata)));
		}
	}

	#stop(uid: string): void {
		const worker = this.#workers.get(uid);
		if (worker !== undefined) {
			worker.stopped = true;
			clearTimeout(worker.deadline);
			worker.kill?.();
			this.#workers.delete(uid);
		}
	}
}

function isRunning(container: ReturnType<typeof runContainer>): container is RunningContainer {
	return 'ended' in container;
}

/** The last two words of the probe's command are the run and the node's uid. */
function recordedEnd(pod: Pod, {object, answers}: SimulatedNode): ContainerEnd {
	if (answers.mode !== 'recorded') {
		throw new Error(`node ${object.metadata.name} has no recorded answer`);
	}

	const [run = '', uid = ''] = pod.spec.containers[0]?.command?.slice(-2) ?? [];
	const answer = answers.answer({node: object.metadata.name, run, uid});
	return typeof answer === 'string' ? {exitCode: 0, message: answer, log: answer} : answer;
}

/** Message and log as faults leave them. */
function spoil(end: ContainerEnd, faults: readonly NodeFault[]): ContainerEnd {
	const spoiled = {...end};
	for (const fault of faults) {
		if (fault.kind === 'message') {
			spoiled.message = change(spoiled.message, fault.change);
		} else if (fault.kind === 'log') {
			spoiled.log = change(spoiled.log ?? '', fault.change);
		}
	}

	return spoiled;
}

/** Byte for byte: each byte is one character to the one who changes. */
function change(bytes: string | Buffer, how: (text: string) => string): Buffer {
	return Buffer.from(how(Buffer.from(bytes as string).toString('latin1')), 'latin1');
}

/** `waitFor`: whether the process is to stay for it. */
async function delay(ms: number, waitFor: 'wait' | 'leave'): Promise<void> {
	await new Promise(resolve => {
		const timer = setTimeout(resolve, ms);
		if (waitFor === 'leave') {
			timer.unref();
		}
	});
}
