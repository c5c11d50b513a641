import type {Options} from './command.ts';
import {connectionOptions} from './connection-options.ts';
import {globalOptions} from './global-options.ts';

/** The place of the command's name in a command line: behind flags that are no command's own, if any, as kubectl allows. */
export function commandAt(argv: readonly string[]): number {
	const options: Options = {...connectionOptions, ...globalOptions};
	const takesValue = new Set(
		Object.entries(options).flatMap(([name, {kind, short}]) => (kind === 'boolean' ? [] : [`--${name}`, `-${short ?? name}`])),
	);
	let at = 0;
	while (argv[at]?.startsWith('-')) {
		at += takesValue.has(argv[at] ?? '') ? 2 : 1;
	}

	return Math.min(at, argv.length);
}
