import yargs from 'yargs';
import {type ExitCode, exitCode, UserError} from '../lib/errors.ts';
import {formatError} from '../lib/print/errors.ts';
import {commandName} from '../lib/version.ts';
import {type Parsed, toArguments} from './arguments.ts';
import type {Options} from './command.ts';
import {commandAt} from './command-line.ts';
import {type CommandRow, commands} from './commands.ts';
import type {Context} from './context.ts';
import {globalOptions} from './global-options.ts';
import {helpOf, overview} from './help.ts';
import {spellOut} from './short-flags.ts';
import {didYouMean, usageError} from './usage-error.ts';

/** Runs one command line, `argv` being all behind the program's name. It never throws, and writes only to the context's streams. */
export async function runCli(argv: readonly string[], context: Context): Promise<ExitCode> {
	try {
		return await dispatch(argv, context);
	} catch (error) {
		if (context.signal.aborted) {
			context.stderr.write('interrupted\n');
			return exitCode.interrupted;
		}

		context.stderr.write(formatError(error, {causes: argv.some(word => /^--?v=?[1-9]/.test(word))}));
		return error instanceof UserError ? error.exitCode : exitCode.failed;
	}
}

async function dispatch(argv: readonly string[], context: Context): Promise<ExitCode> {
	if (argv[0] === '__complete') {
		const {complete} = await import('./complete.ts');
		context.stdout.write(await complete(argv.slice(1)));
		return exitCode.ok;
	}

	const at = commandAt(argv);
	const name = argv[at];
	const rest = argv.toSpliced(at, 1);

	if (name === undefined || name === 'help') {
		return name === undefined && rest.includes('--version') ? dispatch(['version'], context) : help(rest, context);
	}

	const row = rowOf(name);
	const command = await row.load();
	const options: Options = {...command.options, ...globalOptions};
	const parsed = parse(spellOut(rest, options), options, name);
	if (parsed.flags['help']?.at(-1) === true) {
		return help([name], context);
	}

	return command.run(toArguments(command, name, options, parsed), context);
}

async function help(words: readonly string[], {stdout}: Context): Promise<ExitCode> {
	const name = words.find(word => !word.startsWith('-'));
	const unknown = words.find(word => word.startsWith('-') && word !== '-h' && word !== '--help');
	if (unknown !== undefined) {
		throw usageError(`a command must follow ${unknown}`);
	}

	const row = name === undefined ? undefined : rowOf(name);
	stdout.write(row === undefined ? overview(commands) : helpOf(row, await row.load()));
	return exitCode.ok;
}

function rowOf(name: string): CommandRow {
	const row = commands.find(command => command.name === name);
	if (row === undefined) {
		const names = commands.map(command => command.name);
		throw usageError(`unknown command "${name}"`, undefined, didYouMean(name, names) ?? `There are ${names.join(', ')}.`);
	}

	return row;
}

/**
What yargs makes of the words: every flag with all of its values, every operand as text. All of its guesses are off: a flag is known
or an error, numbers stay text, `--no-x` is a flag like any other, a list takes one value a flag.
*/
function parse(words: readonly string[], options: Options, command: string): Parsed {
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
