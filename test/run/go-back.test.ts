import test from 'ava';
import {NodeAgent} from '../../lib/run/agent.ts';
import type {RunContext} from '../../lib/run/context.ts';
import {goBack} from '../../lib/run/section.ts';
import {type NodeShell, ShellLost} from '../../lib/transport/node-shell.ts';
import {fakeApi} from '../cluster-client/fake-api.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {framed, run, uid} from './fake-shell.ts';

test('a rollback whose answer is lost while the node carries it out is seen to its end', async t => {
	const journal = ['journal\t1\t100\tboot\tnode\tsection\tbegin\t', 'journal\t2\t101\tboot\tnode\tsection\tdone\t'];
	let backs = 0;
	const shell: NodeShell = {
		way: 'ssh',
		async exec(words) {
			const [, , verb, , , from = '1'] = words;
			if (verb === 'back') {
				backs += 1;
				// Done at once, and not heard for a while.
				if (backs === 1) {
					journal.push('journal\t3\t102\tboot\tnode\tsection\tundone\ta%20rollback%20was%20asked%20for');
				}

				if (backs < 6) {
					throw new ShellLost('the stream was cut');
				}
			}

			const lines = verb === 'journal' ? journal.slice(Number(from) - 1) : [];
			return {code: 0, stdout: Buffer.from(framed([...lines, 'result\tok'])), stderr: ''};
		},
		async close() {},
	};
	const clock = new FakeClock(60_000);
	const {signal} = new AbortController();
	const context = {
		api: fakeApi(),
		agent: new NodeAgent({shell, node: 'worker-1', uid, run, clock}),
		node: {name: 'worker-1', uid},
		clock,
		signal,
		onEvent() {},
	} as unknown as RunContext;
	t.deepEqual(await goBack(context, {deadline: 60}, 'ours'), {state: 'undone', detail: 'a rollback was asked for'});
	t.is(backs, 6);
});
