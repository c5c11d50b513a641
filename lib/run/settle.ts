import {annotate, setUnschedulable} from '../cluster/nodes-write.ts';
import {messageOf} from '../errors.ts';
import {type RunContext, tell} from './context.ts';
import type {SectionEnd} from './follow.ts';
import {pointerAnnotation} from './pointer.ts';
import {point, step} from './prepare.ts';
import {progressOf} from './progress-of.ts';
import type {Proof} from './proof/proof.ts';
import {waitDaemonPods, waitReady} from './ready.ts';
import {goBack, readJournal} from './section.ts';
import type {Outcome, UpgradeOptions} from './upgrade.ts';

/** The node is upgraded, so it says. */
export async function proveOrGoBack(context: RunContext, options: UpgradeOptions, cordoned: 'ours' | 'before'): Promise<Outcome> {
	const {agent, node, signal} = context;
	const proof = await prove(context);
	if (proof.verdict === 'proved') {
		await release(context, cordoned);
		return {kind: 'upgraded', proof};
	}

	const failed = proof.items
		.filter(({result}) => result === 'no')
		.map(({detail}) => detail)
		.join('; ');
	await agent.note('prove', 'failed', failed, signal);
	if (proof.verdict === 'not-proved') {
		await point(context, 'not-proved', cordoned);
		return {kind: 'not-proved', proof};
	}

	context.onEvent({type: 'notice', message: `node/${node.name} goes back to what it was: ${failed}`});
	const end = await goBack(context, options.orders);
	return afterReturn(context, end.state === 'undone' ? {...end, detail: failed} : end, cordoned, proof);
}

/** Ready, the add-on's pods, then a pod of ours. */
async function prove(context: RunContext): Promise<Proof> {
	const {api, agent, node, clock, signal, onEvent} = context;
	const onItem = (item: Proof['items'][number]) => onEvent({type: 'proof', item});
	const {kubeletStartedAt, done} = progressOf((await readJournal(context)) ?? []);
	tell(context, 'ready', 'begin');
	const ready = await waitReady({api, node, startedAt: kubeletStartedAt, clock, signal});
	onItem(ready);
	if (ready.result === 'no') {
		tell(context, 'ready', 'failed', ready.detail);
		return {verdict: 'not-proved', items: [ready]};
	}

	const addOn = await waitDaemonPods({api, node, clock, signal});
	onItem(addOn);
	tell(context, 'ready', 'done', ready.detail);
	if (!done.has('ready')) {
		await agent.note('ready', 'done', '', signal);
	}

	tell(context, 'prove', 'begin');
	const {verdict, items} = await context.prove(onItem, signal);
	const whole = verdict === 'proved' && addOn.result === 'no' ? 'not-proved' : verdict;
	tell(context, 'prove', whole === 'proved' ? 'done' : 'failed', '');
	if (whole === 'proved') {
		await agent.note('prove', 'done', '', signal);
	}

	return {verdict: whole, items: [ready, addOn, ...items]};
}

/** The section did not end as an upgrade: the node is as it was, or neither. */
export async function afterReturn(
	context: RunContext,
	end: SectionEnd,
	cordoned: 'ours' | 'before',
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
async function release(context: RunContext, cordoned: 'ours' | 'before'): Promise<void> {
	const {api, agent, node, signal} = context;
	await step(context, 'uncordon', progressOf([]), async () => {
		if (cordoned === 'before') {
			return 'it was cordoned before, and stays so';
		}

		if (context.settings.keepCordoned) {
			return 'it stays cordoned, as you said';
		}

		context.allowUncordon();
		await setUnschedulable(api, {node, value: false, signal});
		await agent.note('uncordon', 'done', '', signal);
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
