import {messageOf, UserError} from '../errors.ts';
import {commandName, version} from '../version.ts';
import {escapeLines, escapeText} from './escape.ts';

/** What a person reads when a command fails: the message and what to do; a stack only where it is our own mistake. */
export function formatError(error: unknown, {causes = false}: {readonly causes?: boolean} = {}): string {
	if (error instanceof UserError) {
		const {message, remedy, cause} = error;
		// A message may quote the server or a node, so that a newline in it is not ours; those of a remedy are.
		const lines = [
			escapeText(`error: ${message}`),
			...(remedy === undefined ? [] : [escapeLines(remedy)]),
			...(causes ? causesOf(cause) : []),
		];
		return lines.map(line => `${line}\n`).join('');
	}

	const stack = error instanceof Error ? (error.stack ?? '') : '';
	return [
		`error: ${escapeLines(messageOf(error))}`,
		`This is a mistake in ${commandName} ${version}, not in your cluster. Please report it with these lines:`,
		escapeLines(stack),
		'',
	].join('\n');
}

/** One line a cause, the nearest first. A chain may be a ring. */
function causesOf(cause: unknown): string[] {
	const lines: string[] = [];
	for (let current = cause; current !== undefined && current !== null && lines.length < 8; ) {
		lines.push(escapeText(`caused by: ${messageOf(current)}`));
		current = current instanceof Error ? current.cause : undefined;
	}

	return lines;
}
