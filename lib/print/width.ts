import stringWidth from 'string-width';
import {isPlain} from './escape.ts';
import {wrapBy} from './wrap.ts';

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

/** Lines of at most `width` columns, as `wrapBy` breaks them. */
export function wrap(text: string, width: number): readonly string[] {
	return wrapBy(widthOf, text, width);
}
