import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {asText, field} from '../cluster/json.ts';
import {createPod, deletePods, listPods, podLog} from '../cluster/pods.ts';
import {watchPods} from '../cluster/watch.ts';
import {messageOf} from '../errors.ts';
import {readFrame} from '../node-script/frame.ts';
import {Pace} from '../pace.ts';
import {Window} from '../window.ts';
import {Flight} from './flight.ts';
import {lingeringSignal} from './lingering-signal.ts';
import type {PodState} from './pod-status.ts';
import {labels, type probePod} from './probe-pod.ts';
import {SecondLook} from './second-look.ts';
import type {ProbeOutcome, ProbeTarget} from './transport.ts';

/** Probe pods that exist at any time. A namespace is tested for 3,000 pods; a window keeps far below it. */
const maxAlive = 250;

/** Logs that are read at the same time: one that never ends holds a connection, and pods have to be made over others. */
const maxLogs = 8;

/** Finished pods are deleted so many at a time, as long as others need their places: one request for all of them. */
const deleteBatch = 100;

/** Milliseconds without an end of any pod after which those that are done with make room, though they are no whole batch. */
const stalledAfter = 1_000;

export type ProbeRunOptions = {
	readonly api: Api;
	readonly namespace: string;
	readonly run: string;
	readonly clock: Clock;
	readonly timeout: number;
	readonly onOutcome: (outcome: ProbeOutcome) => void;
	readonly podFor: (target: ProbeTarget, index: number) => ReturnType<typeof probePod>;
	/** After the image was not there: settles with whether `podFor` has another one from now on. */
	readonly chooseAnew: (target: ProbeTarget, signal: AbortSignal) => Promise<boolean>;
};

/** One run over a fleet: its window, its shared watch, and the pods that have not answered yet. */
export class ProbeRun {
	readonly #options: ProbeRunOptions;
	readonly #alive = new Window(maxAlive);
	readonly #pace = new Pace();
	readonly #logs = new Window(maxLogs);
	/** By pod name: who waits for it. */
	readonly #flights = new Map<string, Flight>();
	readonly #secondLook: SecondLook;
	/** Indices of pods that are done with and can be deleted. */
	#finished: number[] = [];
	#nextIndex = 0;
	/** Nodes that have no pod yet. */
	#unstarted = 0;
	/** Aborts everything when the run cannot go on, such as when deleting pods is refused. */
	readonly #broken = new AbortController();

	constructor(options: ProbeRunOptions) {
		this.#options = options;
		this.#secondLook = new SecondLook(options.clock, async (indices, signal) => this.#look(indices, signal));
	}

