import test from 'ava';
import {Pace} from '../../lib/pace.ts';
import {Window} from '../../lib/window.ts';

const never = new AbortController().signal;

test('a window admits as many as its limit, then the next in the order of coming', async t => {
	const window = new Window(2);
	const admitted: string[] = [];
	for (const name of ['a', 'b', 'c', 'd']) {
		void window.acquire(never).then(() => admitted.push(name));
	}

	await Promise.resolve();
	t.deepEqual(admitted, ['a', 'b']);
	window.release();
	await Promise.resolve();
	await Promise.resolve();
	t.deepEqual(admitted, ['a', 'b', 'c']);
	t.is(window.taken, 2);
});

test('a wider limit admits those that wait', async t => {
	const window = new Window(1);
	await window.acquire(never);
	const second = window.acquire(never);
	window.limit = 2;
	await second;
	t.is(window.taken, 2);
});

test('an aborted wait leaves the queue without taking a place', async t => {
	const window = new Window(1);
	await window.acquire(never);
	const abort = new AbortController();
	const waiting = window.acquire(abort.signal);
	abort.abort(new Error('enough'));
	await t.throwsAsync(waiting, {message: 'enough'});
	const next = window.acquire(never);
	window.release();
	await next;
	t.is(window.taken, 1);
});

const pace = async (rounds: number, answer: (nth: number) => {ms: number; throttled: boolean}) => {
	const pace = new Pace();
	for (let nth = 0; nth < rounds; nth++) {
		await pace.run(
			never,
			async () => {},
			() => answer(nth),
		);
	}

	return pace.limit;
};

test('the pace widens slowly while answers are quick, and no further than its bound', async t => {
	const quick = () => ({ms: 5, throttled: false});
	t.is(await pace(7, quick), 8);
	t.is(await pace(8, quick), 9);
	t.is(await pace(8 + 9, quick), 10);
	t.is(await pace(5000, quick), 32);
});

test('one throttled or slow answer in a round halves the pace, and no further than its bound', async t => {
	t.is(await pace(8, nth => ({ms: 5, throttled: nth === 3})), 4);
	t.is(await pace(8, nth => ({ms: nth === 3 ? 500 : 5, throttled: false})), 4);
	t.is(await pace(500, () => ({ms: 5, throttled: true})), 2);
});
