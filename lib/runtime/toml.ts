import {parse, TomlError} from 'smol-toml';

/** A TOML document's table, or why it is none, by its line; the document itself is not quoted. */
export function readToml(text: string): {readonly table: TomlTable} | {readonly invalid: string} {
	try {
		return {table: parse(text)};
	} catch (error) {
		const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '') : '';
		return {invalid: error instanceof TomlError ? `line ${error.line}: ${reason}` : reason};
	}
}

export type TomlTable = Readonly<Record<string, unknown>>;

/** The table at a key path, or undefined where there is none. Only own keys count: a document may say `__proto__`. */
export function tableAt(table: TomlTable, path: readonly string[]): TomlTable | undefined {
	const found = path.reduce<unknown>(
		(value, key) => (isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined),
		table,
	);
	return isTable(found) ? found : undefined;
}

/** The value of a table's own key. */
export function valueAt(table: TomlTable, key: string): unknown {
	return Object.hasOwn(table, key) ? table[key] : undefined;
}

function isTable(value: unknown): value is TomlTable {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
