import type {Check} from '../check/check.ts';
import {commandName} from '../version.ts';
import {formatTable} from './table.ts';
import {wrap} from './width.ts';

/** Every check by its id, with what holds when it passes. */
export function formatCatalog(checks: readonly Check[]): string {
	const table = formatTable({head: ['CHECK', 'HOLDS'], rows: checks.map(({id, title}) => [id, title]), maxCellWidth: 200});
	return `${table}\n"${commandName} explain CHECK" says why it matters and what to do.\n`;
}

/** One check in full, for a person who has just met its finding. */
export function formatExplanation({id, title, why, fix, doc}: Check): string {
	const sections = [
		['WHY IT MATTERS', why],
		['WHAT TO DO', fix],
		['READ ON', doc],
	] as const;
	const body = sections.map(([heading, text]) => `${heading}\n${indent(text)}`);
	return `${[`${id}\n${indent(title)}`, ...body].join('\n\n')}\n`;
}

function indent(text: string): string {
	return wrap(text, 100)
		.map(line => (line === '' ? '' : `  ${line}`))
		.join('\n');
}
