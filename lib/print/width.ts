import stringWidth from 'string-width';
import {isPlain} from './escape.ts';

/** Columns that a text takes on a terminal: 2 for a wide character, 0 for an accent. The only measure of width there is. */
export function widthOf(text: string): number {
	return isPlain(text) ? text.length : stringWidth(text);
}

/** At most `width` columns; what was cut off shows as one `…`. */
export function truncate(text: string, width: number): string {
	if (widthOf(text) <= width) {
		return text;
	}

	let kept = '';
	let used = 1;
	for (const {segment} of new Intl.Segmenter().segment(text)) {
		used += widthOf(segment);
		if (used > width) {
			break;
		}

		kept += segment;
	}

	return `${kept}…`;
}

/** Lines of at most `width` columns, broken at spaces; a word that is longer stands alone. Text that is indented stays as it is. */
export function wrap(text: string, width: number): readonly string[] {
	return text.split('\n').flatMap(line => (line.startsWith(' ') ? [line] : wrapLine(line, width)));
}

function wrapLine(line: string, width: number): string[] {
	const lines: string[] = [];
	let current = '';
	for (const word of line.split(' ')) {
		if (current !== '' && widthOf(current) + 1 + widthOf(word) > width) {
			lines.push(current);
			current = word;
		} else {
			current = current === '' ? word : `${current} ${word}`;
		}
	}

	return [...lines, current];
}
