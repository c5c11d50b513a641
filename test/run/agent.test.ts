import test from 'ava';
import {ActRefused, NodeAgent} from '../../lib/run/agent.ts';
import {ShellLost} from '../../lib/transport/node-shell.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {type FakeShell, fakeShell, framed, type Reply, run, uid} from './fake-shell.ts';

const {signal} = new AbortController();
const noRun = 'zzzzzzzzzz';

function agentWith(...replies: readonly Reply[]): {agent: NodeAgent; shell: FakeShell; clock: FakeClock} {
	const clock = new FakeClock(60_000);
	const shell = fakeShell(...replies);
	return {agent: new NodeAgent({shell, node: 'worker-1', uid, run, clock}), shell, clock};
}

test('an answer is its records by kind, whatever stands around it', async t => {
	const {agent, shell} = agentWith(['lease\t/var/lib/cni%20x\tid', 'interface\tveth1', 'result\tok']);
	const answer = await agent.ask('look', ['10.0.0.1'], {signal});
	t.deepEqual(answer.of('lease'), [['/var/lib/cni x', 'id']]);
	t.deepEqual(answer.lines('lease'), ['/var/lib/cni%20x\tid']);
	t.is(answer.records.length, 2);
	t.deepEqual(shell.asked[0]?.words, ['/bin/sh', '/var/lib/cni-upgrade/act.sh', 'look', run, uid, '10.0.0.1']);
});

test('what the node refuses is refused in its own words, and told from what failed', async t => {
	const {agent} = agentWith(['changed\t/etc/x\ta\tb', 'result\trefused\t/etc/x:%20somebody%20changed%20it']);
	const error = await t.throwsAsync(async () => agent.ask('check', [], {signal}), {instanceOf: ActRefused});
	t.like(error, {message: 'node/worker-1: /etc/x: somebody changed it', exitCode: 5, kind: 'refused'});
	t.deepEqual(error?.answer.of('changed'), [['/etc/x', 'a', 'b']]);
	const {agent: other} = agentWith(['result\tfailed\tno%20room']);
	t.like(await t.throwsAsync(async () => other.ask('put', [], {signal})), {exitCode: 1, kind: 'failed'});
	const {agent: third} = agentWith(['lease\t/x\tid']);
	t.like(await t.throwsAsync(async () => third.ask('look', [], {signal})), {
		message: 'node/worker-1: it did not say how it went',
	});
});

const unusable: readonly (readonly [string, Reply, RegExp])[] = [
	[
		'nothing',
		{raw: '', stderr: 'sh: /var/lib/cni-upgrade/act.sh: not found\n', code: 127},
		/answer to "check" is not usable: it is empty \(exit code 127: sh: .*not found\)/,
	],
	['another run', {raw: framed(['result\tok'], noRun), code: 0}, /answer to "check" is not usable: it belongs to another run/],
	['half of it', {raw: framed(['result\tok']).slice(0, 40), code: 0}, /it was cut: its last line is missing/],
	['a damaged one', {raw: framed(['result\tok']).replace('ok', 'ko'), code: 0}, /answer to "check" is not usable/],
];

for (const [name, reply, says] of unusable) {
	test(`an answer that is ${name} is no answer`, async t => {
		const {agent} = agentWith(reply);
		const error = await t.throwsAsync(async () => agent.ask('check', [], {signal}), {message: says});
		t.like(error, {remedy: 'See what is under way there: kubectl cni-upgrade status worker-1'});
	});
}

test('an answer that was cut off, by a runtime that calls it a success or by a signal, is asked for again', async t => {
	for (const code of [0, 137]) {
		const {agent, shell} = agentWith({raw: framed(['result\tok']).slice(0, 40), code}, {raw: '', code}, ['result\tok']);
		await agent.ask('journal', ['1'], {signal});
		t.is(shell.asked.length, 3);
	}

	const {agent, shell} = agentWith({raw: '', stderr: 'act.sh: not found', code: 127}, ['result\tok']);
	await t.throwsAsync(async () => agent.ask('journal', ['1'], {signal}));
	t.is(shell.asked.length, 1, 'what is not there is not asked for again');
});

test('a shell that was lost is tried again, with the same words, so often and no more', async t => {
	const {agent, shell, clock} = agentWith('lost', 'lost', ['result\tok']);
	await agent.ask('start', [], {signal});
	t.is(shell.asked.length, 3);
	t.deepEqual(new Set(shell.asked.map(({words}) => words.join(' '))).size, 1);
	t.deepEqual(clock.naps, [2_000, 2_000]);
	const {agent: unlucky, shell: dead} = agentWith('lost');
	await t.throwsAsync(async () => unlucky.ask('start', [], {signal, tries: 4}), {instanceOf: ShellLost});
	t.is(dead.asked.length, 4);
});

test('a look brings its script along, and a note its detail as a plain word', async t => {
	const {agent, shell} = agentWith(['result\tok']);
	await agent.look('state', [], {signal});
	t.deepEqual(shell.asked[0]?.words, ['/bin/sh', '-s', '--', 'state', run, uid]);
	t.regex(Buffer.from(shell.asked[0]?.command.stdin as Buffer).toString(), /^#!\/bin\/sh\n/);
	await agent.note('prove', 'failed', "it's (so) 100% \u001b[31mwrong", signal);
	t.deepEqual(shell.asked[1]?.words.slice(-3), ['prove', 'failed', 'it_s%20_so_%20100%25%20%1B%5B31mwrong']);
	await agent
		.withRun(noRun)
		.note('stage', 'done', '', signal)
		.catch(() => undefined);
	t.deepEqual(shell.asked[2]?.words.slice(-4), [noRun, uid, 'stage', 'done']);
});
