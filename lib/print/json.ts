import {escapeJson} from './escape.ts';

/** JSON for programs, which is as harmless on a terminal: what could act on one is written as `\uXXXX`. */
export function formatJson(value: unknown): string {
	return `${escapeJson(JSON.stringify(value, undefined, 2))}\n`;
}

/** As `formatJson`, piece by piece: what stands in lists at the top is never held as one text. */
export function* jsonPieces(value: object): Generator<string> {
	yield '{';
	let separator = '';
	for (const [key, member] of Object.entries(value)) {
		yield escapeJson(`${separator}\n  ${JSON.stringify(key)}: `);
		separator = ',';
		if (Array.isArray(member) && member.length > 0) {
			for (const [index, element] of member.entries()) {
				yield `${index === 0 ? '[' : ','}\n    ${indented(element, '    ')}`;
			}

			yield '\n  ]';
		} else {
			yield indented(member, '  ');
		}
	}

	yield '\n}\n';
}

/** A newline in JSON text is never part of a string. */
function indented(value: unknown, indent: string): string {
	return escapeJson(JSON.stringify(value, undefined, 2)).replaceAll('\n', `\n${indent}`);
}
