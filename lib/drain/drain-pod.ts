import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import type {Pace} from '../pace.ts';
import {askEviction, type EvictionAnswer, retryDelayMs} from './eviction.ts';
import {type DrainFlags, longDeletedAt, longDeletedText} from './filters.ts';
import type {DrainEvent, PodEnd} from './outcome.ts';
import {type PodRef, toRef} from './pod.ts';
import type {TrackedPod} from './tracked-pod.ts';

export type DrainPodOptions = {
	/** Of evictions; undefined: DELETE. */
	readonly version: string | undefined;
	readonly flags: DrainFlags;
	/** Milliseconds after its grace period; undefined: only as the flags have it. */
	readonly leaveHangingAfter: number | undefined;
	/** Of all requests that end pods. */
	readonly pace: Pace;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onEvent: (event: DrainEvent) => void;
};

/** Milliseconds beyond its grace period after which a pod counts as stuck and is told of. */
const stuckAfterMs = 30_000;

/** Evicts one pod, as often as it takes, and waits until it is gone. Rejects with the signal's reason. */
export async function drainPod(api: Api, tracked: TrackedPod, options: DrainPodOptions): Promise<PodEnd> {
	const {version, clock, signal, onEvent} = options;
	const pod = toRef(tracked.pod);
	const how = version === undefined ? 'delete' : 'evict';
	while (!tracked.isGone) {
		const answer = await ask(api, tracked, options);
		if (answer.kind === 'gone') {
			break;
		}

		if (answer.kind === 'refused') {
			const {serverText, remedy} = answer;
			onEvent({type: 'failed', pod, how, message: serverText, remedy});
			return {kind: 'failed', message: serverText, remedy};
		}

		const isEnding = answer.kind === 'terminating-namespace' && tracked.pod.deletion !== undefined;
		if (answer.kind === 'accepted' || isEnding) {
			tracked.isAccepted = true;
			tracked.hindrance = undefined;
			const end = await waitForEnd(tracked, options);
			if (end !== undefined) {
				return end;
			}

			break;
		}

		const afterMs = answer.kind === 'later' ? answer.afterMs : retryDelayMs;
		const hindrance =
			answer.kind === 'later'
				? ({kind: 'budget', ...answer.blocked} as const)
				: ({kind: 'namespace', serverText: answer.serverText} as const);
		tracked.hindrance = hindrance;
		onEvent({type: 'hindered', pod, how, afterMs, serverText: answer.serverText, hindrance});
		await firstOf(signal, timers => [tracked.gone, clock.sleep(afterMs, timers)]);
	}

	onEvent({type: 'gone', pod, how});
	return {kind: 'gone'};
}

/** One try, in its turn. */
async function ask(api: Api, tracked: TrackedPod, options: DrainPodOptions): Promise<EvictionAnswer> {
	const {version, flags, pace, clock, signal, onEvent} = options;
	let began = 0;
	let answer: EvictionAnswer = {kind: 'gone'};
	await pace.run(
		signal,
		async () => {
			began = clock.monotonic();
			// While it waited for its turn the pod may have left, and a namesake come.
			if (!tracked.isGone) {
				onEvent({type: 'evicting', pod: toRef(tracked.pod), how: version === undefined ? 'delete' : 'evict'});
				answer = await askEviction(api, tracked.pod, {version, flags, dryRun: false, signal});
			}
		},
		() => ({
			ms: clock.monotonic() - began,
			// A budget's refusal says nothing of how busy the server is.
			throttled: answer.kind === 'later' && answer.blocked.budget === undefined,
		}),
	);
	return answer;
}

/** Undefined where it is gone. */
async function waitForEnd(tracked: TrackedPod, options: DrainPodOptions): Promise<PodEnd | undefined> {
	const {flags, leaveHangingAfter, clock, signal, onEvent} = options;
	const pod = toRef(tracked.pod);
	/** Once no time is left; how much is, may change with what is seen of the pod. */
	const skip = async (timers: AbortSignal, left: () => number, text: string): Promise<PodEnd> => {
		await tracked.deleted;
		for (let ms = left(); ms > 0; ms = left()) {
			await clock.sleep(ms, timers);
		}

		onEvent({type: 'skipped', pod, text});
		return {kind: 'skipped', text};
	};
	const tellOfStuck = async (timers: AbortSignal): Promise<undefined> => {
		await tracked.deleted;
		await clock.sleep((tracked.graceLeft ?? 0) * 1000 + stuckAfterMs, timers);
		onEvent({type: 'stuck', pod, waitsFor: tracked.waitsFor});
		return gone();
	};
	const gone = async (): Promise<undefined> => {
		await tracked.gone;
		return undefined;
	};
	return firstOf<PodEnd | undefined>(signal, timers => [
		gone(),
		tellOfStuck(timers),
		// kubectl's flag goes by the server's time and our own, as kubectl does; what nobody asked for goes by what passed here.
		...(flags.skipWaitForDeleteSeconds > 0
			? [skip(timers, () => longDeletedAt(tracked.pod, flags) - clock.now(), longDeletedText(pod, flags))]
			: []),
		...(leaveHangingAfter === undefined
			? []
			: [skip(timers, () => tracked.graceEnds + leaveHangingAfter - clock.monotonic(), hangingText(pod, leaveHangingAfter))]),
	]);
}

function hangingText({name}: PodRef, ms: number): string {
	return `pod "${name}" is still there ${ms / 1000} seconds after its grace period, going on without it`;
}

/** The first of them; the others' timers end with it, and all with the signal. */
async function firstOf<T>(signal: AbortSignal, start: (timers: AbortSignal) => readonly Promise<T>[]): Promise<T> {
	signal.throwIfAborted();
	const over = new AbortController();
	const forward = () => over.abort(signal.reason);
	signal.addEventListener('abort', forward, {once: true});
	const aborted = new Promise<never>((_, reject) => {
		over.signal.addEventListener('abort', () => reject(over.signal.reason as Error), {once: true});
	});
	try {
		return await Promise.race([aborted, ...start(over.signal)]);
	} finally {
		signal.removeEventListener('abort', forward);
		over.abort(new Error('over'));
	}
}
