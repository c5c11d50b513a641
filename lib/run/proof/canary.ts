import type {Clock} from '../../clock.ts';
import type {Api} from '../../cluster/api.ts';
import {deletePodOnce, lookAtPod, type PodLook, type PodTrouble, podWarnings} from '../../cluster/pod-reads.ts';
import {createPod} from '../../cluster/pods.ts';
import {messageOf} from '../../errors.ts';
import {canaryPod} from './canary-pod.ts';
import type {ProofContext} from './context.ts';
import type {Proof, ProofItem} from './proof.ts';
import {verdictOf} from './proof.ts';
import {isInside} from './range.ts';
import {fromNode, fromOther, namesAndService, released} from './reach.ts';

/** Milliseconds that a pod may take to get its network, and to lose it. */
const startTime = 90_000;
const endTime = 90_000;

/** Milliseconds for which the runtime may fail in the network's own words before it is believed: an add-on may still be starting. */
const doubt = 15_000;

const pause = 500;

/** In these words kubelets tell that the network of a sandbox could not be set up or taken down. */
const networksOwn: readonly RegExp[] = [
	/failed to (set ?up|destroy|setup) network for (pod )?sandbox/i,
	/incompatible CNI versions/i,
	/version is empty/i,
	/failed to find plugin/i,
	/unsupported CNI result version/i,
	/(plugin type=|error (adding|removing) pod)/i,
];

type Wait = {readonly pod: PodLook | undefined; readonly why: string; readonly isNetworksOwn: boolean};

/**
Makes a pod on the node's pod network, tries what it can reach, deletes it, and sees that it left nothing. A missing version shows only at
the deletion, so a pod that starts proves half. The pod is removed on every way out.
*/
export async function proveWithCanary(context: ProofContext): Promise<Proof> {
	const {api, namespace, run, node, signal, onItem} = context;
	const items: ProofItem[] = [];
	const tell = (item: ProofItem): ProofItem => {
		items.push(item);
		onItem(item);
		return item;
	};
	const name = `cni-upgrade-canary-${run}`;
	let isNetworksOwn = false;
	try {
		// One of an earlier try may be left; a second under the same name would be taken for it.
		await deletePodOnce(api, {namespace, name, signal});
		await waitUntilGone(context, name, undefined, []);
		await createPod(api, canaryPod({...context, node: node.name, name, role: {kind: 'stays'}}), {signal});
		const start = await waitForAddress(context, name);
		isNetworksOwn ||= start.isNetworksOwn;
		const [address] = start.pod?.addresses ?? [];
		tell(
			address === undefined
				? {id: 'address', result: 'no', detail: start.why}
				: {id: 'address', result: 'yes', detail: (start.pod?.addresses ?? []).join(', ')},
		);
		if (address !== undefined) {
			tell(isInside(address, context.ranges));
			tell(await fromNode(context, address));
			tell(await fromOther(context, address));
			for (const item of await namesAndService(context, name)) {
				tell(item);
			}
		}

		// What was said of its start says nothing about its end.
		const known = start.pod === undefined ? [] : await podWarnings(api, {namespace, uid: start.pod.uid, signal});
		await deletePodOnce(api, {namespace, name, signal});
		const end = await waitUntilGone(context, name, start.pod?.uid, known);
		isNetworksOwn ||= end.isNetworksOwn;
		tell(
			end.pod === undefined
				? {id: 'deleted', result: 'yes', detail: `pod/${name}`}
				: {id: 'deleted', result: 'no', detail: end.why},
		);
		if (address !== undefined && end.pod === undefined) {
			tell(await released(context, address));
		}
	} catch (error) {
		signal.throwIfAborted();
		tell({id: items.length === 0 ? 'address' : 'deleted', result: 'no', detail: `node/${node.name}: ${messageOf(error)}`});
	} finally {
		await deletePodOnce(api, {namespace, name, signal: AbortSignal.timeout(10_000)}).catch((error: unknown) =>
			context.onNotice(`pod/${name} in namespace/${namespace} could not be removed: ${messageOf(error)}`),
		);
	}

	return {verdict: verdictOf(items, isNetworksOwn), items};
}

async function waitForAddress(context: ProofContext, name: string): Promise<Wait> {
	return waitFor(context, name, {time: startTime, known: []}, pod =>
		pod === undefined
			? {ended: true, why: `pod/${name} is not there any more: somebody deleted it`}
			: pod.phase === 'Running' && pod.addresses.length > 0
				? {ended: true, why: ''}
				: ['Failed', 'Succeeded'].includes(pod.phase)
					? {ended: true, why: `pod/${name} ended: ${pod.trouble || pod.phase}`}
					: {ended: false, why: `pod/${name} got no address: ${pod.trouble || pod.phase}`},
	);
}

/** @param uid - Of the pod that is waited for; another of its name means that it is gone. */
async function waitUntilGone(
	context: ProofContext,
	name: string,
	uid: string | undefined,
	known: readonly PodTrouble[],
): Promise<Wait> {
	return waitFor(context, name, {time: endTime, known}, pod => ({
		ended: pod === undefined || (uid !== undefined && pod.uid !== uid),
		why: `pod/${name} was deleted and does not go: its network could not be taken down`,
	}));
}

async function waitFor(
	{
		api,
		namespace,
		clock,
		signal,
	}: {readonly api: Api; readonly namespace: string; readonly clock: Clock; readonly signal: AbortSignal},
	name: string,
	{time, known}: {readonly time: number; readonly known: readonly PodTrouble[]},
	judge: (pod: PodLook | undefined) => {readonly ended: boolean; readonly why: string},
): Promise<Wait> {
	const until = clock.monotonic() + time;
	let trouble: {readonly since: number; readonly message: string} | undefined;
	for (let looks = 0; ; looks += 1) {
		const pod = await lookAtPod(api, {namespace, name, signal});
		const {ended, why} = judge(pod);
		if (ended) {
			return {pod, why, isNetworksOwn: trouble !== undefined && why !== ''};
		}

		// Warnings are asked for now and then only: they are another list each time.
		if (looks % 4 === 3 && pod !== undefined) {
			const warnings = await podWarnings(api, {namespace, uid: pod.uid, signal});
			const own = warnings.findLast(
				({message}) => known.every(old => old.message !== message) && networksOwn.some(pattern => pattern.test(message)),
			);
			trouble = own && {since: trouble?.since ?? clock.monotonic(), message: own.message};
		}

		const now = clock.monotonic();
		if (now > until || (trouble !== undefined && now - trouble.since > doubt)) {
			return {pod, why: trouble === undefined ? why : `pod/${name}: ${trouble.message}`, isNetworksOwn: trouble !== undefined};
		}

		await clock.sleep(pause, signal);
	}
}
