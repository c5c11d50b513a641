import {isUnknown} from '../facts/unknown.ts';
import type {JournalLine} from '../plan/journal.ts';
import {type Orders, parseOrders} from '../plan/orders.ts';
import type {NodeAgent} from './agent.ts';
import {type RunSettings, unpackSettings} from './settings.ts';
import {wholeJournal} from './whole-journal.ts';

/** What a node holds of runs. */
export type HeldRun = {
	/** The unfinished run, or undefined. */
	readonly current: string | undefined;
	/** The newest run that has ended and whose backup is there. */
	readonly newestFinished: string | undefined;
	/** Of the run that was asked for, or else the current one. Undefined: its plan never came there whole. */
	readonly orders: Orders | undefined;
	readonly settings: RunSettings | undefined;
	readonly journal: readonly JournalLine[];
};

/** Asks the node what it holds. @param run - `-`: whichever is current. */
export async function readHeldRun(agent: NodeAgent, run: string, signal: AbortSignal): Promise<HeldRun> {
	const state = await agent.withRun(run).look('state', [], {signal, tries: 5});
	const {of} = state;
	const current = of('current')[0]?.[0];
	const orderLines = of('order').map(([line = '']) => line);
	const orders = orderLines.length === 0 ? undefined : parseOrders(orderLines);
	return {
		current: current === undefined || current === 'none' ? undefined : current,
		newestFinished: of('run').findLast(([, state]) => state === 'finished')?.[0],
		orders: orders === undefined || isUnknown(orders) ? undefined : orders,
		settings: unpackSettings(orderLines.find(line => line.startsWith('settings '))?.slice('settings '.length)),
		journal: await wholeJournal(state, async number =>
			agent.withRun(run === '-' ? (current ?? run) : run).look('journal', [number], {signal, tries: 5}),
		),
	};
}
