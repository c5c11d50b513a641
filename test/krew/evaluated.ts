import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {BuiltPlugin} from './built-plugin.ts';

/**
The modules that a run of the built file evaluates: packages by their names, own files by their paths. Each module's code is a function
in the built file; V8's coverage says which functions ran, the source map what they were made of. The file must be built with its map.
*/
export async function evaluatedBy({file, run}: BuiltPlugin, argv: readonly string[]): Promise<readonly string[]> {
	const dir = await mkdtemp(join(tmpdir(), 'cni-upgrade-coverage-'));
	try {
		await run(argv, {env: {NODE_V8_COVERAGE: dir}});
		const reports = await Promise.all((await readdir(dir)).map(async name => readFile(join(dir, name), 'utf8')));
		const [script] = reports
			.flatMap(report => (JSON.parse(report) as {result: Script[]}).result)
			.filter(({url}) => url.endsWith('/kubectl-cni_upgrade'));
		const {sources, mappings} = JSON.parse(await readFile(`${file}.map`, 'utf8')) as {sources: string[]; mappings: string};
		const ran = positionsThatRan(script?.functions ?? [], await readFile(file, 'utf8'));
		return [
			...new Set(decode(mappings).flatMap(({line, column, source}) => (ran(line, column) ? [nameOf(sources[source])] : []))),
		];
	} finally {
		await rm(dir, {recursive: true});
	}
}

type Script = {
	readonly url: string;
	readonly functions: readonly {
		readonly ranges: readonly {readonly startOffset: number; readonly endOffset: number; readonly count: number}[];
	}[];
};

/** Of functions only: around them the file declares the names of all modules. */
function positionsThatRan([, ...functions]: Script['functions'], code: string): (line: number, column: number) => boolean {
	const counts = new Uint32Array(code.length);
	const ranges = functions.flatMap(({ranges}) => ranges);
	// Outer ranges come first, so that inner ones have the last word.
	for (const {startOffset, endOffset, count} of ranges.toSorted(
		(a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset,
	)) {
		counts.fill(count, startOffset, endOffset);
	}

	const starts = [0, ...[...code.matchAll(/\n/g)].map(({index}) => index + 1)];
	return (line, column) => (counts[(starts[line] ?? 0) + column] ?? 0) > 0;
}

const nameOf = (path = ''): string =>
	/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.replace(/^(\.\.\/)+.*?(?=(cmd|lib)\/)/, '');

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The positions of a source map (ECMA-426): columns count on within a line, sources count on throughout. */
function decode(mappings: string): {readonly line: number; readonly column: number; readonly source: number}[] {
	let source = 0;
	return mappings.split(';').flatMap((text, line) => {
		let column = 0;
		return text.split(',').flatMap(segment => {
			const [forward = 0, onward] = numbersOf(segment);
			column += forward;
			source += onward ?? 0;
			return onward === undefined ? [] : [{line, column, source}];
		});
	});
}

/** Base 64 VLQ: five bits a digit, lowest first, the sixth says that more follow; the lowest bit of all is the sign. */
function numbersOf(segment: string): number[] {
	const numbers: number[] = [];
	let [value, shift] = [0, 0];
	for (const character of segment) {
		const digit = digits.indexOf(character);
		value |= (digit & 31) << shift;
		shift += 5;
		if (digit < 32) {
			numbers.push(value & 1 ? -(value >> 1) : value >> 1);
			[value, shift] = [0, 0];
		}
	}

	return numbers;
}
