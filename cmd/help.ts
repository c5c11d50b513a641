import {wrapBy} from '../lib/print/wrap.ts';
import {commandName} from '../lib/version.ts';
import type {Command, Option, Options} from './command.ts';
import type {CommandRow} from './commands.ts';
import {globalOptions} from './global-options.ts';

/** Columns of a help text. */
const lineWidth = 120;

/** The help of the whole: what it is for, and its commands. */
export function overview(rows: readonly CommandRow[]): string {
	const width = Math.max(...rows.map(({name}) => name.length));
	const groups = [...new Set(rows.map(({group}) => group))].map(group =>
		[
			`${group}:`,
			...rows.filter(row => row.group === group).map(({name, summary}) => `  ${name.padEnd(width)}   ${summary}`),
		].join('\n'),
	);
	return [
		`Says which nodes' pod network is broken, or will break at the next upgrade or at the deletion of a pod, because container
runtime, CNI configuration and CNI plugins do not fit together. It asks every node and changes none.`,
		...groups,
		`Usage:\n  ${commandName} COMMAND [flags]`,
		`Start with "${commandName} preflight". "${commandName} COMMAND --help" says more about a command.`,
	]
		.join('\n\n')
		.concat('\n');
}

/** The help of one command, in kubectl's order: what it does, examples, flags, usage. */
export function helpOf({name}: CommandRow, command: Command): string {
	const {description, examples, operands, options} = command;
	return [
		description,
		`Examples:\n${examples.map(({comment, command}) => `  # ${comment}\n  ${command}`).join('\n\n')}`,
		...flagGroups({...options, ...globalOptions}),
		`Usage:\n  ${[commandName, name, operands?.usage, '[flags]'].filter(Boolean).join(' ')}`,
	]
		.join('\n\n')
		.concat('\n');
}

function flagGroups(options: Options): string[] {
	const entries = Object.entries(options);
	// A command's own flags first: they have no heading of their own. Not by sort(), which puts undefined last whatever it is told.
	const headings = [...new Set(entries.map(([, {group}]) => group))];
	const groups = [undefined, ...headings.filter(group => group !== undefined)];
	const width = Math.max(...entries.map(entry => flagOf(entry).length));
	return groups.map(group =>
		[`${group ?? 'Flags'}:`, ...entries.filter(([, option]) => option.group === group).map(entry => flagLine(entry, width))].join(
			'\n',
		),
	);
}

function flagOf([name, {short, kind, value}]: readonly [string, Option]): string {
	const long = kind === 'boolean' ? `--${name}` : `--${name} ${value ?? 'VALUE'}`;
	return `  ${short === undefined ? '   ' : `-${short},`} ${long}`;
}

function flagLine(entry: readonly [string, Option], width: number): string {
	const [, {summary, choices, default: fallback}] = entry;
	const notes = [
		...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
		...(fallback === undefined || fallback === '' ? [] : [`default ${fallback}`]),
	];
	const text = `${summary}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
	const [first = '', ...more] = wrapBy(({length}) => length, text, lineWidth - width - 3);
	return [`${flagOf(entry).padEnd(width)}   ${first}`, ...more.map(line => `${' '.repeat(width)}   ${line}`)].join('\n');
}
