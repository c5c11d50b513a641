import {escapeJson} from './escape.ts';

/** JSON for programs, which is as harmless on a terminal: what could act on one is written as `\uXXXX`. */
export function formatJson(value: unknown): string {
	return `${escapeJson(JSON.stringify(value, undefined, 2))}\n`;
}
