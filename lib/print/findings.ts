import type {Severity} from '../check/check.ts';
import type {FindingGroup} from '../check/group-findings.ts';
import {commandName} from '../version.ts';
import type {Palette} from './colour.ts';
import {escapeLines, escapeText} from './escape.ts';
import {byNumber, compactNames} from './node-names.ts';
import {wrap} from './width.ts';

export type TextOptions = {readonly palette: Palette /** Columns of the output. */; readonly width: number};

/** Columns of `expected` and the gap behind it. */
const labelWidth = 10;

/** Findings for people: each cause once, with the nodes that share it, what to do, and where to read on. */
export function formatFindings(groups: readonly FindingGroup[], options: TextOptions): string {
	return groups.map(group => formatFinding(group, options)).join('\n');
}

/** Findings that ask for nothing now, in two lines each. */
export function formatNotes(groups: readonly FindingGroup[], {palette, width}: TextOptions): string {
	if (groups.length === 0) {
		return '';
	}

	const lines = groups.flatMap(({check, nodes, object, message}) => [
		...hanging(`${escapeText(check)}, ${nodes.length === 1 ? 'node' : 'nodes'} ${nodesOf(nodes)}`, 2, width),
		...hanging(`${escapeText(object)}: ${escapeText(message)}`, 4, width),
	]);
	const heading = `${palette.dim('INFO')} (in full: -o wide; what to do: ${commandName} explain CHECK)`;
	return `${[heading, ...lines].join('\n')}\n`;
}

function hanging(text: string, indent: number, width: number): string[] {
	return wrap(text, Math.max(40, width - indent - 2)).map(
		(line, index) => `${' '.repeat(index === 0 ? indent : indent + 2)}${line}`,
	);
}

function formatFinding(group: FindingGroup, {palette, width}: TextOptions): string {
	const {check, severity, object, nodes, message, expected, effect, remedy, remedyOf, doc} = group;
	const sections = [
		['nodes', nodesOf(nodes)],
		['object', escapeText(object)],
		['seen', escapeText(message)],
		['expected', escapeText(expected)],
		['effect', escapeText(effect)],
		['remedy', `${remedyOf === undefined ? '' : `For ${escapeText(remedyOf)}; likewise for the others. `}${escapeLines(remedy)}`],
		['explain', `${commandName} explain ${escapeText(check)}`],
		['link', escapeText(doc)],
	] as const;
	const heading = `${colourOf(severity, palette)(severity.toUpperCase())} ${palette.bold(escapeText(check))}`;
	return `${[heading, ...sections.flatMap(([label, text]) => section(label, text, {palette, width}))].join('\n')}\n`;
}

function nodesOf(nodes: readonly string[]): string {
	const names = compactNames([...nodes].sort(byNumber));
	return nodes.length === 1 ? names : `${nodes.length}: ${names}`;
}

/** A label and its text, with every further line under the first. */
function section(label: string, text: string, {palette, width}: TextOptions): string[] {
	const lines = text === '' ? [] : wrap(text, Math.max(40, width - labelWidth - 2));
	return lines.map((line, index) =>
		`  ${index === 0 ? palette.dim(label.padEnd(labelWidth)) : ' '.repeat(labelWidth)}${line}`.trimEnd(),
	);
}

/** The colour of a severity, and of a verdict of that name. */
export function colourOf(severity: Severity | 'ok' | 'unknown', palette: Palette) {
	const colours = {error: palette.bad, warning: palette.warn, unknown: palette.warn, info: palette.dim, ok: palette.good};
	return colours[severity];
}
