import test from 'ava';
import {cases, sampleTitles, steps} from './upgrade/cases.ts';
import {runCase} from './upgrade/run-case.ts';

/** Words that have to be in a case's title; `all` for every case. */
const wanted = process.env['CNI_UPGRADE_MATRIX'];

test(`the matrix has ${cases.length} cases, of which ${sampleTitles.size} are run each time`, t => {
	const titles = new Set(cases.map(({title}) => title));
	t.is(titles.size, cases.length);
	t.true(cases.length >= 150);
	t.deepEqual(
		[...sampleTitles].filter(title => !titles.has(title)),
		[],
	);
	for (const fault of ['SIGINT', 'SIGTERM', 'SIGKILL']) {
		const met = cases.filter(({title}) => title.startsWith(fault)).map(({point: {step}}) => step);
		t.deepEqual(
			steps.filter(step => !met.includes(step)),
			[],
			fault,
		);
	}
});

for (const one of cases.filter(({isSample, title}) =>
	wanted === undefined ? isSample : wanted === 'all' || title.includes(wanted),
)) {
	test.serial(one.title, runCase, one);
}
