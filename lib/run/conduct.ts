import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {execInPod} from '../cluster/exec.ts';
import {type NodeEventReason, writeNodeEvent} from '../cluster/node-events.ts';
import {findNodes} from '../cluster/nodes.ts';
import {getNode} from '../cluster/nodes-write.ts';
import {messageOf} from '../errors.ts';
import {Launches} from '../transport/launches.ts';
import type {NodeAgent} from './agent.ts';
import type {RunContext} from './context.ts';
import type {RunEvent} from './events.ts';
import {acquireLock} from './lock.ts';
import {type FoundNode, foundNode} from './open-node.ts';
import type {Outcome} from './outcome.ts';
import {proveWithCanary} from './proof/canary.ts';
import type {PodPlace} from './proof/context.ts';
import type {Proof, ProofItem} from './proof/proof.ts';
import {removeStrays} from './remove-strays.ts';
import {requireRights} from './rights.ts';
import type {RunSettings} from './settings.ts';
import {guardNode} from './watch-node.ts';

export type ConductOptions = {
	readonly api: Api;
	readonly node: FoundNode;
	readonly agent: NodeAgent;
	/** Of this call: what its own pods are labelled with. A run that is gone on with has an id of its own. */
	readonly session: string;
	readonly settings: RunSettings;
	readonly by: string;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onEvent: (event: RunEvent) => void;
	readonly confirm?: ((step: string) => Promise<boolean>) | undefined;
	/** The runtime-given ranges of the node are compared with an address only where the reference IPAM gives it. */
	readonly comparesRange: boolean;
};

/**
Everything around a run: the lock is taken and kept, the node is watched, events are written to it. Whatever ends the run, the lock is
released; the reason of the end is thrown, or the outcome given back.
*/
export async function conduct(options: ConductOptions, work: (context: RunContext) => Promise<Outcome>): Promise<Outcome> {
	const {api, node, agent, session, settings, by, clock, onEvent} = options;
	const notice = (message: string) => onEvent({type: 'notice', message});
	const event = async (reason: NodeEventReason, message: string) =>
		writeNodeEvent(api, {node, run: agent.run, reason, message, clock, signal: AbortSignal.timeout(15_000), onNotice: notice});
	await requireRights(api, settings, options.signal);
	onEvent({type: 'step', step: 'lock', on: 'cluster', state: 'begin', detail: '', at: clock.now()});
	const lock = await acquireLock(api, {
		node,
		holder: by,
		run: agent.run,
		clock,
		signal: options.signal,
		onNotice: notice,
	});
	try {
		onEvent({type: 'step', step: 'lock', on: 'cluster', state: 'done', detail: '', at: clock.now()});
		const guard = await guardNode(api, node, {clock, signal: options.signal});
		const signal = AbortSignal.any([options.signal, lock.lost, guard.broken]);
		try {
			await removeStrays(api, {namespace: settings.namespace, node, session, run: agent.run, signal, onNotice: notice});
			await event('CNIUpgradeStarted', `Run ${agent.run} of ${by} has begun.`);
			const outcome = await work({
				api,
				agent,
				node,
				settings,
				by,
				clock,
				signal,
				onEvent,
				ownsNode: () => !lock.lost.aborted,
				allowUncordon: guard.allowUncordon,
				prove: async (onItem, until) => prove(options, onItem, until),
				...(options.confirm !== undefined && {confirm: options.confirm}),
			});
			await event(...eventOf(outcome, agent.run));
			return outcome;
		} catch (error) {
			// What somebody else did ends what we were about, whatever that then failed with.
			const reason = guard.broken.aborted ? guard.broken.reason : lock.lost.aborted ? lock.lost.reason : error;
			await event('CNIUpgradeFailed', `Run ${agent.run} ended: ${messageOf(reason)}`);
			throw reason;
		} finally {
			await guard.stop();
		}
	} finally {
		await lock.release();
		onEvent({type: 'step', step: 'unlock', on: 'cluster', state: 'done', detail: '', at: clock.now()});
	}
}

type Told = readonly [reason: NodeEventReason, message: string];

function eventOf(outcome: Outcome, run: string): Told {
	const events: Readonly<Record<Outcome['kind'], Told>> = {
		upgraded: ['CNIUpgradeSucceeded', `Run ${run}: the node is upgraded, and a pod got and lost its network.`],
		'not-proved': ['CNIUpgradeFailed', `Run ${run}: the node is upgraded, not proved, and stays cordoned.`],
		'rolled-back': ['CNIUpgradeRolledBack', `Run ${run}: the node is as it was before: ${whyOf(outcome)}`],
		stuck: ['CNIUpgradeFailed', `Run ${run}: the node is not in order and stays cordoned: ${whyOf(outcome)}`],
	};
	return events[outcome.kind];
}

function whyOf(outcome: Outcome): string {
	return 'why' in outcome ? outcome.why : '';
}

async function prove(options: ConductOptions, onItem: (item: ProofItem) => void, signal: AbortSignal): Promise<Proof> {
	const {api, node, agent, settings, clock, onEvent, comparesRange} = options;
	const {namespace, image, pullSecret} = settings;
	const others = (await findNodes(api, {names: [], detail: 'metadata', signal})).filter(
		row =>
			row.name !== node.name && row.uid !== undefined && row.status === 'Ready' && row.labels?.['kubernetes.io/os'] !== 'windows',
	);
	const other = others[0] && foundNode(others[0], others[0].uid ?? '');
	const launches = await Launches.choose([node.target, ...(other === undefined ? [] : [other.target])], {api, image}, signal);
	const launch = launches.of(node.target);
	if (launch === undefined) {
		const detail = `no image on node/${node.name} is known to run a pod from; name one with --image`;
		return {verdict: 'not-proved', items: [{id: 'address', result: 'no', detail}]};
	}

	const otherLaunch = other && launches.of(other.target);
	const place: PodPlace | undefined = other && otherLaunch && {node: other.name, launch: otherLaunch};
	const seen = await getNode(api, node.name, signal);
	return proveWithCanary({
		api,
		agent,
		node,
		run: agent.run,
		namespace,
		launch,
		pull: image !== undefined,
		pullSecret,
		other: place,
		ranges: comparesRange ? (seen?.podCIDRs ?? []) : [],
		async exec(pod, command, until) {
			const {code, stdout} = await execInPod(api, {
				namespace,
				pod,
				container: 'canary',
				command,
				maxBytes: 64 * 1024,
				timeout: 30_000,
				clock,
				signal: until,
			});
			return {code, stdout: stdout.toString('utf8')};
		},
		clock,
		signal,
		onItem,
		onNotice: message => onEvent({type: 'notice', message}),
	});
}
