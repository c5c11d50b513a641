import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {type Pod, timestamp} from '../objects.ts';
import type {Store} from '../store.ts';
import type {Machine} from './machine.ts';
import {makeObject} from './make-object.ts';
import {CriError} from './runtime.ts';
import type {Sandbox} from './sandboxes.ts';

/** Seconds between two tries of a kubelet, and for its daemons to be looked for. */
const retrySeconds = 5;

/** The sandboxes that a machine's kubelet makes for pods and takes away, as long as it takes, with the events of a real one. */
export class MachinePods {
	readonly #store: Store;
	readonly #machine: Machine;

	constructor(store: Store, machine: Machine) {
		this.#store = store;
		this.#machine = machine;
	}

	/** Makes a pod's sandbox, trying again until it is there. */
	async up(pod: Pod, attempt: number, signal: AbortSignal): Promise<Sandbox> {
		const {name, namespace = '', uid} = pod.metadata;
		for (;;) {
			await this.#awake(signal);
			try {
				return this.#machine.runtime.run({name, namespace, uid, attempt, hostNetwork: pod.spec.hostNetwork === true});
			} catch (error) {
				this.#failed(error, pod, 'FailedCreatePodSandBox', text => `Failed to create pod sandbox: rpc error: ${text}`);
			}

			await this.#pause(signal);
		}
	}

	/** Stops and removes all sandboxes of a pod, trying again until none is left. */
	async down(pod: Pod, signal: AbortSignal): Promise<void> {
		const {uid} = pod.metadata;
		for (;;) {
			await this.#awake(signal);
			try {
				for (const {id} of this.of(uid)) {
					this.#machine.runtime.remove(id);
				}

				return;
			} catch (error) {
				this.#failed(
					error,
					pod,
					'FailedKillPod',
					text =>
						`error killing pod: failed to "KillPodSandbox" for "${uid}" with KillPodSandboxError: ${JSON.stringify(`rpc error: ${text}`)}`,
				);
			}

			await this.#pause(signal);
		}
	}

	of(uid: string): readonly Sandbox[] {
		return [...this.#machine.runtime.sandboxes.values()].filter(sandbox => sandbox.uid === uid);
	}

	/** Resolves when a kubelet that runs finds that the sandbox does not. */
	async lost(id: string, signal: AbortSignal): Promise<void> {
		await this.#until(() => {
			const {isKubeletRunning, runtime} = this.#machine;
			return isKubeletRunning && runtime.isRunning && runtime.sandboxes.get(id)?.state !== 'SANDBOX_READY';
		}, signal);
	}

	/** An event of the kubelet about a pod. */
	tell({metadata, kind, apiVersion, spec}: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
		const {name, namespace = '', uid, resourceVersion} = metadata;
		const time = timestamp();
		makeObject(this.#store, 'events', namespace, {
			metadata: {name: `${name}.${randomBytes(8).toString('hex')}`},
			involvedObject: {kind, namespace, name, uid, apiVersion, resourceVersion},
			reason,
			message,
			source: {component: 'kubelet', host: spec.nodeName},
			firstTimestamp: time,
			lastTimestamp: time,
			count: 1,
			type,
			eventTime: null,
			reportingComponent: 'kubelet',
			reportingInstance: spec.nodeName,
		});
	}

	#failed(error: unknown, pod: Pod, reason: string, message: (text: string) => string): void {
		if (!(error instanceof CriError)) {
			throw error;
		}

		this.tell(pod, 'Warning', reason, message(error.message));
	}

	async #awake(signal: AbortSignal): Promise<void> {
		await this.#until(() => this.#machine.isKubeletRunning, signal);
	}

	async #pause(signal: AbortSignal): Promise<void> {
		await sleep(retrySeconds * this.#machine.msPerSecond, undefined, {signal, ref: false});
	}

	async #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		if (holds()) {
			return;
		}

		const {promise, resolve, reject} = Promise.withResolvers<void>();
		const end = this.#machine.onChange(() => {
			if (holds()) {
				resolve();
			}
		});
		const abort = () => reject(signal.reason as Error);
		signal.addEventListener('abort', abort, {once: true});
		try {
			await promise;
		} finally {
			end();
			signal.removeEventListener('abort', abort);
		}
	}
}
