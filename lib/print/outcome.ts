import {type ExitCode, exitCode} from '../errors.ts';
import type {Palette} from './colour.ts';
import {escapeText} from './escape.ts';

/** How a run ended, as it is printed. */
export type ShownOutcome = {
	readonly node: string;
	readonly run: string;
	readonly kind: 'upgraded' | 'not-proved' | 'rolled-back' | 'stuck';
	readonly why: string;
	/** What changed, a line each. */
	readonly changes: readonly string[];
	readonly proof: readonly {readonly title: string; readonly result: 'yes' | 'no' | 'skipped'; readonly detail: string}[];
	/** How long what was away, a line each. */
	readonly times: readonly string[];
};

export const exitCodeOf: Readonly<Record<ShownOutcome['kind'], ExitCode>> = {
	upgraded: exitCode.ok,
	'not-proved': exitCode.notProved,
	'rolled-back': exitCode.rolledBack,
	stuck: exitCode.failed,
};

const results = {yes: 'proved', no: 'FAILED', skipped: 'not tried'} as const;

/** The end of a run for a person: what changed, what was proved, how long pods were disturbed, and what is to do. */
export function formatOutcome(outcome: ShownOutcome, palette: Palette): string {
	const {node, kind, changes, proof, times} = outcome;
	const lines = [
		headlines[kind](outcome, palette),
		...(kind === 'upgraded' || kind === 'not-proved' ? list('Changed', changes) : []),
		...list(
			'Proved by',
			proof.map(({title, result, detail}) => `${results[result].padEnd(9)} ${title}${detail === '' ? '' : `: ${detail}`}`),
		),
		...list('Times', times),
		...list('What to do', nextSteps[kind](node)),
	];
	return `${lines.join('\n')}\n`;
}

const headlines: Readonly<Record<ShownOutcome['kind'], (outcome: ShownOutcome, palette: Palette) => string>> = {
	upgraded: ({node, run}, {good}) => good(`node/${node} upgraded (run ${run})`),
	'not-proved': ({node, run}, {warn}) => warn(`node/${node} upgraded, NOT proved: it stays cordoned (run ${run})`),
	'rolled-back': ({node, run, why}, {warn}) =>
		warn(escapeText(`node/${node} rolled back: it is as it was before (run ${run})${why === '' ? '' : `: ${why}`}`)),
	stuck: ({node, run, why}, {bad}) => bad(escapeText(`node/${node} is NOT in order and stays cordoned (run ${run}): ${why}`)),
};

function list(title: string, lines: readonly string[]): readonly string[] {
	return lines.length === 0 ? [] : [`${title}:`, ...lines.map(line => `  ${escapeText(line)}`)];
}

/** Commands that a person can go on with. */
const nextSteps: Readonly<Record<ShownOutcome['kind'], (node: string) => readonly string[]>> = {
	upgraded: () => [],
	'not-proved': node => [
		`prove it again and uncordon: kubectl cni-upgrade resume ${node}`,
		`go back to what it was:      kubectl cni-upgrade rollback ${node}`,
	],
	'rolled-back': node => [`see what it says of itself:  kubectl cni-upgrade preflight ${node}`],
	stuck: node => [
		`see where it stands:         kubectl cni-upgrade status ${node}`,
		`try once more to go back:    kubectl cni-upgrade rollback ${node}`,
	],
};
