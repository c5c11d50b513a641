import {groupFindings} from '../check/group-findings.ts';
import type {NodeReport, Report} from '../check/report.ts';
import {escapeText} from './escape.ts';
import {formatFindings, formatNotes, type TextOptions} from './findings.ts';
import {byNumber, compactNames} from './node-names.ts';
import {formatReportTable} from './report-table.ts';
import {wrap} from './width.ts';

export type ReportOptions = TextOptions & {readonly wide: boolean; readonly head: boolean};

/** A report for people: one table of the nodes, why something is unknown, each cause once, notes in short unless wide, and what it comes to. */
export function formatReport({nodes, summary, skipped}: Report, options: ReportOptions): string {
	const groups = groupFindings(nodes.flatMap(({findings}) => findings));
	const parts = [
		formatReportTable(nodes, options),
		unknownReasons(nodes, options),
		formatFindings(
			groups.filter(({severity}) => options.wide || severity !== 'info'),
			options,
		),
		options.wide
			? ''
			: formatNotes(
					groups.filter(({severity}) => severity === 'info'),
					options,
				),
		`${[summaryLine(summary), ...skippedLine(skipped)].join('\n')}\n`,
	];
	return parts.filter(part => part !== '').join('\n');
}

/** Each reason once, with what is not known because of it and the nodes that share it. */
function unknownReasons(nodes: readonly NodeReport[], {width, palette}: TextOptions): string {
	const byReason = new Map<string, string[]>();
	for (const {name, unknown} of nodes) {
		for (const reason of joinReasons(unknown)) {
			const names = byReason.get(reason) ?? [];
			names.push(name);
			byReason.set(reason, names);
		}
	}

	const lines = [...byReason].flatMap(([reason, names]) =>
		wrap(`${compactNames(names.sort(byNumber))}: ${escapeText(reason)}`, width - 4).map(
			(line, index) => `${index === 0 ? '  ' : '    '}${line}`,
		),
	);
	return lines.length === 0 ? '' : `${[palette.warn('NOT KNOWN'), ...lines].join('\n')}\n`;
}

/** `config files: silent` and `plugins: silent` are one reason: `config files, plugins: silent`. */
function joinReasons(phrases: readonly string[]): string[] {
	const facts = new Map<string, string[]>();
	for (const phrase of phrases) {
		const colon = phrase.indexOf(': ');
		const reason = phrase.slice(colon + 1);
		facts.set(reason, [...(facts.get(reason) ?? []), phrase.slice(0, Math.max(0, colon))]);
	}

	return [...facts].map(([reason, names]) => `${names.join(', ')}:${reason}`);
}

function summaryLine({nodes, findings}: Report['summary']): string {
	const verdicts = (['ok', 'warning', 'error', 'unknown'] as const)
		.filter(verdict => nodes[verdict] > 0)
		.map(verdict => `${nodes[verdict]} ${verdict}`);
	const isClear = findings.error + findings.warning + findings.info + nodes.unknown === 0;
	return `${nodes.total} ${nodes.total === 1 ? 'node' : 'nodes'}: ${verdicts.join(', ')}${isClear ? '; nothing was found' : ''}`;
}

function skippedLine(skipped: readonly string[]): string[] {
	return skipped.length === 0
		? []
		: [`${skipped.length} ${skipped.length === 1 ? 'check was' : 'checks were'} left out: ${skipped.join(', ')}`];
}
