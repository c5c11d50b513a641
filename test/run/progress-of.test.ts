import test from 'ava';
import {parseJournal, type SectionState} from '../../lib/plan/journal.ts';
import {progressOf} from '../../lib/run/progress-of.ts';

function journal(...lines: readonly string[]) {
	return parseJournal(lines.map((line, index) => `${index + 1}\t${1000 + index}\tboot\t${line.replaceAll(' ', '\t')}`));
}

test('of an empty journal nothing is known, and nothing was begun', t => {
	t.deepEqual(progressOf([]), {
		last: 0,
		done: new Set(),
		cordoned: undefined,
		section: 'none',
		sectionDetail: '',
		kubeletStartedAt: 0,
	});
});

test('a cordon is ours from the moment at which it was begun: who dies in between still owns it', t => {
	t.is(progressOf(journal('client cordon begin ours')).cordoned, 'ours');
	t.is(progressOf(journal('client cordon begin before', 'client cordon done before')).cordoned, 'before');
});

test('the last word on a step of ours counts', t => {
	t.deepEqual([...progressOf(journal('client prove done', 'client prove failed no')).done], []);
	t.deepEqual([...progressOf(journal('client prove failed no', 'client prove done')).done], ['prove']);
});

test('a step that the node did is none of ours', t => {
	t.false(progressOf(journal('node drain done')).done.has('drain'));
	t.is(progressOf(journal('node cordon begin ours')).cordoned, undefined);
});

const sections: readonly (readonly [string, readonly string[], SectionState])[] = [
	['under way', ['node section begin'], 'begin'],
	['upgraded', ['node section begin', 'node section done'], 'done'],
	['taken back', ['node section begin', 'node plugins failed', 'node section undone why'], 'undone'],
	['stuck', ['node section begin', 'node section stuck why'], 'stuck'],
	['asked back after it had ended', ['node section begin', 'node section done', 'node start-kubelet undo'], 'begin'],
];

for (const [title, lines, state] of sections) {
	test(`the section is ${title}`, t => {
		t.is(progressOf(journal(...lines)).section, state);
	});
}

test('the kubelet was last started where the way forth or the way back says so', t => {
	t.is(progressOf(journal('node stop-kubelet begin', 'node start-kubelet begin')).kubeletStartedAt, 1001);
	t.is(progressOf(journal('node start-kubelet begin', 'node stop-kubelet undo')).kubeletStartedAt, 1001);
});
