import test from 'ava';
import {formatPointer, type Pointer, readPointer} from '../../lib/run/pointer.ts';

const pointer: Pointer = {
	run: 'abcdefghij',
	phase: 'draining',
	cordoned: 'ours',
	by: 'ops@laptop',
	since: '2026-11-25T14:00:00.000Z',
};

test('a pointer is read back as it was written, in few bytes', t => {
	t.deepEqual(readPointer(formatPointer(pointer)), pointer);
	t.true(formatPointer(pointer).length < 512);
	for (const cordoned of ['before', null] as const) {
		t.is(readPointer(formatPointer({...pointer, cordoned}))?.cordoned, cordoned);
	}
});

const foreign: readonly (readonly [string, string | undefined])[] = [
	['nothing', undefined],
	['no JSON', 'run abcdefghij'],
	['another kind of JSON', '["abcdefghij"]'],
	['null', 'null'],
	['a run that is a path', JSON.stringify({...pointer, run: '../../etc/x'})],
	['a phase of another release', JSON.stringify({...pointer, phase: 'dancing'})],
	['a phase by a name that objects have', JSON.stringify({...pointer, phase: 'constructor'})],
	['a holder with an escape in it', JSON.stringify({...pointer, by: 'ops\u001B[2J'})],
	['a time that is none', JSON.stringify({...pointer, since: 'yesterday'})],
	['cordoned by somebody else', JSON.stringify({...pointer, cordoned: 'theirs'})],
	['250 KiB', JSON.stringify({...pointer, by: 'x'.repeat(250 * 1024)})],
];

for (const [title, text] of foreign) {
	test(`what anybody may have put there is no pointer: ${title}`, t => {
		t.is(readPointer(text), undefined);
	});
}