	/** Reports one outcome for each target; settles when all are known. The watch starts at `resourceVersion`. */
	async probe(targets: readonly ProbeTarget[], resourceVersion: string, userSignal: AbortSignal): Promise<void> {
		const signal = AbortSignal.any([userSignal, this.#broken.signal]);
		const watch = new AbortController();
		const watching = this.#watch(resourceVersion, AbortSignal.any([signal, watch.signal]));
		const probes: Promise<void>[] = [];
		// Silent nodes last: they hold their places longest.
		const order = [...targets].sort((a, b) => Number(a.notReady) - Number(b.notReady));
		this.#unstarted = order.length;
		try {
			for (const target of order) {
				await this.#takePlace(signal);
				this.#unstarted -= 1;
				probes.push(this.#probeNode(target, signal));
			}
		} finally {
			await Promise.allSettled(probes);
			watch.abort();
			await watching;
		}

		signal.throwIfAborted();
	}

	async #probeNode(target: ProbeTarget, signal: AbortSignal): Promise<void> {
		try {
			const first = await this.#fly(target, signal);
			const again = first.again || (first.noImage === true && (await this.#options.chooseAnew(target, signal)));
			const last = again ? await this.#fly(target, signal, true) : first;
			this.#options.onOutcome(last.outcome);
		} catch (error) {
			if (!signal.aborted) {
				this.#broken.abort(error);
			}
		}
	}

	/** Makes one pod, waits for its end and reads its answer. A second try takes a place of its own in the window. */
	async #fly(target: ProbeTarget, signal: AbortSignal, retry = false): Promise<Landing> {
		if (retry) {
			await this.#takePlace(signal);
		}

		const index = this.#nextIndex++;
		const pod = this.#options.podFor(target, index);
		const {name} = pod.metadata;
		const flight = new Flight(pod.spec.containers[0]?.image ?? '');
		this.#flights.set(name, flight);
		const lookAgain = async () => this.#secondLook.at(index, signal);
		try {
			await this.#create(pod, signal);
			return await this.#land(target, name, await flight.end(this.#options, lookAgain, signal), signal);
		} finally {
			this.#flights.delete(name);
			this.#finish(index);
		}
	}

	/** Takes a place in the window. Finished pods give theirs up in batches, and where only silent nodes are left none gets full. */
	async #takePlace(signal: AbortSignal): Promise<void> {
		const waiting = new AbortController();
		if (this.#alive.taken >= this.#alive.limit) {
			void this.#makeRoom(AbortSignal.any([signal, waiting.signal]));
		}

		try {
			await this.#alive.acquire(signal);
		} finally {
			waiting.abort();
		}
	}

	async #makeRoom(signal: AbortSignal): Promise<void> {
		try {
			while (!signal.aborted) {
				const finished = this.#finished.length;
				await this.#options.clock.sleep(stalledAfter, signal);
				if (finished > 0 && finished === this.#finished.length) {
					await this.#deleteFinished();
				}
			}
		} catch {
			// There is room, or the run is over.
		}
	}

	async #create(pod: ReturnType<typeof probePod>, signal: AbortSignal): Promise<void> {
		const {api, clock} = this.#options;
		const lingering = lingeringSignal(signal);
		const began = clock.monotonic();
		const throttledBefore = api.counts.throttled;
		await this.#pace.run(
			signal,
			async () => createPod(api, pod, {signal: lingering}),
			() => ({ms: clock.monotonic() - began, throttled: api.counts.throttled > throttledBefore}),
		);
	}

	async #land({node, uid}: ProbeTarget, pod: string, end: PodState, signal: AbortSignal): Promise<Landing> {
		if (end.state !== 'ended') {
			const reason = end.state === 'failed' ? end.reason : 'the probe pod did not end';
			const failure = end.state === 'failed' ? end : undefined;
			return {outcome: {node, unknown: reason}, again: failure?.again === true, noImage: failure?.noImage === true};
		}

		const {run} = this.#options;
		const expected = {run, uid};
		const answer = readFrame(end.message, expected);
		if (answer.kind === 'answer') {
			return {outcome: {node, records: answer.records}, again: false};
		}

		// Cut, damaged, or too large for a termination message: the log holds it whole.
		try {
			const logged = readFrame(await this.#log(pod, signal), expected);
			if (logged.kind === 'answer') {
				return {outcome: {node, records: logged.records}, again: false};
			}

			return {
				outcome: {node, unknown: withoutAnswer(end.exitCode, logged.kind === 'damaged' ? logged.reason : '')},
				again: false,
			};
		} catch (error) {
			signal.throwIfAborted();
			const why = answer.kind === 'damaged' ? answer.reason : 'it is larger than a termination message';
			return {
				outcome: {
					node,
					unknown: `${withoutAnswer(end.exitCode, why)}, and the probe pod's log could not be read: ${messageOf(error)}`,
				},
				again: false,
			};
		}
	}

	async #log(name: string, signal: AbortSignal): Promise<string> {
		const {api, namespace} = this.#options;
		await this.#logs.acquire(signal);
		try {
			return await podLog(api, {namespace, name, signal});
		} finally {
			this.#logs.release();
		}
	}

	#finish(index: number): void {
		this.#finished.push(index);
		if (this.#finished.length >= deleteBatch && this.#unstarted > 0) {
			void this.#deleteFinished();
		}
	}

	async #deleteFinished(): Promise<void> {
		const {api, namespace, run} = this.#options;
		const batch = this.#finished;
		this.#finished = [];
		try {
			const labelSelector = `${labels.run}=${run},${labels.probe} in (${batch.join(',')})`;
			await deletePods(api, {namespace, labelSelector, signal: this.#broken.signal});
			this.#alive.release(batch.length);
		} catch (error) {
			this.#broken.abort(error);
		}
	}

	async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
		const {api, namespace, run, clock} = this.#options;
		const labelSelector = `${labels.run}=${run}`;
		const relist = async () => listPods(api, {namespace, labelSelector, signal});
		try {
			for await (const event of watchPods(api, {namespace, labelSelector, resourceVersion, clock, signal, relist})) {
				if (event.type === 'RELISTED') {
					this.#settleMissing(new Set(event.names));
					continue;
				}

				this.#see(event.pod, event.type === 'DELETED');
			}
		} catch (error) {
			if (!signal.aborted) {
				this.#broken.abort(error);
			}
		}
	}

	/** What the watch should have told of these pods. */
	async #look(indices: readonly number[], signal: AbortSignal): Promise<void> {
		const {api, namespace, run} = this.#options;
		const labelSelector = `${labels.run}=${run},${labels.probe} in (${indices.join(',')})`;
		const {pods} = await listPods(api, {namespace, labelSelector, signal});
		for (const pod of pods) {
			this.#see(pod, false);
		}
	}

	#see(pod: unknown, deleted: boolean): void {
		this.#flights.get(asText(field(pod, 'metadata', 'name')))?.see(pod, deleted);
	}

	/** After a gap in the watch: a pod that was there and is not any more will never answer. */
	#settleMissing(present: ReadonlySet<string>): void {
		for (const [name, flight] of this.#flights) {
			if (!present.has(name)) {
				flight.gone();
			}
		}
	}
}

type Landing = {readonly outcome: ProbeOutcome; readonly again: boolean; readonly noImage?: boolean};

function withoutAnswer(exitCode: number, reason: string): string {
	if (exitCode === 126 || exitCode === 127) {
		return 'the node has no shell to run the probe in (as Talos and Bottlerocket); only its API half is known';
	}

	return `the probe ended with exit code ${exitCode} and no usable answer${reason === '' ? '' : `: ${reason}`}`;
}
