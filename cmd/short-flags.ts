import type {Options} from './command.ts';

/**
Short flags as kubectl users write them, `-ojson`, `-l=app=x` and `-v6` among them, written out as long ones, which yargs reads without
guessing. Everything behind `--` stays.
*/
export function spellOut(argv: readonly string[], options: Options): string[] {
	const byShort = new Map(
		Object.entries(options).flatMap(([name, {short, kind}]) => (short ? [[short, {name, kind}]] : [])) as [
			string,
			{name: string; kind: string},
		][],
	);
	const end = argv.indexOf('--');
	const flags = end === -1 ? argv : argv.slice(0, end);
	return [...flags.flatMap(word => spellOutWord(word, byShort)), ...(end === -1 ? [] : argv.slice(end))];
}

function spellOutWord(word: string, byShort: ReadonlyMap<string, {readonly name: string; readonly kind: string}>): string[] {
	if (!/^-[^-]/.test(word)) {
		return [word];
	}

	const result: string[] = [];
	for (let at = 1; at < word.length; at += 1) {
		const option = byShort.get(word[at] ?? '');
		if (option === undefined) {
			// Unknown: the parser names it.
			return [...result, `-${word.slice(at)}`];
		}

		const rest = word.slice(at + 1);
		if (option.kind !== 'boolean') {
			return [...result, rest === '' ? `--${option.name}` : `--${option.name}=${rest.replace(/^=/, '')}`];
		}

		result.push(`--${option.name}`);
	}

	return result;
}
