import Table from 'cli-table3';
import {escapeText} from './escape.ts';
import {truncate, widthOf} from './width.ts';

/** A cell's text comes from anywhere and is escaped here; `paint` adds colour after everything is measured. */
export type Cell = string | {readonly text: string; readonly paint: (text: string) => string};

export type TableOptions = {
	/** No titles where absent. */
	readonly head?: readonly string[] | undefined;
	readonly rows: readonly (readonly Cell[])[];
	/** Columns that a cell may take at most, so that one hostile name cannot push all else off the screen. */
	readonly maxCellWidth?: number;
};

/** Columns between two cells, as kubectl leaves them. */
const gap = 3;

/** cli-table3 is quadratic in rows: 10,000 at once take 5.9 s, in chunks of 50 under one. */
const chunkSize = 50;

/** A table without borders, laid out as kubectl does it: one line a row, however wild the cells. It ends in a newline. */
export function formatTable({head, rows, maxCellWidth = 80}: TableOptions): string {
	const clip = (text: string) => truncate(escapeText(text), maxCellWidth);
	const lines = rows.map(row => row.map(cell => layOut(cell, clip)));
	if (head !== undefined) {
		lines.unshift(head.map(text => ({shown: text, width: text.length})));
	}

	const columns = Math.max(0, ...lines.slice(0, 1).map(line => line.length));
	const widths = Array.from({length: columns}, (_, column) =>
		lines.reduce((widest, line) => Math.max(widest, line[column]?.width ?? 0), 0),
	);
	const layouts = drawLayouts(lines, widths);
	return lines.map(line => `${putBack(layouts.get(layoutOf(line)) ?? '', line, widths).trimEnd()}\n`).join('');
}

/** `shown`: the text with its colour. `width`: the columns that it takes. */
type Slot = {readonly shown: string; readonly width: number};

function layOut(cell: Cell, clip: (text: string) => string): Slot {
	const text = clip(typeof cell === 'string' ? cell : cell.text);
	return {shown: typeof cell === 'string' ? text : cell.paint(text), width: widthOf(text)};
}

/** Lines whose cells are as wide as one another look the same to cli-table3. */
function layoutOf(line: readonly Slot[]): string {
	return line.map(({width}) => width).join();
}

/**
Each layout, drawn once: a fleet has few, and cli-table3 takes 0.1 ms for a line. It measures with tables of its own, older than ours and
different in 10,000 characters, and would cut or shift those. So it gets stand-ins of the same width, and the cells take their places
afterwards.
*/
function drawLayouts(lines: readonly (readonly Slot[])[], widths: readonly number[]): ReadonlyMap<string, string> {
	const layouts = [...new Map(lines.map(line => [layoutOf(line), line]))];
	const drawn = new Map<string, string>();
	for (let at = 0; at < layouts.length; at += chunkSize) {
		const chunk = layouts.slice(at, at + chunkSize);
		const table = new Table({
			colWidths: widths.map(width => width + gap),
			chars: noBorders,
			style: {'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true},
		});
		table.push(...chunk.map(([, line]) => line.map(({width}) => 'x'.repeat(width))));
		for (const [index, text] of table.toString().split('\n').entries()) {
			drawn.set(chunk[index]?.[0] ?? '', text);
		}
	}

	return drawn;
}

function putBack(layout: string, line: readonly Slot[], widths: readonly number[]): string {
	let result = '';
	let start = 0;
	for (const [column, {shown, width}] of line.entries()) {
		const end = start + (widths[column] ?? 0) + gap;
		result += shown + layout.slice(start + width, end);
		start = end;
	}

	return result;
}

const noBorders = {
	top: '',
	'top-mid': '',
	'top-left': '',
	'top-right': '',
	bottom: '',
	'bottom-mid': '',
	'bottom-left': '',
	'bottom-right': '',
	left: '',
	'left-mid': '',
	mid: '',
	'mid-mid': '',
	right: '',
	'right-mid': '',
	middle: '',
};
