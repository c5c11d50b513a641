import {nearestNames} from '../lib/cluster/nearest-names.ts';
import {exitCode, UserError} from '../lib/errors.ts';
import {commandName} from '../lib/version.ts';

/** The command line itself is wrong: exit code 2, and where to read on. */
export function usageError(message: string, command?: string, hint?: string): UserError {
	const help = `See "${[commandName, command, '--help'].filter(word => word !== undefined).join(' ')}".`;
	return new UserError(message, {remedy: hint === undefined ? help : `${hint}\n${help}`, exitCode: exitCode.usage});
}

/** `Did you mean ...?` for a word that is none of those, or undefined where none is near. */
export function didYouMean(
	word: string,
	known: readonly string[],
	show: (word: string) => string = text => text,
): string | undefined {
	const nearest = nearestNames(word, known);
	return nearest.length === 0 ? undefined : `Did you mean ${nearest.map(show).join(' or ')}?`;
}
