import test from 'ava';
import type {JournalLine} from '../../lib/plan/journal.ts';
import {NodeAgent} from '../../lib/run/agent.ts';
import {followSection} from '../../lib/run/follow.ts';
import {patiently} from '../../lib/run/patiently.ts';
import {ShellLost} from '../../lib/transport/node-shell.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {type FakeShell, fakeShell, type Reply, run, uid} from './fake-shell.ts';

const {signal} = new AbortController();

const line = (number: number, step: string, state: string, detail = '') =>
	`journal\t${number}\t100\tboot\tnode\t${step}\t${state}\t${detail}`;

type Seen = {readonly lines: JournalLine[]; silences: number; readonly shell: FakeShell};

function follow(
	replies: readonly Reply[],
	{renewals = () => 'never', patience = 600_000}: {readonly renewals?: () => string | undefined; readonly patience?: number} = {},
) {
	const clock = new FakeClock(60_000);
	const shell = fakeShell(...replies);
	const seen: Seen = {lines: [], silences: 0, shell};
	const end = followSection(new NodeAgent({shell, node: 'worker-1', uid, run, clock}), {
		clock,
		signal,
		patience,
		from: 4,
		onLine: line => seen.lines.push(line),
		onSilence() {
			seen.silences += 1;
		},
		kubeletRenewed: async () => renewals(),
		kubeletSays: async () => 'Ready is False: container runtime is down',
	});
	return {end, seen};
}

test('the journal is read on from line to line until the section has ended', async t => {
	const {end, seen} = follow([
		[line(4, 'section', 'begin'), line(5, 'stop-kubelet', 'begin'), 'unit\tactive', 'result\tok'],
		'lost',
		'lost',
		[line(6, 'stop-kubelet', 'done'), line(7, 'section', 'done'), line(8, 'x', 'begin'), 'result\tok'],
	]);
	t.deepEqual(await end, {state: 'done', detail: ''});
	t.deepEqual(
		seen.lines.map(({number}) => number),
		[4, 5, 6, 7],
	);
	t.is(seen.silences, 1);
	t.deepEqual(
		seen.shell.asked.map(({words}) => words.at(-1)),
		['4', '6', '6', '6'],
	);
});

test('how it was taken back, or what is stuck, is handed on', async t => {
	for (const state of ['undone', 'stuck'] as const) {
		t.deepEqual(await follow([[line(4, 'section', state, 'step%20x%20failed'), 'result\tok']]).end, {
			state,
			detail: 'step x failed',
		});
	}
});

test('a node that says nothing to the end of its deadline has broken its promise', async t => {
	const {end} = follow(['lost'], {patience: 30_000});
	await t.throwsAsync(async () => end, {message: 'node/worker-1 did not say within 30 s how its upgrade ended'});
});

test('a kubelet that is back while no command gets there ends the waiting with the way on', async t => {
	let at = 0;
	const {end, seen} = follow(['lost'], {
		renewals() {
			at += 1;
			return `${Math.floor(at / 10)}`;
		},
	});
	const error = await t.throwsAsync(async () => end, {
		message:
			/^node\/worker-1 cannot be heard: its kubelet is back \(Ready is False: container runtime is down\), but no command gets to the node: the stream was cut$/,
	});
	t.regex((error as unknown as {remedy: string}).remedy, /status worker-1 --via ssh\n[\s\S]*journalctl -u cni-upgrade$/);
	t.true(seen.shell.asked.length > 100);
});

test('a kubelet that is stopped, or an API server that is silent, ends no waiting', async t => {
	for (const renewals of [() => undefined, () => '2026-11-25T00:00:00Z']) {
		const lost = Array.from({length: 200}, (): Reply => 'lost');
		t.deepEqual(await follow([...lost, [line(4, 'section', 'done'), 'result\tok']], {renewals}).end, {state: 'done', detail: ''});
	}
});

test('who waits patiently is told once, and waits for a lost shell only', async t => {
	const clock = new FakeClock(60_000);
	let [tries, told] = [0, 0];
	const onWait = () => {
		told += 1;
	};
	const answer = await patiently(
		async () => {
			tries += 1;
			if (tries < 4) {
				throw new ShellLost('away');
			}

			return 'here';
		},
		{clock, signal, onWait},
	);
	t.deepEqual([answer, tries, told], ['here', 4, 1]);
	const refused = async () => Promise.reject(new Error('refused'));
	await t.throwsAsync(async () => patiently(refused, {clock, signal, onWait}), {message: 'refused'});
	const lost = async () => Promise.reject(new ShellLost('away'));
	await t.throwsAsync(async () => patiently(lost, {clock, signal, onWait}), {message: 'away'});
});
