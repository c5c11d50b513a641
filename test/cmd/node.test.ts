import test from 'ava';
import {eventsOf, startGround, upgraded} from './upgrade-ground.ts';

test('a node with old plugins is drained, upgraded, proved and given back, and nothing is left', async t => {
	const ground = await startGround(t);
	const {cluster, upgrade, state} = ground;
	const before = state();
	const {code, stdout, stderr} = await upgrade();
	t.is(code, 0, stderr);
	t.log(stdout);
	t.deepEqual(state(), upgraded(before, ground));
	t.deepEqual(eventsOf(cluster), ['CNIUpgradeStarted', 'CNIUpgradeSucceeded']);
});
