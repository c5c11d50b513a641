import {getLease} from '../cluster/leases.ts';
import {getNode} from '../cluster/nodes-write.ts';
import {messageOf} from '../errors.ts';
import {type JournalLine, stateOf} from '../plan/journal.ts';
import type {Orders} from '../plan/orders.ts';
import type {RunContext} from './context.ts';
import type {RunEvent, StepState} from './events.ts';
import {followSection, type SectionEnd} from './follow.ts';
import {patiently} from './patiently.ts';
import type {Cordoned} from './pointer.ts';
import {point} from './prepare.ts';
import type {RunProgress} from './progress-of.ts';
import {wholeJournal} from './whole-journal.ts';

/** Seconds that the node may take beyond its own deadline, to go back. */
const margin = 900;

/**
Starts the node's unit, which does no harm where it is at work or has ended. The answer may be lost, since the kubelet through which it would come
is the first thing to be stopped: the node is asked again when it can be heard.
*/
export async function startUnit(context: RunContext): Promise<void> {
	const {agent, clock, signal} = context;
	const {onSilence: onWait} = whileSilent(context);
	await patiently(async () => agent.ask('start', [], {signal, timeout: 180_000, tries: 1}), {clock, signal, onWait});
}

export async function follow(
	context: RunContext,
	{orders}: {readonly orders: Pick<Orders, 'deadline'>},
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

/** Has the node take everything back, and waits until it has. */
export async function goBack(context: RunContext, orders: Pick<Orders, 'deadline'>, cordoned: Cordoned): Promise<SectionEnd> {
	const {agent, clock, signal, onEvent} = context;
	// It may be at work alone just now.
	const {onSilence: onWait} = whileSilent(context);
	// Read once: where the answer to "back" is lost, what the node does by then is news already.
	const journal = await patiently(async () => readJournal(context), {clock, signal, onWait});
	const {section, detail} = stateOf(journal);
	if (section === 'undone') {
		return {state: section, detail};
	}

	await pointToNode(context, cordoned);
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

/** Says that the node works alone. To go back is not put off because this cannot be written. */
async function pointToNode(context: RunContext, cordoned: Cordoned): Promise<void> {
	try {
		await point(context, 'on-the-node', cordoned);
	} catch (error) {
		context.signal.throwIfAborted();
		context.onEvent({type: 'notice', message: `node/${context.node.name} does not show that it goes back: ${messageOf(error)}`});
	}
}

export async function readJournal({agent, signal}: RunContext): Promise<readonly JournalLine[]> {
	const from = async (number: string) => agent.ask('journal', [number], {signal, tries: 30});
	return wholeJournal(await from('1'), from);
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
