import Table from 'cli-table3';
import {escapeText, isPlain} from './escape.ts';
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
		lines.unshift(head.map(text => ({text, shown: text, width: text.length})));
	}

	const columns = Math.max(0, ...lines.slice(0, 1).map(line => line.length));
	const widths = Array.from({length: columns}, (_, column) =>
		lines.reduce((widest, line) => Math.max(widest, line[column]?.width ?? 0), 0),
	);
	const chunks: string[] = [];
	for (let at = 0; at < lines.length; at += chunkSize) {
		chunks.push(...drawChunk(lines.slice(at, at + chunkSize), widths));
	}

	return chunks.map(line => `${line}\n`).join('');
}

/** `text`: what is measured. `shown`: the same with its colour. */
type Slot = {readonly text: string; readonly shown: string; readonly width: number};

function layOut(cell: Cell, clip: (text: string) => string): Slot {
	const text = clip(typeof cell === 'string' ? cell : cell.text);
	return {text, shown: typeof cell === 'string' ? text : cell.paint(text), width: widthOf(text)};
}

/**
cli-table3 measures with tables of its own, older than ours and different in 10,000 characters: it would cut or shift them. So it gets
a stand-in of the same width for each cell that is not plain ASCII or is coloured; the cell takes its place afterwards.
*/
function drawChunk(lines: readonly (readonly Slot[])[], widths: readonly number[]): string[] {
	const table = new Table({
		colWidths: widths.map(width => width + gap),
		chars: noBorders,
		style: {'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true},
	});
	table.push(...lines.map(line => line.map(({text, width}) => (isPlain(text) ? text : 'x'.repeat(width)))));
	return table
		.toString()
		.split('\n')
		.map((drawn, index) => putBack(drawn, lines[index] ?? [], widths).trimEnd());
}

function putBack(drawn: string, line: readonly Slot[], widths: readonly number[]): string {
	let result = drawn;
	let end = widths.reduce((sum, width) => sum + width + gap, 0);
	// From the right, so that the places to the left stay where they are.
	for (let column = widths.length - 1; column >= 0; column -= 1) {
		const start = end - (widths[column] ?? 0) - gap;
		const slot = line[column];
		if (slot !== undefined && !(slot.shown === slot.text && isPlain(slot.text))) {
			result = result.slice(0, start) + slot.shown + result.slice(start + slot.width);
		}

		end = start;
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
