import type {Arguments, Command, Option, Options} from './command.ts';
import {parseDuration} from './duration.ts';
import {usageError} from './usage-error.ts';

/** What the parser found: for each flag that was given its values in order, and everything that is no flag. */
export type Parsed = {
	readonly flags: Readonly<Record<string, readonly (string | boolean)[]>>;
	readonly operands: readonly string[];
};

/** Typed values of a command's flags; throws a `UserError` that names the flag and what it takes. Given twice, the last one wins. */
export function toArguments(command: Command, name: string, options: Options, {flags, operands}: Parsed): Arguments<Options> {
	checkOperands(command, name, operands);
	const values = Object.entries(options).map(([flag, option]) => [flag, typedValue(flag, option, flags[flag] ?? [], name)]);
	return {...Object.fromEntries(values), operands} as Arguments<Options>;
}

function typedValue(flag: string, option: Option, given: readonly (string | boolean)[], command: string): unknown {
	if (option.kind === 'boolean') {
		return given.at(-1) ?? false;
	}

	const texts = given.map(String);
	if (option.kind === 'list') {
		return texts.flatMap(text => (option.commas ? text.split(',') : text)).map(text => oneOf(flag, option, text, command));
	}

	const text = texts.at(-1) ?? option.default;
	return text === undefined ? undefined : scalarOf(flag, option, text, command);
}

function scalarOf(flag: string, option: Option, text: string, command: string): string | number {
	if (option.kind === 'duration') {
		return parseDuration(text) ?? invalid(flag, text, 'a duration such as 90s, 5m or 1h30m', command);
	}

	if (option.kind === 'number') {
		return (option.negative === true ? /^-?\d{1,9}$/ : /^\d{1,9}$/).test(text)
			? Number(text)
			: invalid(flag, text, 'a whole number', command);
	}

	return oneOf(flag, option, text, command);
}

function oneOf(flag: string, {choices}: Option, text: string, command: string): string {
	return choices === undefined || choices.includes(text) ? text : invalid(flag, text, `one of ${choices.join(', ')}`, command);
}

function invalid(flag: string, text: string, expected: string, command: string): never {
	throw usageError(`invalid value "${text}" for --${flag}; expected ${expected}`, command);
}

function checkOperands({operands: accepts}: Command, name: string, operands: readonly string[]): void {
	const {min, max, choices, usage} = accepts ?? {min: 0, max: 0, usage: ''};
	if (operands.length < min) {
		throw usageError(`${name} needs ${usage}`, name);
	}

	if (operands.length > max) {
		throw usageError(
			max === 0 ? `${name} takes no arguments, got "${operands[0]}"` : `${name} takes ${usage}, got ${operands.length} arguments`,
			name,
		);
	}

	for (const operand of operands) {
		if (choices !== undefined && !choices.includes(operand)) {
			throw usageError(`${name} does not know "${operand}"; expected one of ${choices.join(', ')}`, name);
		}
	}
}
