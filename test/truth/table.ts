import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Combination, combinations} from './combinations.ts';
import type {Outcome} from './measure.ts';

/** One line of the table: an outcome, and the releases with which it is the same. Every one of `plugins` with every one of `libcni`. */
export type Row = Pick<Combination, 'chain' | 'cniVersion'> & {
	readonly plugins: readonly Combination['plugins'][];
	readonly libcni: readonly Combination['libcni'][];
} & Outcome;

export type Measured = {readonly combination: Combination; readonly outcome: Outcome};

/** `npm run truth` writes it. */
export const tableFile = join(import.meta.dirname, 'table.jsonl');

/** What plugins of each release answer to VERSION, and what they say of themselves; one line a plugin. */
export const pluginsFile = join(import.meta.dirname, 'plugins.jsonl');

export type PluginRow = {
	readonly plugins: Combination['plugins'];
	readonly type: string;
	readonly supported: readonly string[];
	readonly about: string;
};

export const readTable = (): readonly Row[] => readLines(tableFile) as readonly Row[];
export const readPlugins = (): readonly PluginRow[] => readLines(pluginsFile) as readonly PluginRow[];

/** What became of every combination, in the order of the axes. Throws where one is not in the table, or twice. */
export function unfold(rows: readonly Row[]): readonly Measured[] {
	const found = new Map<string, Outcome>();
	for (const {chain, cniVersion, plugins, libcni, ...outcome} of rows) {
		for (const combination of plugins.flatMap(plugins => libcni.map(libcni => ({chain, cniVersion, plugins, libcni})))) {
			const key = keyOf(combination);
			if (found.has(key)) {
				throw new Error(`${key} is in the table twice`);
			}

			found.set(key, outcome);
		}
	}

	return combinations.map(combination => {
		const outcome = found.get(keyOf(combination));
		if (outcome === undefined) {
			throw new Error(`${keyOf(combination)} is not in the table`);
		}

		return {combination, outcome};
	});
}

/** Equal outcomes of neighbours made one line: first over libcni, then over the releases of the plugins. */
export function fold(measured: readonly Measured[]): readonly Row[] {
	const overLibcni = groups(measured, ({combination: {chain, cniVersion, plugins}, outcome}) => [
		chain,
		cniVersion,
		plugins,
		outcome,
	]);
	const lines = overLibcni.map(([first, ...others]) => ({
		...first,
		libcni: [first, ...others].map(({combination}) => combination.libcni),
	}));
	return groups(lines, ({combination: {chain, cniVersion}, libcni, outcome}) => [chain, cniVersion, libcni, outcome]).map(
		([first, ...others]) => ({
			chain: first.combination.chain,
			...(first.combination.cniVersion !== undefined && {cniVersion: first.combination.cniVersion}),
			plugins: [first, ...others].map(({combination}) => combination.plugins),
			libcni: first.libcni,
			...first.outcome,
		}),
	) as Row[];
}

/** One JSON value a line. */
export function linesOf(values: readonly unknown[]): string {
	return values.map(value => `${JSON.stringify(value)}\n`).join('');
}

export function keyOf({chain, cniVersion, plugins, libcni}: Combination): string {
	return `${chain}, cniVersion ${cniVersion === undefined ? 'missing' : JSON.stringify(cniVersion)}, plugins ${plugins}, libcni ${libcni}`;
}

function groups<T>(values: readonly T[], by: (value: T) => unknown): readonly (readonly [T, ...T[]])[] {
	return [...Map.groupBy(values, value => JSON.stringify(by(value))).values()] as unknown as readonly (readonly [T, ...T[]])[];
}

function readLines(file: string): readonly unknown[] {
	return readFileSync(file, 'utf8')
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line) as unknown);
}
