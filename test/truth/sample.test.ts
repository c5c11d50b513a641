import test from 'ava';
import {type Combination, chains, cniVersions, libcnis, ownPlugins, pluginReleases} from './combinations.ts';
import {sample} from './sample.ts';

const covers = test.macro({
	title: (_, axis: keyof Combination) => `the sample has every value of the axis ${axis}`,
	exec(t, axis: keyof Combination, values: readonly unknown[]) {
		const tried = new Set<unknown>(sample.map(combination => combination[axis]));
		t.deepEqual(
			values.filter(value => !tried.has(value)),
			[],
		);
	},
});

test(covers, 'chain', Object.keys(chains));
test(covers, 'cniVersion', cniVersions);
test(covers, 'plugins', [...pluginReleases, ownPlugins]);
test(covers, 'libcni', libcnis);

test('the sample is fifty different combinations', t => {
	t.is(new Set(sample).size, 50);
});
