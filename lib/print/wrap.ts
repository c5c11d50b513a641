/**
Lines of at most `width` columns as `measure` counts them, broken at spaces; a word that is longer stands alone. Text that is indented
stays as it is. Help uses this with a plain count: what knows wide characters costs more than all the rest of its start.
*/
export function wrapBy(measure: (text: string) => number, text: string, width: number): readonly string[] {
	return text.split('\n').flatMap(line => (line.startsWith(' ') ? [line] : wrapLine(measure, line, width)));
}

function wrapLine(measure: (text: string) => number, line: string, width: number): string[] {
	const lines: string[] = [];
	let current = '';
	for (const word of line.split(' ')) {
		if (current !== '' && measure(current) + 1 + measure(word) > width) {
			lines.push(current);
			current = word;
		} else {
			current = current === '' ? word : `${current} ${word}`;
		}
	}

	return [...lines, current];
}
