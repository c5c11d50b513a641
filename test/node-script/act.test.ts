import test from 'ava';
import {nodeSteps} from '../../lib/plan/steps.ts';
import {actNode, journalOf, must, outcome, prepare} from './act-node.ts';

test('a whole section: the node is upgraded, and nothing of ours stays but the journal and the old files', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const before = machine.fingerprint();
	await prepare(machine);
	await must(machine, 'check');
	const at = performance.now();
	await must(machine, 'start');
	t.is(await outcome(machine), 'done', JSON.stringify(journalOf(machine), undefined, 1));
	t.log(
		performance.now() - at,
		journalOf(machine).map(({step, state, detail}) => `${step} ${state} ${detail}`),
	);
	await must(machine, 'finish');
	t.notDeepEqual(machine.fingerprint(), before);
	t.log(machine.fingerprint().filter(line => !before.includes(line)));
	t.log(before.filter(line => !machine.fingerprint().includes(line)));
	await must(machine, 'back');
	t.is(await outcome(machine), 'undone', JSON.stringify(journalOf(machine), undefined, 1));
	t.log(journalOf(machine).map(({step, state, detail}) => `${step} ${state} ${detail}`));
	await must(machine, 'finish');
	t.deepEqual(machine.fingerprint(), before);
});

test('--list prints the steps of the section', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const {stdout} = await machine.run(['/bin/sh', '/var/lib/cni-upgrade/act.sh', '--list']);
	t.deepEqual(stdout.trimEnd().split('\n'), [...nodeSteps]);
});
