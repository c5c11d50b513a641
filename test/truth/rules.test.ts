/*
The rules of lib/check against the truth table: what they say of a node with containerd or CRI-O is what happened to its pod, in every
combination. A sentence of an effect that nothing here can hold against the table fails too (prediction.ts).
*/
import test from 'ava';
import {combinations} from './combinations.ts';
import {againstContainerd, againstCrio} from './compare.ts';
import {exceptionTo} from './exceptions.ts';
import {keyOf, type Measured, readTable, unfold} from './table.ts';

const measured = unfold(readTable());

const matches = test.macro({
	title: (_, runtime: string) => `what the checks say of a node with ${runtime} is what happened, in every combination`,
	exec(t, runtime: 'containerd' | 'cri-o', against: (measured: Measured) => readonly string[]) {
		const wrong = measured.flatMap(row =>
			against(row)
				.filter(text => exceptionTo(runtime, row.combination, text) === undefined)
				.map(text => `${keyOf(row.combination)}: ${text}`),
		);
		t.deepEqual(wrong, []);
	},
});

test(matches, 'containerd', againstContainerd);
test(matches, 'cri-o', againstCrio);

test('what happened with one libcni is not what is said of a runtime with another', t => {
	const later = new Map(measured.map(row => [keyOf(row.combination), row.outcome]));
	const wrong = combinations
		.filter(({libcni}) => libcni === '1.0.1')
		.filter(combination => {
			const outcome = later.get(keyOf({...combination, libcni: '1.2.3'}));
			return outcome !== undefined && againstContainerd({combination, outcome}).length > 0;
		});
	t.true(wrong.length > 100, `${wrong.length}`);
});
