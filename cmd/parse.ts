import yargs from 'yargs';
import type {UserError} from '../lib/errors.ts';
import {commandName} from '../lib/version.ts';
import type {Parsed} from './arguments.ts';
import type {Options} from './command.ts';
import {didYouMean, usageError} from './usage-error.ts';

/**
What yargs makes of the words: every flag with all of its values, every operand as text. All of its guesses are off: a flag is known
or an error, numbers stay text, `--no-x` is a flag like any other, a list takes one value a flag.
*/
export function parse(words: readonly string[], options: Options, command: string): Parsed {
	const parser = yargs()
		.scriptName(commandName)
		.help(false)
		.version(false)
		.exitProcess(false)
		.detectLocale(false)
		.strictOptions()
		.parserConfiguration({
			'boolean-negation': false,
			'camel-case-expansion': false,
			'dot-notation': false,
			'greedy-arrays': false,
			'parse-numbers': false,
			'parse-positional-numbers': false,
			'short-option-groups': false,
		})
		.options(
			Object.fromEntries(
				Object.entries(options).map(([name, {kind}]) => [
					name,
					kind === 'boolean' ? {type: 'boolean' as const} : {type: 'string' as const, requiresArg: true},
				]),
			),
		)
		.fail((message, error) => {
			throw parseError(error?.message ?? message, Object.keys(options), command);
		});
	const {_: operands, ...flags} = parser.parseSync(words);
	return {
		operands: operands.map(String),
		flags: Object.fromEntries(
			Object.keys(options)
				.filter(name => flags[name] !== undefined)
				.map(name => [name, [flags[name]].flat() as readonly (string | boolean)[]]),
		),
	};
}

/** yargs's own words, `Unknown argument: x` and `Not enough arguments following: x`, as kubectl puts them. */
function parseError(message: string, known: readonly string[], command: string): UserError {
	const [, kind, list = ''] = /^(Unknown arguments?|Not enough arguments following): (.*)$/s.exec(message) ?? [];
	const flag = list.split(', ')[0] ?? '';
	const dashed = flag.length === 1 ? `-${flag}` : `--${flag}`;
	if (kind === undefined) {
		return usageError(message, command);
	}

	return kind.startsWith('Unknown')
		? usageError(`unknown flag: ${dashed}`, command, flag.length === 1 ? undefined : didYouMean(flag, known, name => `--${name}`))
		: usageError(`flag needs a value: ${dashed}`, command);
}
