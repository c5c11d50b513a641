import {getLease} from '../cluster/leases.ts';
import {annotate, getNode, setUnschedulable} from '../cluster/nodes-write.ts';
import {messageOf} from '../errors.ts';
import type {JournalLine} from '../plan/journal.ts';
import type {Orders} from '../plan/orders.ts';
import {type RunContext, tell} from './context.ts';
import type {RunEvent, StepState} from './events.ts';
import {followSection, type SectionEnd} from './follow.ts';
import {patiently} from './patiently.ts';
import {pointerAnnotation} from './pointer.ts';
import {cordon, drain, type Payload, point, rehearse, stage, step} from './prepare.ts';
import {progressOf, type RunProgress} from './progress-of.ts';
import type {Proof} from './proof/proof.ts';
import {waitDaemonPods, waitReady} from './ready.ts';
import {undoEarly} from './undo-early.ts';

export type UpgradeOptions = {
	readonly orders: Orders;
	/** Files for the stage; empty where they are there already. */
	readonly payload: readonly Payload[];
	/** What the node's journal holds so far; empty for a new run. */
	readonly journal: readonly JournalLine[];
	/** Whether the plan is on the node, whole. */
	readonly isStaged: boolean;
};

/** How a run ended. The node is in the state that this names, and the journal on it says the same. */
export type Outcome =
	| {readonly kind: 'upgraded'; readonly proof: Proof}
	/** Upgraded, and something could not be shown: it stays cordoned. */
	| {readonly kind: 'not-proved'; readonly proof: Proof}
	/** As it was before. */
	| {readonly kind: 'rolled-back'; readonly why: string; readonly proof: Proof | undefined}
	/** Neither: it stays cordoned, and the detail says where the old files are. */
	| {readonly kind: 'stuck'; readonly why: string};

/** Seconds that the node may take beyond its own deadline, to go back. */
const margin = 900;

/**
Carries out a plan, from wherever its journal says that it is. Up to the section on the node a failure takes back what was done and is
thrown; from there on the node ends or goes back by itself, and the outcome says which.
*/
export async function carryOut(context: RunContext, options: UpgradeOptions): Promise<Outcome> {
	const progress = progressOf(options.journal);
	const {cordoned, end} =
		progress.section === 'none'
			? await prepareAndStart(context, options, progress)
			: {cordoned: progress.cordoned ?? 'before', end: await follow(context, options, progress)};
	return end.state === 'done' ? proveOrGoBack(context, options, cordoned) : afterReturn(context, end, cordoned, undefined);
}

type Prepared = {readonly cordoned: 'ours' | 'before'; readonly end: SectionEnd};

async function prepareAndStart(context: RunContext, options: UpgradeOptions, progress: RunProgress): Promise<Prepared> {
	const {orders, payload} = options;
	let cordoned = progress.cordoned;
	try {
		await stage(
			context,
			orders,
			payload,
			options.isStaged ? {...progress, done: new Set([...progress.done, 'stage'])} : progress,
		);
		await rehearse(context, progress);
		cordoned = await cordon(context, progress, who => {
			cordoned = who;
		});
		await drain(context, progress, orders);
		context.signal.throwIfAborted();
		await confirmSection(context);
	} catch (error) {
		if (!context.ownsNode()) {
			throw error;
		}

		const isWhole = await undoEarly(context, cordoned === 'ours');
		context.onEvent({type: 'unchanged', isWhole});
		throw error;
	}

	return {cordoned, end: await startSection(context, options, cordoned, progress.last)};
}

async function confirmSection({confirm}: RunContext): Promise<void> {
	if (confirm !== undefined && !(await confirm('section'))) {
		const {Declined} = await import('./prepare.ts');
		throw new Declined('section');
	}
}

/** From here on the node works alone: what is lost on the way to it is not taken for a failure. */
async function startSection(
	context: RunContext,
	options: UpgradeOptions,
	cordoned: 'ours' | 'before',
	from: number,
): Promise<SectionEnd> {
	await point(context, 'on-the-node', cordoned);
	await startUnit(context);
	return follow(context, options, {...progressOf(options.journal), last: from});
}

