import test from 'ava';
import * as fc from 'fast-check';
import {parseJournal, stateOf} from '../../lib/plan/journal.ts';
import {fuzzRuns} from '../fuzz-runs.ts';

/** Lines of the node, `STEP STATE DETAIL` each; `@BOOT` makes the following ones of another boot. */
function journal(...rows: readonly string[]) {
	let boot = 'boot-1';
	return parseJournal(
		rows.flatMap((row, index) => {
			if (row.startsWith('@')) {
				boot = row.slice(1);
				return [];
			}

			const [who = '', step = '', state = '', detail = ''] = row.split(' ');
			return [`${index + 1}\t1700000000\t${boot}\t${who}\t${step}\t${state}\t${detail}`];
		}),
	);
}

test('a line is read field by field, its detail decoded', t => {
	t.deepEqual(parseJournal(['3\t1700000001\tb-1\tnode\tplugins\tfailed\t/opt/cni/bin/x:%20no%20space%20%C3%BC%FF%25']), [
		{
			number: 3,
			at: 1_700_000_001,
			boot: 'b-1',
			by: 'node',
			step: 'plugins',
			state: 'failed',
			detail: '/opt/cni/bin/x: no space ü\uFFFD%',
		},
	]);
});

test('what is no line is left out', t => {
	const rows = [
		'',
		'1\t17',
		'x\t1\tb\tnode\tplugins\tdone\t',
		'1\t1\tb\tsomebody\tplugins\tdone\t',
		'1\t1\tb\tnode\tplugins\tfinished\t',
		'1\t1\tb\tnode\t../x\tdone\t',
		'1\t1\tb\tnode\tplugins\tdone\t\tmore',
	];
	t.deepEqual(parseJournal(rows), []);
});

test('a run that was not begun has no state', t => {
	const state = stateOf(journal('client lock done', 'client cordon done ours'));
	t.is(state.section, 'none');
	t.is(state.steps.get('cordon')?.detail, 'ours');
	t.deepEqual(state.boots, []);
});

test('a section that was carried out', t => {
	const state = stateOf(
		journal(
			'node section begin',
			'node plugins begin',
			'node plugins done',
			'@boot-2',
			'node section begin',
			'node section done',
		),
	);
	t.is(state.section, 'done');
	t.false(state.goingBack);
	t.is(state.steps.get('plugins')?.state, 'done');
	t.deepEqual(state.boots, ['boot-1', 'boot-2']);
});

test('a section that is being taken back, and one that was', t => {
	const rows = ['node section begin', 'node plugins begin', 'node plugins failed no', 'node plugins undo'];
	t.like(stateOf(journal(...rows)), {section: 'begin', goingBack: true});
	t.like(stateOf(journal(...rows, 'node plugins undone', 'node section undone step%20plugins%20failed')), {
		section: 'undone',
		goingBack: false,
		detail: 'step plugins failed',
	});
	t.like(stateOf(journal(...rows, 'node plugins stuck', 'node section stuck why')), {section: 'stuck', detail: 'why'});
});

test('a finished section that is asked back is under way again', t => {
	t.like(stateOf(journal('node section begin', 'node section done', 'node start-kubelet undo')), {
		section: 'begin',
		goingBack: true,
	});
});

test("a client's failure is none of the section's", t => {
	t.like(stateOf(journal('node section begin', 'node section done', 'client prove failed')), {section: 'done', goingBack: false});
});

test('any lines are read', t => {
	fc.assert(
		fc.property(
			fc.array(
				fc.array(fc.oneof(fc.string(), fc.constantFrom('1', 'node', 'plugins', 'done', '%', '%GG', '%e')), {maxLength: 9}),
			),
			rows => {
				stateOf(parseJournal(rows.map(fields => fields.join('\t'))));
			},
		),
		fuzzRuns(200),
	);
	t.pass();
});
