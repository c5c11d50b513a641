import {annotate, NodeGone, setUnschedulable} from '../cluster/nodes-write.ts';
import {messageOf} from '../errors.ts';
import type {JournalLine} from '../plan/journal.ts';
import type {Orders} from '../plan/orders.ts';
import {type RunContext, tell} from './context.ts';
import {emptyIfOpen} from './empty-node.ts';
import type {SectionEnd} from './follow.ts';
import type {Outcome} from './outcome.ts';
import {type Cordoned, pointerAnnotation} from './pointer.ts';
import {point, step} from './prepare.ts';
import {progressOf} from './progress-of.ts';
import {type Proof, type ProofItem, proofIds} from './proof/proof.ts';
import {waitDaemonPods, waitReady} from './ready.ts';
import {goBack, readJournal} from './section.ts';

/** The node is upgraded, so it says. */
export async function proveOrGoBack(
	context: RunContext,
	{orders, journal}: {readonly orders: Pick<Orders, 'deadline'>; readonly journal: readonly JournalLine[]},
	cordoned: Cordoned,
): Promise<Outcome> {
	const {agent, node, signal} = context;
	const proof = await proveOrSayWhyNot(context);
	if (proof.verdict === 'proved') {
		await release(context, cordoned);
		return {kind: 'upgraded', proof};
	}

	const failed = proof.items
		.filter(({result}) => result === 'no')
		.map(({detail}) => detail)
		.join('; ');
	if (proof.verdict === 'not-proved') {
		await leaveTrace(context, async () => agent.note('prove', 'failed', failed, signal));
		await leaveTrace(context, async () => point(context, 'not-proved', cordoned));
		return {kind: 'not-proved', proof};
	}

	context.onEvent({type: 'notice', message: `node/${node.name} goes back to what it was: ${failed}`});
	await leaveTrace(context, async () => agent.note('prove', 'failed', failed, signal));
	const owner = await emptyIfOpen(context, {...progressOf(journal), cordoned});
	const end = await goBack(context, orders, owner);
	return afterReturn(context, end.state === 'undone' ? {...end, detail: failed} : end, owner, proof);
}

/** The outcome stands, whether or not it can be written down. */
async function leaveTrace(context: RunContext, write: () => Promise<void>): Promise<void> {
	try {
		await write();
	} catch (error) {
		context.signal.throwIfAborted();
		context.onEvent({type: 'notice', message: `node/${context.node.name} keeps no trace of that: ${messageOf(error)}`});
	}
}

/** A proof that cannot be carried out to its end is one that was not given, whatever the reason: the node itself is upgraded. */
async function proveOrSayWhyNot(context: RunContext): Promise<Proof> {
	const items: ProofItem[] = [];
	const onItem = (item: ProofItem) => {
		items.push(item);
		context.onEvent({type: 'proof', item});
	};
	try {
		return await prove(context, onItem);
	} catch (error) {
		context.signal.throwIfAborted();
		if (error instanceof NodeGone) {
			throw error;
		}

		const next = proofIds.find(id => !items.some(item => item.id === id)) ?? 'released';
		onItem({id: next, result: 'no', detail: `it could not be seen: ${messageOf(error)}`});
		return {verdict: 'not-proved', items};
	}
}

/** Ready, the add-on's pods, then a pod of ours. */
async function prove(context: RunContext, onItem: (item: ProofItem) => void): Promise<Proof> {
	const {api, agent, node, settings, clock, signal} = context;
	const {kubeletStartedAt, done} = progressOf(await readJournal(context));
	tell(context, 'ready', 'begin');
	const ready = await waitReady({api, node, startedAt: kubeletStartedAt, clock, signal});
	onItem(ready);
	if (ready.result === 'no') {
		tell(context, 'ready', 'failed', ready.detail);
		return {verdict: 'not-proved', items: [ready]};
	}

	const addOn = await waitDaemonPods({api, node, failing: settings.failingDaemonSets, clock, signal});
	onItem(addOn);
	tell(context, 'ready', 'done', ready.detail);
	if (!done.has('ready')) {
		await leaveTrace(context, async () => agent.note('ready', 'done', '', signal));
	}

	tell(context, 'prove', 'begin');
	const {verdict, items} = await context.prove(onItem, signal);
	const whole = verdict === 'proved' && addOn.result === 'no' ? 'not-proved' : verdict;
	tell(context, 'prove', whole === 'proved' ? 'done' : 'failed', '');
	if (whole === 'proved') {
		await leaveTrace(context, async () => agent.note('prove', 'done', '', signal));
	}

	return {verdict: whole, items: [ready, addOn, ...items]};
}

/** The section did not end as an upgrade: the node is as it was, or neither. */
export async function afterReturn(
	context: RunContext,
	end: SectionEnd,
	cordoned: Cordoned,
	proof: Proof | undefined,
): Promise<Outcome> {
	const {api, node, settings, clock, signal, onEvent} = context;
	if (end.state === 'stuck') {
		await point(context, 'stuck', cordoned);
		return {kind: 'stuck', why: `it is neither upgraded nor as it was: ${end.detail}`};
	}

	tell(context, 'ready', 'begin');
	const {kubeletStartedAt} = progressOf(await readJournal(context));
	const ready = await waitReady({api, node, startedAt: kubeletStartedAt, wasReady: settings.wasReady, clock, signal});
	onEvent({type: 'proof', item: ready});
	if (ready.result === 'no') {
		tell(context, 'ready', 'failed', ready.detail);
		await point(context, 'stuck', cordoned);
		return {
			kind: 'stuck',
			why: `it is as it was before, and is not Ready: ${ready.detail}${end.detail === '' ? '' : `; it was taken back because: ${end.detail}`}`,
		};
	}

	tell(context, 'ready', 'done', ready.detail);
	await release(context, cordoned);
	return {kind: 'rolled-back', why: end.detail, proof};
}

/** Gives the node back to the cluster, and takes our traces off it: the journal and the backup stay. */
async function release(context: RunContext, cordoned: Cordoned): Promise<void> {
	const {api, agent, node, signal} = context;
	await step(context, 'uncordon', async () => {
		if (cordoned === 'before') {
			return 'it was cordoned before, and stays so';
		}

		if (context.settings.keepCordoned) {
			return 'it stays cordoned, as you said';
		}

		context.allowUncordon();
		await setUnschedulable(api, {node, value: false, signal});
		await leaveTrace(context, async () => agent.note('uncordon', 'done', '', signal));
		return 'uncordoned';
	});
	try {
		await agent.ask('finish', [], {signal, timeout: 180_000});
	} catch (error) {
		signal.throwIfAborted();
		context.onEvent({
			type: 'notice',
			message: `the unit of run ${agent.run} is still on node/${node.name}: ${messageOf(error)}. Then: kubectl cni-upgrade resume ${node.name}`,
		});
		return;
	}

	await annotate(api, {node, annotations: {[pointerAnnotation]: null}, signal});
}
