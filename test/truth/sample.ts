import {type Combination, combinations} from './combinations.ts';

const size = 50;

/** Fifty combinations, always the same, in steps that go through every axis; sample.test.ts holds that they do. */
export const sample: readonly Combination[] = Array.from(
	{length: size},
	(_, index) => combinations[Math.floor((index * combinations.length) / size)],
).filter(combination => combination !== undefined);
