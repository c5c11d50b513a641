import test from 'ava';
import {NodeAgent} from '../../lib/run/agent.ts';
import {readHeldRun} from '../../lib/run/held-run.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {fakeShell, framed, type Reply, run, uid} from './fake-shell.ts';

const {signal} = new AbortController();
const line = (number: number) => `journal\t${number}\t17\tboot\tnode\tsection\tbegin\t`;

async function numbersOf(...replies: readonly Reply[]) {
	const shell = fakeShell(...replies);
	const agent = new NodeAgent({shell, node: 'worker-1', uid, run, clock: new FakeClock(60_000)});
	const {journal} = await readHeldRun(agent, '-', signal);
	return {numbers: journal.map(({number}) => number), asked: shell.asked.map(({words}) => words.slice(3))};
}

const state = (...records: readonly string[]): Reply => ({
	raw: framed([`current\t${run}`, ...records, 'result\tok'], '-'),
	code: 0,
});

test('a journal that an answer has no room for is asked for until all of it is there', async t => {
	t.deepEqual(await numbersOf(state(line(1), 'more\t2'), [line(2), 'more\t3', 'result\tok'], [line(3), 'result\tok']), {
		numbers: [1, 2, 3],
		asked: [
			['state', '-', uid],
			['journal', run, uid, '2'],
			['journal', run, uid, '3'],
		],
	});
});

test('a node that says for ever that there is more is asked once', async t => {
	const {asked} = await numbersOf(state(line(1), 'more\t2'), [line(1), 'more\t2', 'result\tok']);
	t.is(asked.length, 2);
	t.is((await numbersOf(state(line(1), 'more\tx'))).asked.length, 1);
});
