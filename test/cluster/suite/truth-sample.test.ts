import test from 'ava';
import {build, measure, missing} from '../../truth/measure.ts';
import {sample} from '../../truth/sample.ts';
import {keyOf, readTable, unfold} from '../../truth/table.ts';

const lacking = missing();

/** It needs root, namespaces and Go, and no cluster. */
const here = lacking === undefined ? test : test.skip;

here(
	`fifty combinations of the truth table come out as they are recorded${lacking === undefined ? '' : `: ${lacking}`}`,
	async t => {
		t.timeout(1_200_000);
		const recorded = new Map(unfold(readTable()).map(({combination, outcome}) => [keyOf(combination), outcome]));
		await build(sample);
		for (const combination of sample) {
			t.deepEqual(await measure(combination), recorded.get(keyOf(combination)), keyOf(combination));
		}
	},
);
