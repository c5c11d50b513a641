import {mkdtempSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {deleteObject} from '../deletion.ts';
import type {ImageOutcome} from '../image-pull.ts';
import {keyOf, type Node, type Pod} from '../objects.ts';
import type {KeptContainer} from '../pod-containers.ts';
import {podStatus} from '../pod-status.ts';
import {resourceRow} from '../resources.ts';
import type {Store} from '../store.ts';
import type {Machine} from './machine.ts';
import {MachinePods} from './machine-pods.ts';
import {keepNodeStatus} from './node-status.ts';
import {type Containers, killContainers, runContainers} from './run-containers.ts';
import type {Sandbox} from './sandboxes.ts';

/** A pod that the kubelet has taken up. */
type Worker = {
	readonly pod: Pod;
	readonly stop: AbortController;
	readonly containers: Containers;
	restarts: number;
	/** What the API server has not been told while the kubelet was away. */
	unsaid: Pod['status'] | undefined;
};

/** A stream through the kubelet: cut as the kubelet ends, ended well as the runtime does (seen on 1.36 with containerd 1.7). */
export type Stream = {readonly cut: () => void; readonly endWell: () => void};

/** The kubelet of a machine: pods live in its sandboxes, and whatever needs the kubelet or the runtime waits for them. */
export class MachineKubelet {
	readonly machine: Machine;
	/** Whether a pod's image is there; a pull is counted. */
	readonly image: (pod: Pod) => ImageOutcome;
	readonly #store: Store;
	readonly #node: string;
	readonly #pods: MachinePods;
	readonly #workers = new Map<string, Worker>();
	/** Of pods that are being taken away, by uid. */
	readonly #terminating = new Set<string>();
	readonly #streams = new Set<Stream>();
	readonly #ends: (() => void)[];
	readonly #all = new AbortController();
	#bootId: string;
	#wasAwake = true;

	constructor(store: Store, node: string, machine: Machine, image: MachineKubelet['image']) {
		this.image = image;
		this.#store = store;
		this.#node = node;
		this.machine = machine;
		this.#pods = new MachinePods(store, machine);
		this.#bootId = machine.bootId;
		this.#ends = [keepNodeStatus(store, node, machine), machine.onChange(() => this.#changed())];
	}

	heard(type: string, pod: Pod): void {
		const {uid, deletionTimestamp} = pod.metadata;
		if (type === 'DELETED') {
			this.#end(uid);
			void this.#pods.down(pod, this.#all.signal).catch(() => undefined);
		} else if (!this.machine.isKubeletRunning) {
			// It is told of everything when it is back.
		} else if (deletionTimestamp !== undefined) {
			this.#terminate(pod);
		} else if (!this.#workers.has(uid) && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed') {
			this.#take(pod);
		}
	}

	containers(uid: string): ReadonlyMap<string, KeptContainer> | undefined {
		return this.#workers.get(uid)?.containers;
	}

	/** What the API server says where a stream cannot be opened: the kubelet is away, or it finds no runtime. */
	get whyNoStream(): string | undefined {
		const {machine} = this;
		if (!machine.isKubeletRunning) {
			const address = this.#object()?.status.addresses.find(({type}) => type === 'InternalIP')?.address;
			return `error dialing backend: dial tcp ${address}:10250: connect: connection refused`;
		}

		const {isRunning, socket} = machine.runtime;
		return isRunning
			? undefined
			: `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${socket}: connect: no such file or directory"`;
	}

	/** Returns what ends the kubelet's part in it. */
	carry(stream: Stream): () => void {
		this.#streams.add(stream);
		return () => this.#streams.delete(stream);
	}

	async stop(): Promise<void> {
		for (const end of this.#ends) {
			end();
		}

		this.#all.abort(new Error('the cluster ends'));
		for (const uid of this.#workers.keys()) {
			this.#end(uid);
		}

		await this.machine.stop();
	}

	#changed(): void {
		const {machine} = this;
		if (machine.bootId !== this.#bootId) {
			this.#bootId = machine.bootId;
			this.#killAll();
		}

		for (const stream of machine.isKubeletRunning && machine.runtime.isRunning ? [] : this.#streams) {
			this.#streams.delete(stream);
			if (machine.isKubeletRunning) {
				stream.endWell();
			} else {
				stream.cut();
			}
		}

		const isAwake = machine.isKubeletRunning;
		if (isAwake && !this.#wasAwake) {
			this.#wake();
		}

		this.#wasAwake = isAwake;
	}

	/** It reads what it is to do, and says what became of its pods. */
	#wake(): void {
		for (const worker of this.#workers.values()) {
			if (worker.unsaid !== undefined) {
				this.#report(worker, worker.unsaid);
			}
		}

		const pods = this.#store.list('pods') as readonly Pod[];
		for (const pod of pods.filter(({spec}) => spec.nodeName === this.#node)) {
			this.heard('MODIFIED', pod);
		}
	}

	/** As at a power loss. */
	#killAll(): void {
		for (const {containers} of this.#workers.values()) {
			killContainers(containers);
		}
	}

	#take(pod: Pod): void {
		const worker: Worker = {pod, stop: new AbortController(), containers: new Map(), restarts: 0, unsaid: undefined};
		this.#workers.set(pod.metadata.uid, worker);
		setImmediate(() => {
			this.#run(worker).catch((error: unknown) => {
				if (!worker.stop.signal.aborted) {
					throw error;
				}
			});
		});
	}

	/** A pod's whole life: one sandbox after the other, as long as it is to be restarted. */
	async #run(worker: Worker): Promise<void> {
		const {pod, stop} = worker;
		const node = this.#object();
		if (node === undefined) {
			return;
		}

		this.#armDeadline(worker, node);
		this.#report(worker, podStatus.waiting(pod, node));
		const directory = mkdtempSync(join(dirname(this.machine.tree.root), 'pod-'));
		stop.signal.addEventListener('abort', () => rmSync(directory, {recursive: true, force: true}), {once: true});
		for (let attempt = 0; ; attempt += 1) {
			const sandbox = await this.#pods.up(pod, attempt, stop.signal);
			const image = this.image(pod);
			if (image.kind === 'missing') {
				for (const [reason, message] of image.waiting) {
					this.#report(worker, podStatus.waiting(pod, node, reason, message));
				}

				return;
			}

			const report = (status: Pod['status']) => this.#report(worker, status);
			const life = runContainers({
				pod,
				machine: this.machine,
				directory,
				containers: worker.containers,
				configMap: key => this.#store.get('configmaps', key),
				report(states) {
					// One that is restarted is not over.
					const isOver = pod.spec.restartPolicy !== 'Always' || states.every(({kind}) => kind === 'running');
					report(isOver ? podStatus.of(pod, node, states) : podStatus.waiting(pod, node));
				},
			});
			const became = await Promise.race([life, this.#pods.lost(sandbox.id, stop.signal).then(() => 'lost' as const)]);
			stop.signal.throwIfAborted();
			if (became === 'lost') {
				this.#pods.tell(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
				killContainers(worker.containers);
				await life;
			}

			if (pod.spec.restartPolicy !== 'Always') {
				return;
			}

			await this.#pods.down(pod, stop.signal);
			worker.restarts += 1;
			this.#report(worker, podStatus.waiting(pod, node));
		}
	}

	#armDeadline({pod, stop}: Worker, node: Node): void {
		const seconds = pod.spec.activeDeadlineSeconds;
		if (seconds !== undefined) {
			const message = 'Pod was active on the node longer than the specified deadline';
			const timer = setTimeout(() => {
				const worker = this.#workers.get(pod.metadata.uid);
				if (worker !== undefined) {
					this.#report(worker, podStatus.failed(pod, node, 'DeadlineExceeded', message));
					this.#end(pod.metadata.uid);
				}
			}, seconds * 1000).unref();
			stop.signal.addEventListener('abort', () => clearTimeout(timer), {once: true});
		}
	}

	/** Containers first, then the network with the pod's sandbox, then the object. */
	#terminate(pod: Pod): void {
		const {uid} = pod.metadata;
		if (this.#terminating.has(uid)) {
			return;
		}

		this.#terminating.add(uid);
		this.#end(uid);
		const remove = async () => {
			await this.#pods.down(pod, this.#all.signal);
			this.#terminating.delete(uid);
			const current = this.#store.get('pods', keyOf(pod.metadata));
			if (current?.metadata.uid === uid) {
				deleteObject(this.#store, resourceRow('pods'), current, 0);
			}
		};
		setImmediate(() => void remove().catch(() => undefined));
	}

	#report(worker: Worker, status: Pod['status']): void {
		const {pod, stop, restarts} = worker;
		if (stop.signal.aborted || this.#store.get('pods', keyOf(pod.metadata))?.metadata.uid !== pod.metadata.uid) {
			return;
		}

		if (!this.machine.isKubeletRunning) {
			worker.unsaid = status;
			return;
		}

		worker.unsaid = undefined;
		const sandbox = this.#pods.of(pod.metadata.uid).find(({state}) => state === 'SANDBOX_READY');
		this.#store.update<Pod>('pods', keyOf(pod.metadata), current => ({
			...current,
			status: withSandbox(status, sandbox, restarts),
		}));
	}

	#end(uid: string): void {
		const worker = this.#workers.get(uid);
		if (worker !== undefined) {
			worker.stop.abort(new Error('the pod ends'));
			killContainers(worker.containers);
			this.#workers.delete(uid);
		}
	}

	#object(): Node | undefined {
		return this.#store.get('nodes', this.#node) as Node | undefined;
	}
}

function withSandbox(status: Pod['status'], sandbox: Sandbox | undefined, restarts: number): Pod['status'] {
	const containers = (status['containerStatuses'] ?? []) as readonly object[];
	return {
		...status,
		...(sandbox !== undefined && sandbox.ip !== '' && {podIP: sandbox.ip, podIPs: [{ip: sandbox.ip}]}),
		containerStatuses: containers.map(container => ({...container, restartCount: restarts})),
	};
}
