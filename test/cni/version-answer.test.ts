import '../fuzz-runs.ts';
import test from 'ava';
import * as fc from 'fast-check';
import {parseVersionAnswer} from '../../lib/cni/version-answer.ts';
import type {JsonValue} from '../../lib/facts/node-facts.ts';
import {upTo100} from '../check/healthy-facts.ts';

const decodes = test.macro((t, answer: JsonValue, expected: readonly string[] | RegExp) => {
	const decoded = parseVersionAnswer(answer);
	if (expected instanceof RegExp) {
		t.regex((decoded as {unknown: string}).unknown, expected);
	} else {
		t.deepEqual(decoded, expected);
	}
});

test('plugins 1.1.1', decodes, {cniVersion: '1.0.0', supportedVersions: upTo100}, upTo100);
test('firewall of plugins 1.1.1', decodes, {cniVersion: '1.0.0', supportedVersions: ['0.4.0', '1.0.0']}, ['0.4.0', '1.0.0']);
test('spec 0.2.0, before there was a list', decodes, {cniVersion: '0.2.0'}, ['0.1.0', '0.2.0']);
test('before VERSION', decodes, {cniVersion: '0.1.0', code: 100, msg: 'unknown CNI_COMMAND: VERSION'}, ['0.1.0']);
test('before VERSION, without a version', decodes, {code: 4, msg: 'unknown CNI_COMMAND: VERSION'}, ['0.1.0']);
test('another error', decodes, {code: 4, msg: 'required env variables missing'}, /error 4: required env variables missing/);
test('no version', decodes, {supportedVersions: ['1.0.0']}, /names no cniVersion/);
test('no list', decodes, {cniVersion: '1.0.0'}, /no supportedVersions/);
test('a list of something else', decodes, {cniVersion: '1.0.0', supportedVersions: ['1.0.0', 1]}, /no list of versions/);
test('a version as long as a book', decodes, {cniVersion: '1.0.0', supportedVersions: ['1'.repeat(33)]}, /no list of versions/);
test(
	'far too many',
	decodes,
	{cniVersion: '1.0.0', supportedVersions: Array.from({length: 65}, () => '1.0.0')},
	/no list of versions/,
);
test('no object', decodes, ['1.0.0'], /no JSON object/);
test('null', decodes, null, /no JSON object/);

test('nothing that a plugin says makes it throw', t => {
	fc.assert(
		fc.property(fc.jsonValue(), value => {
			const decoded = parseVersionAnswer(value as JsonValue);
			t.true(Array.isArray(decoded) || 'unknown' in decoded);
		}),
	);
});
