import test from 'ava';
import {decodeField} from '../lib/node-field.ts';

for (const [field, expected] of [
	['%', ''],
	['', ''],
	['eth0', 'eth0'],
	['no%20space', 'no space'],
	['%C3%BC', 'ü'],
	['%EF%BB%BFx', '\uFEFFx'],
	['%C3x%BC', '\uFFFDx\uFFFD'],
	['%FF%25', '\uFFFD%'],
	['%1B[31m', '\u001B[31m'],
	['%GG%e%', '%GG%e%'],
	['%%41', '%A'],
] as const) {
	test(`${JSON.stringify(field)} is ${JSON.stringify(expected)}`, t => {
		t.is(decodeField(field), expected);
	});
}
