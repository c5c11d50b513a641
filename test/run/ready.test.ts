import test from 'ava';
import {waitReady} from '../../lib/run/ready.ts';
import {fakeApi} from '../cluster-client/fake-api.ts';

const began = '2026-11-25T12:00:00Z';
const node = (status: string, lastHeartbeatTime: string) => ({
	apiVersion: 'v1',
	kind: 'Node',
	metadata: {name: 'worker-1', uid: 'u'},
	spec: {},
	status: {conditions: [{type: 'Ready', status, lastHeartbeatTime, message: 'no config'}]},
});
const [stale, fresh] = ['2026-11-25T11:59:59Z', '2026-11-25T12:00:01Z'];
const wait = async (wasReady: boolean, ...answers: readonly unknown[]) =>
	waitReady({
		api: fakeApi(...answers),
		node: {name: 'worker-1', uid: 'u'},
		startedAt: Date.parse(began) / 1000,
		wasReady,
		clock: {now: Date.now, monotonic: () => 0, sleep: async () => undefined},
		signal: new AbortController().signal,
	});

test('a node is Ready by two looks at a heartbeat that is not older than its restart', async t => {
	const looks = [node('True', stale), node('True', fresh), node('False', fresh), node('True', fresh), node('True', fresh)];
	t.deepEqual(await wait(true, ...looks), {id: 'ready', result: 'yes', detail: `heartbeat ${fresh}`});
});

test('one that was not Ready before owes a report of its kubelet, and nobody calls it Ready', async t => {
	const looks = [node('False', stale), node('False', fresh), node('False', fresh)];
	const {result, detail} = await wait(false, ...looks);
	t.is(result, 'skipped');
	t.is(detail, `it was not Ready before, and is not: no config (heartbeat ${fresh})`);
	t.is((await wait(false, node('True', fresh), node('True', fresh))).result, 'yes');
});
