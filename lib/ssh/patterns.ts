import {lowerAscii} from './config/lines.ts';

/** The patterns of a list that match; a list with a negated pattern that matches has none. */
export function matchingPatterns(text: string, patterns: readonly string[]): readonly string[] {
	const isExcluded = patterns.some(pattern => pattern.startsWith('!') && matchesPattern(text, pattern.slice(1)));
	return isExcluded ? [] : patterns.filter(pattern => !pattern.startsWith('!') && matchesPattern(text, pattern));
}

/** Comma-separated, for users and options: case counts. */
export const matchesList = (text: string, list: string) => matchingPatterns(text, list.split(',')).length > 0;

/** Comma-separated, for host names: case does not count. */
export const matchingHostPatterns = (host: string, list: string) =>
	matchingPatterns(lowerAscii(host), lowerAscii(list).split(','));

/** Whether a pattern says more than "any host". */
export const isNarrow = (pattern: string) => !/^\*+$/.test(pattern);

/** `*` and `?` as OpenSSH means them (`match_pattern`); linear in practice, unlike a regular expression with many stars. */
export function matchesPattern(text: string, pattern: string): boolean {
	let [inText, inPattern, star, resume] = [0, 0, -1, 0];
	while (inText < text.length) {
		if (pattern[inPattern] === '*') {
			star = inPattern;
			resume = inText;
			inPattern += 1;
		} else if (inPattern < pattern.length && (pattern[inPattern] === '?' || pattern[inPattern] === text[inText])) {
			inText += 1;
			inPattern += 1;
		} else if (star >= 0) {
			inPattern = star + 1;
			resume += 1;
			inText = resume;
		} else {
			return false;
		}
	}

	return /^\**$/.test(pattern.slice(inPattern));
}
