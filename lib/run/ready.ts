import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {getNode, type NodeRef} from '../cluster/nodes-write.ts';
import {type DaemonPod, daemonPodsOn} from '../cluster/pod-reads.ts';
import type {ProofItem} from './proof/proof.ts';

export type ReadyOptions = {
	readonly api: Api;
	readonly node: NodeRef;
	/** Seconds since 1970 by the node's own clock: when its kubelet was started. 0 where that is not known. */
	readonly startedAt: number;
	/** Whether the node has to be Ready. Where it was not before, a kubelet that reports is all that a rollback owes. */
	readonly wasReady?: boolean;
	readonly clock: Clock;
	readonly signal: AbortSignal;
};

/** Milliseconds for the kubelet to report, and for the pods of DaemonSets. */
const readyTime = 180_000;
const daemonTime = 120_000;
const pause = 1_000;

/**
Waits until the node is Ready by a heartbeat that is not older than the restart, and is so at a second look. Both times are the node's own:
nothing is compared with the clock of this machine.
*/
export async function waitReady({api, node, startedAt, wasReady = true, clock, signal}: ReadyOptions): Promise<ProofItem> {
	const until = clock.monotonic() + readyTime;
	let looks = 0;
	for (;;) {
		const seen = await getNode(api, node.name, signal);
		const ready = seen?.conditions.find(({type}) => type === 'Ready');
		const beat = Date.parse(ready?.lastHeartbeatTime ?? '') / 1000;
		const isReady = ready?.status === 'True';
		const isFresh = (isReady || !wasReady) && Number.isFinite(beat) && beat >= startedAt;
		looks = isFresh ? looks + 1 : 0;
		if (looks === 2) {
			const heartbeat = `heartbeat ${ready?.lastHeartbeatTime ?? ''}`;
			return isReady
				? {id: 'ready', result: 'yes', detail: heartbeat}
				: {id: 'ready', result: 'skipped', detail: `it was not Ready before, and is not: ${ready?.message ?? ''} (${heartbeat})`};
		}

		if (clock.monotonic() > until) {
			const why = isReady
				? 'its kubelet has not reported since the restart'
				: `its Ready condition is ${ready?.status ?? 'missing'}: ${ready?.message || ready?.reason || 'without a message'}`;
			return {id: 'ready', result: 'no', detail: `after ${readyTime / 1000} s ${why}`};
		}

		await clock.sleep(pause, signal);
	}
}

/**
Waits until every pod that a DaemonSet has on the node is Ready: the network add-on is among them, under whatever name.
@param failing - NAMESPACE/NAME of those that were not Ready before either: that they still are not is told, and no fault of ours.
*/
export async function waitDaemonPods({
	api,
	node,
	failing,
	clock,
	signal,
}: Omit<ReadyOptions, 'startedAt' | 'wasReady'> & {readonly failing: readonly string[]}): Promise<ProofItem> {
	const until = clock.monotonic() + daemonTime;
	for (;;) {
		const pods = await daemonPodsOn(api, node.name, signal);
		const waiting = pods.filter(({isReady}) => !isReady);
		if (pods.length === 0) {
			return {id: 'add-on', result: 'skipped', detail: 'no DaemonSet has a pod on the node'};
		}

		if (waiting.length === 0) {
			return {id: 'add-on', result: 'yes', detail: pods.map(({daemonSet}) => `daemonset/${daemonSet}`).join(', ')};
		}

		if (clock.monotonic() > until) {
			const names = waiting.map(({namespace, name}) => `pod/${name} in ${namespace}`).join(', ');
			return waiting.every(pod => failing.includes(daemonSetOf(pod)))
				? {id: 'add-on', result: 'skipped', detail: `not Ready before, and not now: ${names}`}
				: {id: 'add-on', result: 'no', detail: `not Ready after ${daemonTime / 1000} s: ${names}`};
		}

		await clock.sleep(pause, signal);
	}
}

/** NAMESPACE/NAME of the DaemonSets whose pod on a node is not Ready. */
export async function failingDaemonSets(api: Api, node: string, signal: AbortSignal): Promise<readonly string[]> {
	return (await daemonPodsOn(api, node, signal)).filter(({isReady}) => !isReady).map(daemonSetOf);
}

function daemonSetOf({namespace, daemonSet}: DaemonPod): string {
	return `${namespace}/${daemonSet}`;
}
