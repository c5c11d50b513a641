import test from 'ava';
import {parseJournal} from '../../lib/plan/journal.ts';
import {plain} from '../../lib/print/colour.ts';
import {formatStatus} from '../../lib/print/status.ts';
import type {HeldRun} from '../../lib/run/held-run.ts';
import {type KnownOfNode, type NodeStatus, nodeStatus} from '../../lib/run/node-status.ts';
import type {Phase, Pointer} from '../../lib/run/pointer.ts';

const pointer = (phase: Phase): Pointer => ({
	run: 'abcdefghij',
	phase,
	cordoned: 'ours',
	by: 'ops@laptop',
	since: '2026-11-25T14:00:00.000Z',
});
const held = (...lines: readonly string[]): HeldRun => ({
	current: 'abcdefghij',
	newestFinished: undefined,
	orders: undefined,
	settings: undefined,
	journal: parseJournal(
		lines.map((line, index) => `${index + 1}\t${1_795_000_000 + index}\tboot\t${line.replaceAll(' ', '\t')}`),
	),
});
const base = {node: 'worker-1', cordoned: true, run: 'abcdefghij'};

const heard: readonly (readonly [string, KnownOfNode, NodeStatus['state']])[] = [
	[
		'nothing was ever done',
		{...base, cordoned: false, run: undefined, pointer: undefined, held: {...held(), current: undefined}},
		'none',
	],
	['its plan is there', {...base, pointer: pointer('draining'), held: held('client stage done')}, 'preparing'],
	['it is at work', {...base, pointer: pointer('on-the-node'), held: held('node section begin')}, 'on-the-node'],
	[
		'it is upgraded',
		{...base, pointer: pointer('on-the-node'), held: held('node section begin', 'node section done')},
		'to-prove',
	],
	[
		'it went back',
		{...base, pointer: pointer('on-the-node'), held: held('node section begin', 'node section undone')},
		'going-back-done',
	],
	['it could not go back', {...base, pointer: pointer('stuck'), held: held('node section begin', 'node section stuck')}, 'stuck'],
	['its run has ended', {...base, pointer: undefined, held: {...held('node section done'), current: undefined}}, 'finished'],
	[
		'its run has ended, and was to be taken back',
		{...base, pointer: pointer('draining'), held: {...held('node section done'), current: undefined}},
		'rollback-begun',
	],
	[
		'its run has ended as it was before',
		{...base, pointer: undefined, held: {...held('node section done', 'node section undone'), current: undefined}},
		'taken-back',
	],
];

for (const [title, known, state] of heard) {
	test(`a node that can be heard: ${title}`, t => {
		const status = nodeStatus(known);
		t.is(status.state, state);
		t.is(status.silence, null);
		t.notRegex(formatStatus(status, plain), /what the API knows/);
	});
}

const silent: readonly (readonly [Phase | undefined, NodeStatus['state']])[] = [
	[undefined, 'none'],
	['preparing', 'preparing'],
	['on-the-node', 'on-the-node'],
	['not-proved', 'to-prove'],
	['stuck', 'stuck'],
];

for (const [phase, state] of silent) {
	test(`of a node that cannot be heard the API's pointer tells: ${phase ?? 'none'}`, t => {
		const status = nodeStatus({
			node: 'worker-1',
			cordoned: true,
			pointer: phase === undefined ? undefined : pointer(phase),
			silence: 'its kubelet is stopped',
		});
		t.is(status.state, state);
		t.regex(formatStatus(status, plain), /\nthis is what the API knows: its kubelet is stopped\n/);
	});
}
