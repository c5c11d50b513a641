import {setImmediate as turn} from 'node:timers/promises';
import test from 'ava';
import type {ApiRequest} from '../../lib/cluster/api.ts';
import {type DrainPod, readPod} from '../../lib/drain/pod.ts';
import {PodWatch} from '../../lib/drain/pod-watch.ts';
import {fakeApi} from '../cluster-client/fake-api.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {podJson} from './pods.ts';

const versioned = (options: Parameters<typeof podJson>[0]) =>
	podJson({...options, metadata: {...options.metadata, resourceVersion: '11'}});

const web = versioned({name: 'web'});
const expired = {type: 'ERROR', object: {kind: 'Status', code: 410, reason: 'Expired', message: 'too old'}};

/** A connection that gives these events and then stays open. */
const connection = (...events: readonly object[]) =>
	async function* ({signal}: ApiRequest): AsyncGenerator<string> {
		yield* events.map(event => JSON.stringify(event));
		await new Promise((_, reject) => {
			signal.addEventListener('abort', () => reject(signal.reason as Error));
		});
	};

const sees = test.macro(async (t, answers: readonly unknown[], isGone: boolean) => {
	const over = new AbortController();
	const watch = new PodWatch(fakeApi(...answers), {
		node: 'worker',
		pods: [readPod(web) as DrainPod],
		resourceVersion: '10',
		clock: new FakeClock(10_000),
	});
	const running = t.throwsAsync(watch.run(over.signal), {message: 'over'});
	for (let turns = 0; turns < 50; turns += 1) {
		await turn();
	}

	t.is(watch.pods[0]?.isGone, isGone);
	over.abort(new Error('over'));
	await running;
});

const modified = (options: Partial<Parameters<typeof podJson>[0]>) => ({
	type: 'MODIFIED',
	object: versioned({name: 'web', ...options}),
});

test('a pod of which nothing is said is there', sees, [connection()], false);
test('a pod that changes is there', sees, [connection(modified({phase: 'Failed'}))], false);
test('a pod whose labels change is there', sees, [connection(modified({metadata: {labels: {app: 'other'}}}))], false);
test('a pod that was deleted is gone', sees, [connection({type: 'DELETED', object: web})], true);
test('a pod that is on another node is gone', sees, [connection(modified({node: 'other'}))], true);
test('a pod under whose name there is another is gone', sees, [connection({...modified({uid: 'x'}), type: 'ADDED'})], true);
test('a pod of its name in another namespace is another', sees, [connection(modified({uid: 'x', namespace: 'y'}))], false);

const listed = (...items: readonly object[]) => ({kind: 'PodList', metadata: {resourceVersion: '20'}, items});

test('a pod that a fresh list has is there', sees, [connection(expired), listed(web), connection()], false);
test('a pod that a fresh list has not is gone', sees, [connection(expired), listed(), connection()], true);
test(
	'a pod in whose place a fresh list has another is gone',
	sees,
	[connection(expired), listed(versioned({name: 'web', uid: 'x'})), connection()],
	true,
);
