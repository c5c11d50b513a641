import type {ExitCode} from '../lib/errors.ts';
import type {Context} from './context.ts';

/** One flag, by its long name without dashes. */
export type Option = {
	/** `list`: may be given several times. `duration`: as Go writes it, in milliseconds once parsed. */
	readonly kind: 'string' | 'boolean' | 'list' | 'duration' | 'number';
	readonly short?: string;
	/** Upper-case first letter, no period. */
	readonly summary: string;
	/** What stands for the value in help, such as `FILE`. */
	readonly value?: string;
	readonly choices?: readonly string[];
	/** For a list: commas part values as well. */
	readonly commas?: true;
	/** As a person would type it. */
	readonly default?: string;
	/** For a number: it may be less than 0. */
	readonly negative?: true;
	/** What shell completion offers for the value. */
	readonly complete?: 'file' | 'check' | 'none';
	/** The heading under which help lists it. */
	readonly group?: string;
};

export type Options = Readonly<Record<string, Option>>;

/** What stands on the command line besides flags. */
export type Operands = {
	/** As usage lines show it, such as `[NODE...]`. */
	readonly usage: string;
	readonly min: number;
	readonly max: number;
	readonly choices?: readonly string[];
	readonly complete?: 'file' | 'check';
};

/** A command as a value: `parse.ts` makes a parser of its options, `help.ts` a help text, `complete.ts` candidates. */
export type Command<O extends Options = Options> = {
	/** Paragraphs that say what it does. */
	readonly description: string;
	readonly examples: readonly {readonly comment: string; readonly command: string}[];
	readonly operands?: Operands;
	readonly options: O;
	run(args: Arguments<O>, context: Context): Promise<ExitCode>;
};

/** The values that a command's flags have, by their long names, its operands, and what every command has. */
export type Arguments<O extends Options> = {readonly [Name in keyof O]: ValueOf<O[Name]>} & {
	readonly operands: readonly string[];
	/** How much to say, from -v. */
	readonly v: number;
};

type ValueOf<O extends Option> = O['kind'] extends 'boolean'
	? boolean
	: O['kind'] extends 'list'
		? readonly string[]
		: ScalarOf<O> | (O extends {readonly default: string} ? never : undefined);

type ScalarOf<O extends Option> = O['kind'] extends 'duration' | 'number'
	? number
	: O extends {readonly choices: readonly (infer Choice)[]}
		? Choice
		: string;

/** Checks a command's shape and lets `run` see the types of its options. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command<O> => command;
