import test from 'ava';
import * as fc from 'fast-check';
import {paletteFor} from '../../lib/print/colour.ts';
import {formatTable} from '../../lib/print/table.ts';
import {truncate, widthOf, wrap} from '../../lib/print/width.ts';
import {memoryStream} from '../cmd/run-cli.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {forbidden, hostileText} from './hostile-text.ts';

test('columns stand apart as in kubectl, without borders and without trailing spaces', t => {
	t.is(
		formatTable({
			head: ['NODE', 'VERSION'],
			rows: [
				['worker-1', '1.0.0'],
				['w', ''],
			],
		}),
		'NODE       VERSION\nworker-1   1.0.0\nw\n',
	);
});

test('wide characters count twice', t => {
	t.is(
		formatTable({
			head: ['NODE', 'V'],
			rows: [
				['漢字', 'ok'],
				['abcd', 'ok'],
			],
		}),
		'NODE   V\n漢字   ok\nabcd   ok\n',
	);
});

test('a newline and a fake row stay in their cell', t => {
	t.is(formatTable({head: ['A', 'B'], rows: [['x\nnode-2 OK', 'error']]}), 'A              B\nx\\nnode-2 OK   error\n');
});

test('a cell that is too wide is cut', t => {
	t.is(formatTable({rows: [['abcdefgh', 'x']], maxCellWidth: 5}), 'abcd…   x\n');
});

test('no rows and no head are nothing', t => {
	t.is(formatTable({rows: []}), '');
	t.is(formatTable({head: ['A'], rows: []}), 'A\n');
});

test('colour changes no width', t => {
	const paint = (text: string) => `\x1b[31m${text}\x1b[39m`;
	t.is(
		formatTable({
			head: ['A', 'B', 'C'],
			rows: [
				['漢', {text: 'error', paint}, 'x'],
				['ab', {text: 'ok', paint}, 'y'],
			],
		}),
		'A    B       C\n漢   \x1b[31merror\x1b[39m   x\nab   \x1b[31mok\x1b[39m      y\n',
	);
});

test('whatever stands in the cells, there is one line a row, every column starts at its place, and no control character', t => {
	fc.assert(
		fc.property(fc.array(fc.tuple(hostileText, hostileText), {minLength: 1, maxLength: 60}), rows => {
			const lines = formatTable({rows: rows.map(([a, b]) => [a, b, '|'])})
				.split('\n')
				.slice(0, -1);
			t.is(lines.length, rows.length);
			t.is(new Set(lines.map(line => widthOf(line))).size, 1);
			for (const line of lines) {
				t.true(line.endsWith('|'));
				t.notRegex(line, forbidden);
			}
		}),
		fuzzRuns(300),
	);
});

test('5,000 rows, drawn in chunks, are one table', t => {
	const rows = Array.from({length: 5000}, (_, index) => [
		`worker-${index}`,
		'containerd://1.6.20',
		'10-containerd-net.conflist',
		'1.0.0',
		'0.1.0-1.0.0',
		'pod',
		{text: 'error', paint: (text: string) => `\x1b[31m${text}\x1b[39m`},
	]);
	const table = formatTable({head: ['NODE', 'RUNTIME', 'CONFIG', 'CNI VERSION', 'PLUGINS SUPPORT', 'VIA', 'VERDICT'], rows});
	t.is(table.split('\n').length, 5002);
});

const takesColour = test.macro((t, isTTY: boolean, env: Readonly<Record<string, string>>, expected: boolean) => {
	t.is(paletteFor(memoryStream({isTTY}), env).bad('x') !== 'x', expected);
});

test('colour on a terminal', takesColour, true, {}, true);
test('no colour in a pipe', takesColour, false, {TERM: 'xterm-256color'}, false);
test('no colour with NO_COLOR', takesColour, true, {NO_COLOR: '1', FORCE_COLOR: '1'}, false);
test('colour with an empty NO_COLOR, which says nothing', takesColour, true, {NO_COLOR: ''}, true);
test('no colour on a dumb terminal', takesColour, true, {TERM: 'dumb'}, false);
test('colour in a pipe with FORCE_COLOR', takesColour, false, {FORCE_COLOR: '1'}, true);

test('text is wrapped at spaces, and indented commands stay whole', t => {
	t.deepEqual(wrap('one two three\n  a command that is long', 8), ['one two', 'three', '  a command that is long']);
	t.is(truncate('漢字漢字', 5), '漢字…');
});