/**
Starts the node's unit, which does no harm where it is at work or has ended. The answer may be lost, since the kubelet through which it would come
is the first thing to be stopped: the node is asked again when it can be heard.
*/
async function startUnit(context: RunContext): Promise<void> {
	const {agent, clock, signal} = context;
	const {onSilence: onWait} = whileSilent(context);
	await patiently(async () => agent.ask('start', [], {signal, timeout: 180_000, tries: 1}), {clock, signal, onWait});
}

async function follow(
	context: RunContext,
	{orders}: UpgradeOptions,
	{last, section, sectionDetail}: RunProgress,
): Promise<SectionEnd> {
	const {agent, clock, signal, onEvent} = context;
	if (section === 'done' || section === 'undone' || section === 'stuck') {
		return {state: section, detail: sectionDetail};
	}

	// A unit that was lost with a power cut is started again; one that is at work is not.
	if (section === 'begin') {
		await startUnit(context);
	}

	return followSection(agent, {
		clock,
		signal,
		from: section === 'none' ? last + 1 : 1,
		patience: (orders.deadline + margin) * 1000,
		onLine: line => tellLine(line, onEvent),
		...whileSilent(context),
	});
}

/** What is known of a node that cannot be heard. Where the API server does not answer either, it is waited for as before. */
function whileSilent({api, node, signal, onEvent}: RunContext) {
	const unless = async <T>(answer: Promise<T>): Promise<T | undefined> =>
		answer.catch(() => {
			signal.throwIfAborted();
			return undefined;
		});
	return {
		onSilence: () =>
			onEvent({
				type: 'notice',
				message: `node/${node.name} works alone for now; it cannot be heard while its kubelet is stopped`,
			}),
		kubeletRenewed: async () =>
			(await unless(getLease(api, {namespace: 'kube-node-lease', name: node.name}, {signal})))?.renewTime,
		async kubeletSays() {
			const seen = await unless(getNode(api, node.name, signal));
			const ready = seen?.conditions.find(({type}) => type === 'Ready');
			return ready === undefined ? 'it was not asked' : `Ready is ${ready.status}: ${ready.message || ready.reason}`;
		},
	};
}

/** Our own lines were told when they were written. */
function tellLine(line: JournalLine, onEvent: RunContext['onEvent']): void {
	if (line.by === 'node') {
		onEvent(nodeEvent(line));
	}
}

function nodeEvent({step, state, detail, at}: JournalLine): RunEvent {
	const shown: StepState = state === 'undo' ? 'back' : state === 'undone' ? 'taken-back' : state;
	return {
		type: 'step',
		step,
		on: 'node',
		state: shown,
		detail,
		at: at * 1000,
	};
}

/** The node is upgraded, so it says. */
async function proveOrGoBack(context: RunContext, options: UpgradeOptions, cordoned: 'ours' | 'before'): Promise<Outcome> {
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

async function readJournal({agent, signal}: RunContext): Promise<readonly JournalLine[]> {
	const {parseJournal} = await import('../plan/journal.ts');
	const {lines} = await agent.ask('journal', ['1'], {signal, tries: 30});
	return parseJournal(lines('journal'));
}

/** Has the node take everything back, and waits until it has. */
export async function goBack(context: RunContext, orders: Pick<Orders, 'deadline'>): Promise<SectionEnd> {
	const {agent, clock, signal, onEvent} = context;
	// It may be at work alone just now.
	const {onSilence: onWait} = whileSilent(context);
	// Read once: where the answer to "back" is lost, what the node does by then is news already.
	const journal = await patiently(async () => readJournal(context), {clock, signal, onWait});
	const last = journal.at(-1)?.number ?? 0;
	await patiently(async () => agent.ask('back', [], {signal, timeout: 180_000}), {clock, signal, onWait});
	return followSection(agent, {
		clock,
		signal,
		from: last + 1,
		patience: (orders.deadline + margin) * 1000,
		onLine: line => tellLine(line, onEvent),
		...whileSilent(context),
	});
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
