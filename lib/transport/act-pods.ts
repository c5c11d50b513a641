import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {asText, field} from '../cluster/json.ts';
import {createPod, deletePods, listPods} from '../cluster/pods.ts';
import {messageOf, UserError} from '../errors.ts';
import {actLabel, type actPod} from './act-pod.ts';
import {lingeringSignal} from './lingering-signal.ts';
import {ShellLost} from './node-shell.ts';
import {type PodState, podState} from './pod-status.ts';

export type ActPodsOptions = {
	readonly api: Api;
	readonly namespace: string;
	readonly target: {readonly node: string};
	readonly run: string;
	readonly podOf: () => ReturnType<typeof actPod>;
	/** After the image was not there: settles with whether `podOf` has another one from now on. */
	readonly chooseAnew: (signal: AbortSignal) => Promise<boolean>;
	readonly clock: Clock;
	readonly onNotice: (message: string) => void;
};

/** Milliseconds between looks, and until a pod that does not start is given up. A kubelet that just started needs its time. */
const lookEvery = 400;
const startTimeout = 60_000;

/** Pods that are made for one that runs, where each fails for a reason that may pass. */
const mostPods = 3;

/** Milliseconds that the clean-up may take, also after Ctrl-C. */
const removeTimeout = 10_000;

/** The act pod of a run: made where it is not there, made again where it ended, and removed. There is one at a time. */
export class ActPods {
	readonly #options: ActPodsOptions;
	/** The pod that was running when it was last looked at, or is about to, and the signal of who asked for it. */
	#attempt: {readonly signal: AbortSignal; readonly running: Promise<string>} | undefined;
	readonly #removed = new AbortController();

	constructor(options: ActPodsOptions) {
		this.#options = options;
	}

	/** The name of the pod, once it runs. Rejects with `ShellLost` where its node does not start it, with another `UserError` where it never will. */
	async ready(signal: AbortSignal): Promise<string> {
		this.#removed.signal.throwIfAborted();
		const attempt = this.#attempt ?? {signal, running: this.#start(AbortSignal.any([signal, this.#removed.signal]))};
		this.#attempt = attempt;
		try {
			return await attempt.running;
		} catch (error) {
			if (this.#attempt === attempt) {
				this.forget();
			}

			// Whoever began it has left; we have not.
			if (attempt.signal.aborted && !signal.aborted) {
				return this.ready(signal);
			}

			throw error;
		}
	}

	/** Look again before it is used. */
	forget(): void {
		this.#attempt = undefined;
	}

	/** Removes the pod, within a deadline of its own. What it cannot remove is told, not thrown: the run's own result matters more. */
	async remove(): Promise<void> {
		const {api, namespace, onNotice, run} = this.#options;
		this.#removed.abort(new TypeError('this shell was closed'));
		// Whoever still waits for one makes none behind this; what is being made has to be there to be removed.
		await this.#attempt?.running.catch(() => undefined);
		await deletePods(api, {namespace, labelSelector: this.#selector, signal: AbortSignal.timeout(removeTimeout)}).catch(
			(error: unknown) =>
				onNotice(
					`pod/cni-upgrade-act-${run} in namespace/${namespace} could not be removed: ${messageOf(error)}; it ends by itself at its deadline, or remove it with: kubectl cni-upgrade cleanup --namespace ${namespace}`,
				),
		);
	}

	get #selector(): string {
		return `${actLabel}=${this.#options.run}`;
	}

	async #start(signal: AbortSignal): Promise<string> {
		const {api, clock, target} = this.#options;
		const lingering = lingeringSignal(signal);
		const until = clock.monotonic() + startTimeout;
		let last = 'it was not seen there';
		let made = 0;
		while (clock.monotonic() < until) {
			signal.throwIfAborted();
			const pod = this.#options.podOf();
			const look = await this.#look(pod.spec.containers[0]?.image ?? '', signal);
			if (look === undefined) {
				await createPod(api, pod, {signal: lingering});
				made += 1;
			} else if (look.kind === 'runs') {
				return pod.metadata.name;
			} else if (look.kind === 'over') {
				await this.#replace(look.state, made, signal);
			} else {
				last = look.seen;
			}

			await clock.sleep(lookEvery, signal);
		}

		throw new ShellLost(`node/${target.node} did not start the act pod within ${startTimeout / 1000} s: ${last}`, {
			remedy: 'Its kubelet may be stopped or out of reach. Try again, or go by SSH with --via ssh.',
		});
	}

	/** Takes away a pod that does not run any more. Throws where another one would not either; one that was there before tells nothing of that. */
	async #replace(state: PodState, made: number, signal: AbortSignal): Promise<void> {
		const {api, namespace, target} = this.#options;
		const failure = state.state === 'failed' ? state : undefined;
		const again = failure?.again === true || (failure?.noImage === true && made > 0 && (await this.#options.chooseAnew(signal)));
		const isHopeless = made > 0 && !(again && made < mostPods);
		await deletePods(api, {namespace, labelSelector: this.#selector, signal});
		if (isHopeless) {
			throw new UserError(`the act pod does not start on node/${target.node}: ${reasonOf(state)}`, {
				remedy: 'Go by SSH with --via ssh, or name another image with --image.',
			});
		}
	}

	async #look(image: string, signal: AbortSignal): Promise<Look | undefined> {
		const {api, namespace} = this.#options;
		const {pods} = await listPods(api, {namespace, labelSelector: this.#selector, signal});
		const [pod] = pods;
		if (pod === undefined) {
			return undefined;
		}

		if (field(pod, 'metadata', 'deletionTimestamp') !== undefined) {
			return {kind: 'waits', seen: 'the one before it is still being removed'};
		}

		const state = podState(pod, image, 'act');
		if (state.state === 'ended' || state.state === 'failed') {
			return {kind: 'over', state};
		}

		return asText(field(pod, 'status', 'phase')) === 'Running'
			? {kind: 'runs'}
			: {kind: 'waits', seen: state.state === 'pending' ? 'its kubelet did not take it up' : 'its container was not started yet'};
	}
}

function reasonOf(state: PodState): string {
	return state.state === 'ended' ? `its container ended with exit code ${state.exitCode}` : 'reason' in state ? state.reason : '';
}

type Look =
	| {readonly kind: 'runs'}
	| {readonly kind: 'over'; readonly state: PodState}
	| {readonly kind: 'waits'; readonly seen: string};
