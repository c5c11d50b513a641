import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {execInPod} from '../cluster/exec.ts';
import {ExecError} from '../cluster/exec-errors.ts';
import {exitCode, UserError} from '../errors.ts';
import {actContainer, actPod, inNode} from './act-pod.ts';
import {ActPods} from './act-pods.ts';
import {admitActPod} from './admission.ts';
import {Launches} from './launches.ts';
import {type NodeShell, requirePlainWords, type ShellAnswer, type ShellCommand, ShellLost} from './node-shell.ts';
import type {ProbeTarget} from './transport.ts';

export type OpenPodOptions = {
	readonly api: Api;
	readonly namespace: string;
	readonly target: ProbeTarget;
	/** From `--image`; without it nothing is pulled where the node holds an image that will do. */
	readonly image: string | undefined;
	readonly pullSecret: string | undefined;
	/** Ten characters of [a-z0-9] that no other run has. */
	readonly run: string;
	/** Seconds after which the pod ends by itself, whatever became of us. */
	readonly deadlineSeconds: number;
	readonly clock: Clock;
	readonly onNotice: (message: string) => void;
	readonly signal: AbortSignal;
};

/**
A node's shell through a pod on it. Refusals of Pod Security, quotas, policies and RBAC are told before anything is made; where it rejects,
nothing of it is left. The signal is for the opening.
*/
export async function openPodShell(options: OpenPodOptions): Promise<NodeShell> {
	const {api, namespace, target, image, onNotice, signal} = options;
	const launches = await Launches.choose([target], {api, image}, signal);
	const podOf = () => {
		const launch = launches.of(target);
		if (launch === undefined) {
			throw new UserError(
				`no image on node/${target.node} is known to work from on ${target.osImage || 'this operating system'}`,
				{
					remedy: 'Name one that holds chroot with --image, or go by SSH with --via ssh.',
					exitCode: exitCode.blocked,
				},
			);
		}

		return actPod({...options, node: target.node, launch, pull: image !== undefined});
	};
	await admitActPod({api, namespace, run: options.run, pod: podOf(), onNotice, signal});
	const pods = new ActPods({...options, podOf, chooseAnew: async until => launches.chooseAnew(target, until)});
	try {
		await pods.ready(signal);
	} catch (error) {
		await pods.remove();
		throw error;
	}

	return new PodShell(options, pods);
}

class PodShell implements NodeShell {
	readonly way = 'pod';
	readonly #options: OpenPodOptions;
	readonly #pods: ActPods;

	constructor(options: OpenPodOptions, pods: ActPods) {
		this.#options = options;
		this.#pods = pods;
	}

	readonly exec = async (words: readonly string[], command: ShellCommand): Promise<ShellAnswer> => {
		requirePlainWords(words);
		const {node} = this.#options.target;
		const input = new OnceInput(command.stdin);
		for (let tries = 1; ; tries += 1) {
			const pod = await this.#pods.ready(command.signal);
			try {
				return await this.#run(pod, words, {...command, ...(input.stdin !== undefined && {stdin: input.stdin})});
			} catch (error) {
				if (!(error instanceof ExecError) || error.kind === 'refused') {
					throw error;
				}

				if (error.kind === 'gone') {
					this.#pods.forget();
				}

				if (error.kind === 'lost' || tries === 2 || !input.isWhole) {
					throw new ShellLost(`node/${node} was not reached, or the way to it was cut: ${error.message}`, {
						...(error.remedy !== undefined && {remedy: error.remedy}),
						cause: error,
					});
				}
			}
		}
	};

	readonly close = async (): Promise<void> => this.#pods.remove();

	async #run(pod: string, words: readonly string[], command: ShellCommand): Promise<ShellAnswer> {
		const {api, namespace, clock} = this.#options;
		return execInPod(api, {...command, namespace, pod, container: actContainer, command: inNode(words), clock});
	}
}

/** An input that can be given a second time as long as nobody has begun to read it. */
class OnceInput {
	readonly stdin: ShellCommand['stdin'];
	#begun = false;

	constructor(stdin: ShellCommand['stdin']) {
		this.stdin = stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array ? stdin : this.#watched(stdin);
	}

	get isWhole(): boolean {
		return !this.#begun;
	}

	#watched(stdin: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
		return {
			[Symbol.asyncIterator]: () => {
				this.#begun = true;
				return stdin[Symbol.asyncIterator]();
			},
		};
	}
}
