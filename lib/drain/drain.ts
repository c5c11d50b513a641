import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {asText, field} from '../cluster/json.ts';
import {UserError} from '../errors.ts';
import {Pace} from '../pace.ts';
import {askAgain} from './ask-again.ts';
import {drainPod} from './drain-pod.ts';
import {evictionVersion} from './eviction.ts';
import type {DrainFlags} from './filters.ts';
import type {DrainEvent, DrainOutcome, FailedPod, PendingPod} from './outcome.ts';
import {type DrainPod, type PodRef, toRef} from './pod.ts';
import {PodWatch} from './pod-watch.ts';
import {selectPods} from './select-pods.ts';
import type {TrackedPod} from './tracked-pod.ts';

export type DrainNode = {
	/** Another node under this name is refused. */
	readonly node: {readonly name: string; readonly uid: string};
	readonly flags: DrainFlags;
	/** Milliseconds after a pod's grace period at which it is gone on without, whatever the flags; undefined: only as they have it. */
	readonly leaveHangingAfter?: number | undefined;
	/** Our own pods, which stay. */
	readonly exclude: (pod: DrainPod) => boolean;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onEvent: (event: DrainEvent) => void;
};

/**
Drains a node that is cordoned already, with kubectl's meaning: one list, one watch, one request a pod where nothing hinders. Rejects with the
signal's reason, and where the server cannot be asked; what became of the pods is in the outcome. It never deletes where an eviction is refused.
*/
export async function drainNode(api: Api, options: DrainNode): Promise<DrainOutcome> {
	const {node, flags, clock, signal, onEvent} = options;
	await askAgain(clock, signal, async () => requireNode(api, options));
	const version = flags.disableEviction ? undefined : await askAgain(clock, signal, async () => evictionVersion(api, signal));
	const {evict, stay, errors, warnings, resourceVersion} = await selectPods(api, {...options, node: node.name});
	if (errors.length > 0) {
		return {kind: 'refused', errors};
	}

	if (warnings.length > 0) {
		onEvent({type: 'warnings', warnings});
	}

	if (evict.length === 0) {
		return {kind: 'drained', gone: [], skipped: [], stay};
	}

	const watch = new PodWatch(api, {node: node.name, pods: evict, resourceVersion, clock});
	return {...(await endAll(api, watch, version, options)), stay};
}

/** Why all work on pods stops before they are gone. */
class TimeIsUp extends Error {}

async function endAll(
	api: Api,
	watch: PodWatch,
	version: string | undefined,
	{flags, leaveHangingAfter, clock, signal, onEvent}: DrainNode,
): Promise<WithoutStay> {
	const over = new AbortController();
	const work = AbortSignal.any([signal, over.signal]);
	const stop = (error: unknown) => over.abort(error);
	const pace = new Pace();
	const beside = [watch.run(work).catch(stop), expire(clock, flags.timeout, work).catch(stop)];
	const ends = watch.pods.map(async tracked =>
		drainPod(api, tracked, {version, flags, leaveHangingAfter, pace, clock, signal: work, onEvent}).then(
			end => ({tracked, end}),
			(error: unknown) => {
				if (!(work.reason instanceof TimeIsUp)) {
					// One that fails in earnest ends the others.
					stop(error);
					throw error;
				}

				return {tracked, end: undefined};
			},
		),
	);
	const settled = await Promise.allSettled(ends);
	over.abort(new Error('all pods have come to their ends'));
	await Promise.all(beside);
	signal.throwIfAborted();
	return sum(
		settled.map(result => {
			if (result.status === 'rejected') {
				throw work.reason;
			}

			return result.value;
		}),
	);
}

async function expire(clock: Clock, timeout: number, signal: AbortSignal): Promise<void> {
	if (timeout > 0) {
		await clock.sleep(timeout, signal);
		throw new TimeIsUp(`the pods are not gone after ${timeout / 1000} s`);
	}
}

type Settled = {readonly tracked: TrackedPod; readonly end: Awaited<ReturnType<typeof drainPod>> | undefined};
type WithoutStay =
	| Omit<Extract<DrainOutcome, {readonly kind: 'drained'}>, 'stay'>
	| Omit<Extract<DrainOutcome, {readonly kind: 'incomplete'}>, 'stay'>;

function sum(settled: readonly Settled[]): WithoutStay {
	const gone: PodRef[] = [];
	const skipped: {pod: PodRef; text: string}[] = [];
	const failed: FailedPod[] = [];
	const pending: PendingPod[] = [];
	for (const {tracked, end} of settled) {
		const pod = toRef(tracked.pod);
		if (end === undefined) {
			pending.push({pod, isAccepted: tracked.isAccepted, waitsFor: tracked.waitsFor});
		} else if (end.kind === 'failed') {
			failed.push({pod, message: end.message, remedy: end.remedy});
		} else if (end.kind === 'skipped') {
			skipped.push({pod, text: end.text});
		} else {
			gone.push(pod);
		}
	}

	return failed.length + pending.length === 0
		? {kind: 'drained', gone, skipped}
		: {kind: 'incomplete', gone, skipped, failed, pending};
}

async function requireNode(api: Api, {node: {name, uid}, signal}: DrainNode): Promise<void> {
	const {json} = await api.request({
		path: `/api/v1/nodes/${encodeURIComponent(name)}`,
		accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
		signal,
	});
	const seen = asText(field(json, 'metadata', 'uid'));
	if (seen !== uid) {
		throw new UserError(`node/${name} has the uid ${seen}, where ${uid} was expected: it is another node under the same name`, {
			remedy: 'Nothing was evicted. Make a plan for the node that is there now.',
		});
	}
}
