import test from 'ava';
import {keyOf} from '../embedded/objects.ts';
import {frame, recordedFleet} from '../embedded/recorded.ts';
import type {NodeFault} from '../embedded/simulated-node.ts';
import {rowsOf, startFleet, until} from './fleet.ts';

const nodes = await recordedFleet({nodes: 6, images: 3});
const names = nodes.map(({object}) => object.metadata.name);
const [, , struck = ''] = names;
const {cluster, preflight, leftovers, stop} = await startFleet({nodes});
const clean = rowsOf((await preflight()).stdout);

test.after.always(stop);
test.afterEach.always(() => cluster.setNodeFaults(struck, []));

/** One node is in trouble: its row says why, or nothing at all where a second try did better; every other row is as ever. */
const troubles = test.macro(async (t, faults: readonly NodeFault[], says: RegExp | undefined) => {
	cluster.setNodeFaults(struck, faults);
	const {stdout, stderr} = await preflight(['--timeout', '20s']);
	const rows = rowsOf(stdout);
	t.deepEqual([...rows.keys()], names);
	for (const name of names.filter(name => name !== struck || says === undefined)) {
		t.is(rows.get(name), clean.get(name), stderr);
	}

	if (says !== undefined) {
		const row = JSON.parse(rows.get(struck) ?? '') as {verdict: string; unknown: readonly string[]; runtime: {version: string}};
		t.is(row.verdict, 'unknown');
		t.regex(row.unknown.join('\n'), says);
		// The API's half is there all the same.
		t.is(row.runtime.version, '1.7.24');
	}

	t.deepEqual(leftovers(), []);
});

const evicted = {kind: 'pod-failed', reason: 'Evicted', message: 'The node was low on resource: memory.'} as const;
const shutdown = {kind: 'pod-failed', reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.'} as const;
const admission = {kind: 'pod-failed', reason: 'OutOfpods', message: 'Node did not have enough resource: pods'} as const;
const spoiled = (change: (text: string) => string): readonly NodeFault[] => [
	{kind: 'message', change},
	{kind: 'log', change},
];

test.serial('evicted once', troubles, [{...evicted, times: 1}], undefined);
test.serial('evicted every time', troubles, [evicted], /refused or ended the probe pod: Evicted: The node was low on resource/);
test.serial('a node that shuts down', troubles, [shutdown], /NodeShutdown: Pod was rejected/);
test.serial('a node that is full', troubles, [admission], /OutOfpods: Node did not have enough/);
test.serial('killed for memory once', troubles, [{kind: 'oom-killed', times: 1}], undefined);
test.serial('killed for memory every time', troubles, [{kind: 'oom-killed'}], /killed on the node for want of memory/);
test.serial(
	'an image that cannot be pulled',
	troubles,
	[{kind: 'image-pull', message: 'pull access denied\u001b[2J'}],
	/image \S+ could not be had on this node: [\s\S]*; name one that can be with --image/,
);
test.serial(
	'a container that cannot be created',
	troubles,
	[{kind: 'waiting', reason: 'CreateContainerConfigError', message: 'configmap not found'}],
	/could not start: CreateContainerConfigError: configmap not found/,
);
test.serial(
	'a container that cannot be started',
	troubles,
	[{kind: 'start-error', message: 'exec format error'}],
	/could not start: exec format error/,
);
test.serial('a slow node', troubles, [{kind: 'slow', ms: 300}], undefined);
test.serial(
	'a message that was cut, with the whole in the log',
	troubles,
	[{kind: 'message', change: text => text.slice(99)}],
	undefined,
);
test.serial('a message that is empty, with the whole in the log', troubles, [{kind: 'message', change: () => ''}], undefined);
test.serial(
	'bytes that are no UTF-8, with the whole in the log',
	troubles,
	[{kind: 'message', change: text => text.replace('BEGIN', '\u00ff\u00fe')}],
	undefined,
);
test.serial(
	'an answer that was cut',
	troubles,
	spoiled(text => text.slice(0, -150)),
	/it was cut: its last line is missing/,
);
test.serial(
	'an empty answer',
	troubles,
	spoiled(() => ''),
	/no usable answer: it is empty/,
);
test.serial(
	'an answer of bytes that are no UTF-8',
	troubles,
	spoiled(text => `${text.slice(0, 60)}\u00ff\u00fe${text.slice(62)}`),
	/no usable answer: its (checksum|length) is wrong/,
);
test.serial(
	"another run's answer",
	troubles,
	spoiled(text => text.replaceAll(/(?<=BEGIN )\w+/g, 'aaaaaaaaaa')),
	/it belongs to another run/,
);
test.serial(
	"another node's answer",
	troubles,
	spoiled(text => {
		const [, run = ''] = /BEGIN (\w+)/.exec(text) ?? [];
		return frame({run, uid: nodes[0]?.object.metadata.uid ?? '', encoding: 'plain', payload: 'end\n'});
	}),
	/it was made for another node/,
);
test.serial(
	'an answer of another release',
	troubles,
	spoiled(text => text.replace('END 1 ', 'END 9 ')),
	/of another release/,
);

test.serial('a pod that somebody deletes is made again, once', async t => {
	for (const times of [1, 9]) {
		cluster.setNodeFaults(struck, [{kind: 'hangs', times}]);
		let left = times;
		const end = cluster.store.subscribe('pods', ({type, object}) => {
			const {nodeName} = (object as unknown as {spec: {nodeName: string}}).spec;
			if (type === 'ADDED' && nodeName === struck && left > 0) {
				left -= 1;
				setTimeout(() => cluster.store.remove('pods', keyOf(object.metadata)), 20);
			}
		});
		const {stdout} = await preflight();
		end();
		const row = rowsOf(stdout).get(struck) ?? '';
		if (times === 1) {
			t.is(row, clean.get(struck) ?? '');
		} else {
			t.is(left, times - 2);
			t.regex(row, /the probe pod was deleted by someone else before it answered/);
		}
	}
});

test.serial('a node that is removed in the middle of a run has a row all the same', async t => {
	cluster.setNodeFaults(struck, [{kind: 'hangs'}]);
	const running = preflight();
	await until(() => cluster.list('pods').length > 0);
	const node = cluster.list('nodes').find(({metadata}) => metadata.name === struck);
	cluster.store.remove('nodes', struck);
	// As the garbage collector of pods does.
	const collect = setInterval(() => {
		for (const {metadata, ...pod} of cluster.list('pods')) {
			if ((pod as unknown as {spec: {nodeName: string}}).spec.nodeName === struck) {
				cluster.store.remove('pods', keyOf(metadata));
			}
		}
	}, 20);
	const {stdout, stderr} = await running;
	clearInterval(collect);
	t.regex(rowsOf(stdout).get(struck) ?? '', /deleted by someone else/, stderr);
	for (const name of names.filter(name => name !== struck)) {
		t.is(rowsOf(stdout).get(name), clean.get(name));
	}

	cluster.store.create('nodes', node as never);
});
