/** A list of versions as the plugins write it in their own error text: `["0.1.0" "0.2.0"]`. */
export function versionList(versions: readonly string[]): string {
	return `[${versions.map(version => `"${version}"`).join(' ')}]`;
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(words: readonly string[]): string {
	const last = words.at(-1) ?? '';
	return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/**
One word of a shell command that a person may copy. Names and paths come from nodes and are hostile until quoted;
a control character, which no shell line can carry in sight, becomes `?` and so matches no file.
*/
export function shellWord(text: string): string {
	if (/^[\w./:@+=,~-]+$/.test(text)) {
		return text;
	}

	return `'${text.replaceAll(/\p{Cc}/gu, '?').replaceAll("'", String.raw`'\''`)}'`;
}

/** A name from a node inside a sentence. Remedies have several lines: a line break in a name would read as a line, or a command, of ours. */
export function inLine(text: string): string {
	return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '?');
}

/** A sentence and, below it, commands on lines of their own. */
export function withCommands(sentence: string, commands: readonly string[]): string {
	return [sentence, ...commands.map(command => `  ${command}`)].join('\n');
}

/** The last part of a path. */
export function fileName(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}

/** The directory of a path. */
export function directoryOf(path: string): string {
	const slash = path.lastIndexOf('/');
	return slash > 0 ? path.slice(0, slash) : '/';
}
