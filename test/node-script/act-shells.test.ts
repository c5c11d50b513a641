import test from 'ava';
import {addPods} from './act-faults.ts';
import {act, actNode, configPath, must, outcome, prepare, said} from './act-node.ts';
import {awks, shells, which} from './run-script.ts';

for (const shell of shells.filter(([program = '']) => which(program) !== undefined)) {
	test(`a whole run under ${shell.join(' ')}, forward and back`, async t => {
		const machine = await actNode({shell});
		t.teardown(async () => machine.stop());
		const before = machine.fingerprint();
		addPods(machine);
		await prepare(machine);
		await must(machine, 'check');
		await must(machine, 'start');
		t.is(await outcome(machine), 'done', said(machine));
		await must(machine, 'finish');
		await must(machine, 'back');
		t.is(await outcome(machine), 'undone', said(machine));
		await must(machine, 'state');
		await must(machine, 'finish');
		t.deepEqual(machine.fingerprint(), before);
	});
}

for (const awk of awks.filter(name => which(name) !== undefined)) {
	test(`a whole run with ${awk}`, async t => {
		const machine = await actNode({awk});
		t.teardown(async () => machine.stop());
		addPods(machine);
		t.is((await act(machine, 'edit', [configPath, '1.0.0'])).records[0]?.[4], '2');
		await prepare(machine);
		await must(machine, 'start');
		t.is(await outcome(machine), 'done', said(machine));
		await must(machine, 'finish');
	});
}
