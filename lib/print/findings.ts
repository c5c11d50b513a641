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

function formatFinding(group: FindingGroup, {palette, width}: TextOptions): string {
	const {check, severity, object, nodes, message, expected, effect, remedy, doc} = group;
	const sections = [
		['nodes', nodesOf(nodes)],
		['object', escapeText(object)],
		['seen', escapeText(message)],
		['expected', escapeText(expected)],
		['effect', escapeText(effect)],
		['remedy', escapeLines(remedy)],
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
