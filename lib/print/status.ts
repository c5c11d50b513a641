import type {Palette} from './colour.ts';
import {escapeText} from './escape.ts';
import {formatTable} from './table.ts';

export type ShownStatus = {
	readonly node: string;
	readonly cordoned: boolean;
	readonly run: string | null;
	readonly state: string;
	readonly pointer: {readonly by: string; readonly since: string; readonly phase: string} | null;
	readonly silence: string | null;
	readonly steps: readonly {
		readonly title: string;
		readonly by: string;
		readonly state: string;
		readonly at: string;
		readonly detail: string;
	}[];
};

const says: Readonly<Record<string, string>> = {
	none: 'no upgrade is under way, and none was made whose traces are still there',
	preparing: 'an upgrade was begun; the node is not changed yet',
	'on-the-node': 'the node is at work alone: it ends, or takes everything back, by itself',
	'to-prove': 'the node is upgraded; it is still to be proved and uncordoned',
	'going-back-done': 'the node is as it was before; it is still to be uncordoned',
	stuck: 'the node is neither upgraded nor as it was',
	finished: 'the last upgrade has ended',
	'rollback-begun': 'the last upgrade has ended; it was to be taken back, and the node is not changed yet',
	'taken-back': 'the last upgrade was taken back: the node is as it was before',
};

/** Where one node stands, and what to do. */
export function formatStatus({node, cordoned, run, state, pointer, silence, steps}: ShownStatus, palette: Palette): string {
	const isOpen = !['none', 'finished', 'taken-back'].includes(state);
	const lines = [
		`node/${node}: ${says[state] ?? state}`,
		...(run === null ? [] : [`run ${run}${pointer === null ? '' : ` of ${pointer.by}, since ${pointer.since}`}`]),
		cordoned ? 'it is cordoned' : 'it takes new pods',
		...(silence === null ? [] : [`this is what the API knows: ${silence}`]),
		...(steps.length === 0
			? []
			: [
					'',
					...steps.map(
						step =>
							`  ${step.at.slice(0, 19)}Z  ${step.by.padEnd(6)}  ${step.state.padEnd(7)}  ${step.title}${step.detail === '' ? '' : `: ${step.detail}`}`,
					),
				]),
	].map(escapeText);
	const next = isOpen
		? [
				'',
				palette.bold('What to do:'),
				`  ${state === 'rollback-begun' ? 'keep it:' : 'go on:  '} kubectl cni-upgrade resume ${node}`,
				`  go back: kubectl cni-upgrade rollback ${node}`,
			]
		: state === 'finished'
			? ['', `Back to what it was before that: kubectl cni-upgrade rollback ${node}`]
			: [];
	return `${[...lines, ...next].join('\n')}\n`;
}

/** Every unfinished run that the API knows of. */
export function formatStatusTable(
	runs: readonly {
		readonly node: string;
		readonly run: string;
		readonly phase: string;
		readonly cordoned: string | null;
		readonly by: string;
		readonly since: string;
	}[],
): string {
	return runs.length === 0
		? 'no node has an unfinished upgrade\n'
		: formatTable({
				head: ['NODE', 'RUN', 'PHASE', 'CORDONED', 'BY', 'SINCE'],
				rows: runs.map(({node, run, phase, cordoned, by, since}) => [node, run, phase, cordoned ?? '-', by, since]),
			});
}
