import {PassThrough} from 'node:stream';
import {setImmediate as turn} from 'node:timers/promises';
import test from 'ava';
import {writePieces} from '../../cmd/write-pieces.ts';

/** Endless, and counts what was taken of it. */
function* endless(taken: {count: number}): Generator<string> {
	for (;;) {
		taken.count += 1;
		yield 'x'.repeat(1024);
	}
}

const {signal} = new AbortController();

test('all pieces arrive in their order', async t => {
	const stream = new PassThrough({highWaterMark: 4});
	const text = stream.toArray();
	await writePieces(stream, ['one ', 'two ', 'three'], signal);
	stream.end();
	t.is(Buffer.concat((await text) as Buffer[]).toString(), 'one two three');
});

test('nothing is taken before there is room for it, and it ends when the reader goes', async t => {
	const stream = new PassThrough({highWaterMark: 4 * 1024});
	const taken = {count: 0};
	const writing = writePieces(stream, endless(taken), signal);
	await turn();
	const before = taken.count;
	t.true(before <= 10);
	await turn();
	t.is(taken.count, before);
	stream.on('error', () => undefined).destroy(new Error('EPIPE'));
	await t.notThrowsAsync(writing);
	await writePieces(stream, ['more'], signal);
});

test('Ctrl-C ends a reader that does not read', async t => {
	const interrupt = new AbortController();
	const writing = writePieces(new PassThrough({highWaterMark: 1}), endless({count: 0}), interrupt.signal);
	await turn();
	interrupt.abort();
	await t.throwsAsync(writing, {name: 'AbortError'});
});
