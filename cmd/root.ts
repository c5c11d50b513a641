import {type ExitCode, exitCode, UserError} from '../lib/errors.ts';
import {formatError} from '../lib/print/errors.ts';
import {toArguments} from './arguments.ts';
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
			// A command that left something to go on with says so.
			const says = error instanceof UserError && error.exitCode === exitCode.interrupted;
			context.stderr.write(says ? formatError(error) : 'interrupted\n');
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
	// Help and completion do without yargs, which is half of their start.
	const {parse} = await import('./parse.ts');
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
