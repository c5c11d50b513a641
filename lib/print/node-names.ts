import {escapeText} from './escape.ts';

/** Names and ranges that are shown; the report for programs has all. */
const most = 8;

type Name = {readonly name: string; readonly head: string; readonly digits: string; readonly tail: string};

/**
Many node names on little room: runs of numbers as one, `worker-[1-500]`, and what is still too much as a count. Escaped.
*/
export function compactNames(names: readonly string[]): string {
	const runs: Name[][] = [];
	for (const name of names.map(parts)) {
		const run = runs.at(-1);
		const last = run?.at(-1);
		if (run !== undefined && last !== undefined && follows(last, name)) {
			run.push(name);
		} else {
			runs.push([name]);
		}
	}

	const shown = runs.slice(0, most).map(show);
	const left = runs.slice(most).reduce((sum, run) => sum + run.length, 0);
	return [...shown, ...(left === 0 ? [] : [`and ${left} more`])].join(', ');
}

/** A name around its last number. */
function parts(name: string): Name {
	const [, head = name, digits = '', tail = ''] = /^(.*?)(\d{1,9})(\D*)$/s.exec(name) ?? [];
	return {name, head, digits, tail};
}

function follows(last: Name, next: Name): boolean {
	return (
		last.digits !== '' &&
		next.digits !== '' &&
		last.head === next.head &&
		last.tail === next.tail &&
		Number(next.digits) === Number(last.digits) + 1 &&
		// `node-09` and `node-10` are one run, `node-9` and `node-010` are not.
		(last.digits.length === next.digits.length || !next.digits.startsWith('0'))
	);
}

function show(run: readonly Name[]): string {
	const [first, last] = [run[0], run.at(-1)];
	if (first === undefined || last === undefined || run.length < 3) {
		return run.map(({name}) => escapeText(name)).join(', ');
	}

	return escapeText(`${first.head}[${first.digits}-${last.digits}]${first.tail}`);
}

/** Names in the order in which people count: `worker-2` before `worker-10`. */
export function byNumber(a: string, b: string): number {
	const [left, right] = [parts(a), parts(b)];
	if (left.head === right.head && left.tail === right.tail && left.digits !== '' && right.digits !== '') {
		return Number(left.digits) - Number(right.digits);
	}

	return a < b ? -1 : a > b ? 1 : 0;
}
