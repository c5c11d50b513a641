import {execFileSync} from 'node:child_process';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import * as fc from 'fast-check';
import {checksum} from '../../lib/node-script/checksum.ts';
import {readFrame} from '../../lib/node-script/frame.ts';
import {fuzzRuns} from '../fuzz-runs.ts';

const expected = {run: 'abcdefghij', uid: 'uid-1'};

type Parts = {
	readonly run?: string;
	readonly uid?: string;
	readonly version?: string;
	readonly encoding?: string;
	readonly payload: string;
	readonly length?: number;
	readonly crc?: number;
};

/** A frame as collect.sh writes it; parts that are given differ from what is right. */
function frame({
	run = expected.run,
	uid = expected.uid,
	version = '1',
	encoding = 'gzip+base64',
	payload,
	length = payload.length,
	crc,
}: Parts): string {
	const sum = crc ?? checksum(Buffer.from(`${version} ${run} ${uid} ${encoding} ${length}\n${payload}`));
	return `#cni-upgrade BEGIN ${run}\n${payload}#cni-upgrade END ${version} ${run} ${uid} ${encoding} ${length} ${sum}\n`;
}

function packed(records: string | Uint8Array): string {
	return `${gzipSync(records).toString('base64').replaceAll(/.{76}/g, '$&\n')}\n`;
}

const records = 'runtime name =containerd\nend\n';
const good = frame({payload: packed(records)});

test('the checksum is that of POSIX cksum', t => {
	for (const text of ['', 'a', 'abc\n', 'x'.repeat(70_000)]) {
		const [crc] = execFileSync('cksum', {input: text}).toString().split(' ');
		t.is(crc, String(checksum(Buffer.from(text))));
	}
});

test('what was framed is read back, packed or plain', t => {
	t.deepEqual(readFrame(good, expected), {kind: 'answer', records});
	t.deepEqual(readFrame(frame({encoding: 'plain', payload: records}), expected), {kind: 'answer', records});
	t.deepEqual(readFrame(frame({encoding: 'in-log', payload: ''}), expected), {kind: 'in-log'});
});

test('noise around the frame is ignored', t => {
	t.deepEqual(readFrame(`Welcome to node-1!\n\u{1b}[2J#cni-upgrade BEGIN other\n${good}logout\n`, expected), {
		kind: 'answer',
		records,
	});
	t.deepEqual(readFrame(good.replaceAll('\n', '\r\n'), expected), {kind: 'answer', records});
	t.deepEqual(readFrame(good.trimEnd(), expected), {kind: 'answer', records});
});

test('of two frames the last one counts', t => {
	t.deepEqual(readFrame(frame({payload: packed('end\n')}) + good, expected), {kind: 'answer', records});
});

const damaged = test.macro((t, text: string, reason: RegExp) => {
	const result = readFrame(text, expected);
	t.is(result.kind, 'damaged');
	t.regex(result.kind === 'damaged' ? result.reason : '', reason);
});

test('nothing is damaged', damaged, '', /^it is empty$/);
test('other text is damaged', damaged, 'sh: not found\n', /first line is missing/);
test('an answer of another run is damaged', damaged, frame({run: 'klmnopqrst', payload: packed(records)}), /another run/);
test(
	'an END line of another run is damaged',
	damaged,
	frame({run: 'klmnopqrst', payload: packed(records)}).replace('BEGIN klmnopqrst', 'BEGIN abcdefghij'),
	/another run/,
);
test('the answer of another node is damaged', damaged, frame({uid: 'uid-2', payload: packed(records)}), /another node/);
test(
	'the answer of another node under our uid is damaged',
	damaged,
	frame({uid: 'uid-2', payload: packed(records)}).replace('uid-2', 'uid-1'),
	/checksum/,
);
test('another format is damaged', damaged, frame({version: '2', payload: packed(records)}), /another release/);
test('an unknown encoding is damaged', damaged, frame({encoding: 'xz', payload: packed(records)}), /encoding/);
test('a wrong length is damaged', damaged, frame({payload: packed(records), length: 7}), /length is wrong/);
test(
	'a length that is no number is damaged, and not shown',
	damaged,
	good.replace(/ (\d+) (\d+)\n$/, ' \u{1b}[2J $2\n'),
	/unreadable number/,
);
test('a wrong checksum is damaged', damaged, frame({payload: packed(records), crc: 1}), /checksum/);
test('an END line with more words is damaged', damaged, good.replace(/\n$/, ' x\n'), /malformed/);
test('an END line with fewer words is damaged', damaged, good.replace(/ \d+\n$/, '\n'), /malformed/);
test('what is not gzip is damaged', damaged, frame({payload: 'AAAA\n'}), /cannot be inflated/);
test(
	'a gzip bomb is damaged, at little cost',
	damaged,
	frame({payload: packed(Buffer.alloc(40_000_000))}),
	/inflates to more than 262144 bytes/,
);
test(
	'more than the wire carries is damaged',
	damaged,
	frame({encoding: 'plain', payload: 'x\n'.repeat(40_000)}),
	/longer than 65536/,
);

test('a frame that is cut anywhere is damaged', t => {
	for (let length = 0; length < good.length - 2; length++) {
		const {kind} = readFrame(good.slice(0, length), expected);
		t.is(kind, 'damaged', `cut at ${length}`);
	}
});

test('a changed byte never changes the answer', t => {
	fc.assert(
		fc.property(fc.nat(good.length - 1), fc.integer({min: 0, max: 255}), (at, byte) => {
			const result = readFrame(good.slice(0, at) + String.fromCharCode(byte) + good.slice(at + 1), expected);
			return result.kind === 'damaged' || (result.kind === 'answer' && result.records === records);
		}),
		fuzzRuns(2000),
	);
	t.pass();
});

test('any text is read without a crash', t => {
	fc.assert(
		fc.property(
			fc.array(
				fc.oneof(
					fc.string(),
					fc.constantFrom('#cni-upgrade BEGIN abcdefghij', '#cni-upgrade END 1 abcdefghij uid-1 plain 0 0', '\n', ' ', good),
				),
			),
			parts => {
				const {kind} = readFrame(parts.join('\n'), expected);
				return kind === 'answer' || kind === 'in-log' || kind === 'damaged';
			},
		),
	);
	t.pass();
});
