import type {Option} from './command.ts';

/** Flags that every command takes. */
export const globalOptions = {
	help: {kind: 'boolean', short: 'h', summary: 'Show this help'},
	v: {
		kind: 'number',
		short: 'v',
		value: 'LEVEL',
		default: '0',
		summary: 'How much to say: 1 adds counts of requests and the causes of errors',
	},
} as const satisfies Record<string, Option>;
