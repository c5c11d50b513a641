import test from 'ava';
import {releases} from '../../lib/runtime/releases.ts';
import {libcnis} from './combinations.ts';
import {type Measured, readTable, unfold} from './table.ts';

/** What lib/runtime/releases.ts says of a libcni, as it was measured with ptp of the newest plugins and a result without a version. */
const measured = unfold(readTable());

const outcomeOf = (chain: string, libcni: string, cniVersion: string | undefined): Measured['outcome'] | undefined =>
	measured.find(
		({combination}) =>
			combination.chain === chain &&
			combination.libcni === libcni &&
			combination.cniVersion === cniVersion &&
			['1.9.1', 'own'].includes(combination.plugins),
	)?.outcome;

test('every release of a runtime has a libcni that was measured', t => {
	t.deepEqual(new Set(releases.map(({libcni}) => libcni)), new Set<string>(libcnis));
});

for (const libcni of libcnis) {
	const traits = releases.filter(release => release.libcni === libcni);

	test(`libcni ${libcni} reads results up to the version that the releases name`, t => {
		for (const {maxSpec} of traits) {
			const read = ['0.4.0', '1.0.0', '1.1.0'].filter(version => outcomeOf('ptp', libcni, version)?.add === 'ok');
			t.is(read.at(-1), maxSpec);
		}
	});

	test(`libcni ${libcni} makes of a config without a version what the releases say`, t => {
		for (const version of [undefined, '']) {
			const {add, check, del, again} = outcomeOf('ptp', libcni, version) ?? {};
			const fails = 'invalid version "": the version is empty';
			for (const {emptyVersion} of traits) {
				const isGood = emptyVersion === 'acts-as-0.1.0';
				t.deepEqual({add, del, again}, isGood ? {add: 'ok', del: 'ok', again: 'ok'} : {add: 'ok', del: fails, again: fails});
				t.is(check, isGood ? 'configuration version "" does not support the CHECK command' : fails);
			}
		}
	});

	test(`libcni ${libcni} reads a result without a version as the releases say`, t => {
		for (const {resultWithoutVersion} of traits) {
			t.is(outcomeOf('weave-net', libcni, '0.3.0')?.addresses, resultWithoutVersion === 'misread' ? undefined : 1);
		}
	});
}
