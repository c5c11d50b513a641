import test from 'ava';
import {cases} from './upgrade/cases.ts';
import {runCase} from './upgrade/run-case.ts';

/** Words that have to be in a case's title; `all` for every case. */
const wanted = process.env['CNI_UPGRADE_MATRIX'];

for (const one of cases.filter(({isSample, title}) =>
	wanted === undefined ? isSample : wanted === 'all' || title.includes(wanted),
)) {
	test.serial(one.title, runCase, one);
}
