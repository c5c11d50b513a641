import test from 'ava';
import {assert, property, string} from 'fast-check';
import {actLines, readActRecords} from '../../lib/node-script/records.ts';

test('a record is a kind and its fields, with what was escaped as it was', t => {
	t.deepEqual(readActRecords('edit\t/etc/cni/x%20y\t%22a%22\t%\nresult\tok\n'), [
		['edit', '/etc/cni/x y', '"a"', ''],
		['result', 'ok'],
	]);
});

test('bytes that are no UTF-8 are shown as such', t => {
	t.deepEqual(readActRecords('lease\t%ff%C3%A4'), [['lease', '\uFFFDä']]);
});

test('a line with anything raw in it is left out', t => {
	t.deepEqual(readActRecords('lease\t\u001B[2J\nlease\ta b\nlease\t%zz\nlease\tfine'), [['lease', 'fine']]);
});

test('lines with a grammar of their own are given as they are', t => {
	t.deepEqual(actLines('journal\t1\t2\tx%20y\nunit\tactive\njournal\t2', 'journal'), ['1\t2\tx%20y', '2']);
});

test('any text is records, and never an exception', t => {
	assert(
		property(string({unit: 'binary'}), text => {
			for (const fields of readActRecords(text)) {
				t.true(fields.length > 0);
			}
		}),
	);
});
