import type {Option} from './command.ts';

/** Flags of every command that judges and reports. */
export const reportOptions = {
	output: {
		kind: 'string',
		short: 'o',
		value: 'FORMAT',
		summary: 'Output format',
		choices: ['table', 'wide', 'json', 'yaml'],
		default: 'table',
	},
	'no-headers': {kind: 'boolean', summary: 'Leave out the titles of the table'},
	skip: {
		kind: 'list',
		value: 'CHECK',
		commas: true,
		complete: 'check',
		summary: 'Leave these checks out; may be repeated, or parted by commas',
	},
	only: {
		kind: 'list',
		value: 'CHECK',
		commas: true,
		complete: 'check',
		summary: 'Run these checks only; may be repeated, or parted by commas',
	},
	'fail-on': {
		kind: 'string',
		value: 'SEVERITY',
		choices: ['error', 'warning', 'never'],
		default: 'error',
		summary: 'Findings from which on the exit code is not 0: 3 for errors, 4 for warnings',
	},
} as const satisfies Record<string, Option>;
