/**
Everything that a terminal or an eye could take for something else than text: control characters (ESC, C0, DEL, C1), line and
paragraph separators, spaces other than the plain one, bidirectional controls, zero-width and other invisible characters, lone
surrogates, code points without a meaning of their own, Hangul parts that join, and a third accent in a row. It is a superset of
kubectl's filter, which knows ESC and CR (`cli-runtime/pkg/printers/terminal.go`, CVE-2021-25743).
*/
const unsafe =
	/\p{C}|\p{Zl}|\p{Zp}|(?! )\p{Zs}|\p{Default_Ignorable_Code_Point}|[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\u2800]|(?<=\p{M}\p{M})\p{M}/gu;

const short: Readonly<Record<string, string>> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};

/** One line of harmless text: what is not shows as a visible escape. Every value from outside goes through here or `escapeLines`. */
export function escapeText(text: string): string {
	return isPlain(text) ? text : text.replaceAll(unsafe, escapeCharacter);
}

/** As `escapeText`, but newlines stay: for texts of our own that stand on lines of their own. */
export function escapeLines(text: string): string {
	return text.split('\n').map(escapeText).join('\n');
}

/** For JSON text: the same characters in JSON's own escapes, newlines between its lines kept. */
export function escapeJson(text: string): string {
	return text.replaceAll(unsafe, character => (character === '\n' ? character : [...units(character)].map(utf16Escape).join('')));
}

/** For YAML text in which the strings that need it are double-quoted. */
export function escapeYaml(text: string): string {
	return text.replaceAll(unsafe, character => {
		const code = character.codePointAt(0) ?? 0;
		return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : character === '\n' ? character : utf16Escape(code);
	});
}

/** Whether `escapeText` would leave it as it is. */
export function isHarmless(text: string): boolean {
	return isPlain(text) || text.search(unsafe) === -1;
}

/** Printable ASCII, which nearly every value is. */
export function isPlain(text: string): boolean {
	return /^[ -~]*$/.test(text);
}

function escapeCharacter(character: string): string {
	const code = character.codePointAt(0) ?? 0;
	if (code <= 0xff) {
		return short[character] ?? `\\x${code.toString(16).padStart(2, '0')}`;
	}

	return code <= 0xffff ? utf16Escape(code) : `\\u{${code.toString(16)}}`;
}

/** JSON knows no code points beyond 16 bits: those are two escapes. */
function* units(character: string): Generator<number> {
	for (let index = 0; index < character.length; index += 1) {
		yield character.charCodeAt(index);
	}
}

function utf16Escape(unit: number): string {
	return `\\u${unit.toString(16).padStart(4, '0')}`;
}
