import test from 'ava';
import * as fc from 'fast-check';
import {parse} from 'yaml';
import {escapeJson, escapeLines, escapeText} from '../../lib/print/escape.ts';
import {formatJson} from '../../lib/print/json.ts';
import {formatYaml, formatYamlDocuments} from '../../lib/print/yaml.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {forbidden, hostileText} from './hostile-text.ts';

const shows = test.macro((t, input: string, expected: string) => {
	t.is(escapeText(input), expected);
});

test('plain text stays', shows, 'containerd://1.6.20~ds1', 'containerd://1.6.20~ds1');
test('other scripts stay', shows, '漢字 Ünïcode é', '漢字 Ünïcode é');
test('ESC [ 2 J', shows, '\x1b[2J', String.raw`\x1b[2J`);
test(
	'OSC 8, 52 and 0',
	shows,
	'\x1b]8;;http://x\x07\x1b]52;c;eA==\x07\x1b]0;t\x07',
	String.raw`\x1b]8;;http://x\x07\x1b]52;c;eA==\x07\x1b]0;t\x07`,
);
test('DCS', shows, '\x1bPq\x1b\\', '\\x1bPq\\x1b\\');
test('8-bit CSI', shows, '\u009b2J', String.raw`\x9b2J`);
test('carriage return, backspace, DEL and NUL', shows, '\r\b\x7f\0', String.raw`\r\x08\x7f\x00`);
test('a newline and a row that follows it', shows, 'a\nnode-2 OK', String.raw`a\nnode-2 OK`);
test('line and paragraph separators', shows, '\u2028\u2029', String.raw`\u2028\u2029`);
test('bidi overrides and isolates', shows, '\u202enode\u202c\u2066x\u2069', String.raw`\u202enode\u202c\u2066x\u2069`);
test('zero-width characters', shows, 'no\u200bde\ufeff\u2060', String.raw`no\u200bde\ufeff\u2060`);
test('a no-break space', shows, 'a\u00a0b', String.raw`a\xa0b`);
test('tags beyond 16 bits', shows, '\u{e0041}', String.raw`\u{e0041}`);
test('a lone surrogate', shows, 'a\ud800b', String.raw`a\ud800b`);
test('the third accent of a flood and those behind it', shows, 'e\u0301\u0301\u0301\u0301', 'e\u0301\u0301\\u0301\\u0301');

test("kubectl's own two cases, and more than thirty characters that it lets through", t => {
	// cli-runtime/pkg/printers/terminal.go replaces ESC by ^[ and CR by \r.
	const passedByKubectl = [
		...Array.from({length: 32}, (_, code) => String.fromCharCode(code)).filter(
			character => character !== '\x1b' && character !== '\r',
		),
		...Array.from({length: 33}, (_, index) => String.fromCharCode(0x7f + index)),
		'\u200b',
		'\u200e',
		'\u202a',
		'\u202e',
		'\u2066',
		'\u2069',
		'\u2028',
		'\ufeff',
	];
	t.true(passedByKubectl.length >= 30);
	for (const character of ['\x1b', '\r', ...passedByKubectl]) {
		t.notRegex(escapeText(`a${character}b`), forbidden);
	}
});

test('no byte string leaves a control character, however it is written', t => {
	fc.assert(
		fc.property(hostileText, text => {
			t.notRegex(escapeText(text), forbidden);
			t.notRegex(escapeLines(text).replaceAll('\n', ''), forbidden);
			t.notRegex(formatJson({[text]: text}).replaceAll('\n', ''), forbidden);
			t.notRegex(formatYaml({[text]: [text]}).replaceAll('\n', ''), forbidden);
		}),
		fuzzRuns(2000),
	);
});

test('JSON and YAML say the same as before when they are read again', t => {
	fc.assert(
		fc.property(hostileText, text => {
			t.deepEqual(JSON.parse(formatJson({a: text})), {a: text});
			t.deepEqual(parse(formatYaml({a: text})), {a: text.toWellFormed()});
		}),
		fuzzRuns(1000),
	);
	t.is(escapeJson('{\n"a": "\u{e0041}"}'), '{\n"a": "\\udb40\\udc41"}');
});

test('YAML documents are parted by three dashes, and texts of several lines stay readable', t => {
	t.is(formatYamlDocuments([{a: 'x\n  y'}, {b: 1}]), 'a: |-\n  x\n    y\n---\nb: 1\n');
});
