import test from 'ava';
import type {FaultRule, RequestFault} from '../embedded/faults.ts';
import {recordedFleet} from '../embedded/recorded.ts';
import {startFleet, withoutTime} from './fleet.ts';

const nodes = await recordedFleet({nodes: 10, images: 3});
const [first, second, third] = nodes.map(({object}) => object.metadata.name);
const fleet = await startFleet({nodes});
const {cluster, preflight, leftovers} = fleet;
// An answer that was cut is read from the log, so that reading logs is a kind of request too.
cluster.setNodeFaults(first ?? '', [{kind: 'message', change: message => message.slice(200)}]);
const clean = await preflight();

test.after.always(fleet.stop);
test.afterEach.always(() => cluster.faults.clear());

/** Every kind of request that a run makes, the namespace being absent where that matters. */
const requests: Readonly<Record<string, Omit<FaultRule, 'fault'> & {readonly newNamespace?: boolean}>> = {
	'list nodes': {verb: 'list', resource: 'nodes'},
	'get a node': {verb: 'get', resource: 'nodes'},
	'the rehearsal': {verb: 'create', resource: 'pods'},
	'make the namespace': {verb: 'create', resource: 'namespaces', newNamespace: true},
	'the second rehearsal': {verb: 'create', resource: 'pods', skip: 1, newNamespace: true},
	'ask for the rights': {verb: 'create', resource: 'selfsubjectrulesreviews'},
	'list pods': {verb: 'list', resource: 'pods'},
	'make the ConfigMap': {verb: 'create', resource: 'configmaps'},
	'open the watch': {verb: 'watch', resource: 'pods'},
	'make the first pod': {verb: 'create', resource: 'pods', skip: 1},
	'make a pod': {verb: 'create', resource: 'pods', skip: 5},
	'read a log': {verb: 'get', resource: 'pods', subresource: 'log'},
	'delete the pods': {verb: 'deletecollection', resource: 'pods'},
	'delete the ConfigMap': {verb: 'delete', resource: 'configmaps'},
};

const faults: Readonly<Record<string, RequestFault>> = {
	'429 with Retry-After': {kind: 'status', code: 429, reason: 'TooManyRequests', retryAfterSeconds: 2},
	500: {kind: 'status', code: 500},
	502: {kind: 'status', code: 502, html: '<html>Bad Gateway</html>'},
	503: {kind: 'status', code: 503, reason: 'ServiceUnavailable'},
	504: {kind: 'status', code: 504, reason: 'Timeout'},
	'a reset connection': {kind: 'reset-before'},
	'an answer that is lost': {kind: 'answer-lost'},
	'half an answer': {kind: 'truncated'},
};

let namespaces = 0;

for (const [what, {newNamespace = false, ...rule}] of Object.entries(requests)) {
	for (const [name, fault] of Object.entries(faults)) {
		if (rule.verb === 'watch' && (fault.kind === 'answer-lost' || fault.kind === 'truncated')) {
			continue; // A watch is cut by faults of its own, below.
		}

		test.serial(`${what}: ${name}, once, changes nothing`, async t => {
			cluster.faults.add({...rule, fault});
			const struck = cluster.faults.struck;
			namespaces += 1;
			const {code, stdout, stderr} = await preflight(newNamespace ? ['-n', `new-${namespaces}`] : []);
			t.is(cluster.faults.struck, struck + 1);
			t.is(code, clean.code, stderr);
			t.is(stdout, clean.stdout);
			t.deepEqual(leftovers(), []);
		});
	}
}

const watchFaults: Readonly<Record<string, FaultRule['fault']>> = {
	'410 at once': {kind: 'gone'},
	'410 twice': {kind: 'gone'},
	'every event twice': {kind: 'duplicates'},
	'reset after five events': {kind: 'reset', after: 5},
	'ended after each event': {kind: 'close', after: 1},
	'half a line': {kind: 'truncated-line', after: 4},
	'a line that is no JSON': {kind: 'bad-json', after: 3},
	'a line of 9 MiB': {kind: 'long-line', bytes: 9 * 1024 * 1024, after: 3},
};

for (const [name, fault] of Object.entries(watchFaults)) {
	test.serial(`the watch: ${name} changes nothing`, async t => {
		cluster.faults.add({fault, verb: 'watch', times: name.includes('each') ? 20 : name.includes('twice') ? 2 : 1});
		const struck = cluster.faults.struck;
		const {code, stdout, stderr} = await preflight();
		t.true(cluster.faults.struck > struck);
		t.is(code, clean.code, stderr);
		t.is(stdout, clean.stdout);
		t.deepEqual(leftovers(), []);
	});
}

test.serial('an outage in the middle of a run, of every request for a while, changes nothing', async t => {
	cluster.faults.add({fault: {kind: 'status', code: 503}, skip: 14, times: 12});
	const {code, stdout, stderr} = await preflight();
	t.is(code, clean.code, stderr);
	t.is(stdout, clean.stdout);
	t.deepEqual(leftovers(), []);
});

test.serial('connections that are all cut, again and again, change nothing', async t => {
	const cut = setInterval(() => cluster.requests.cutConnections(), 15);
	const timer = setTimeout(() => clearInterval(cut), 150);
	try {
		const {code, stdout, stderr} = await preflight();
		t.is(code, clean.code, stderr);
		t.is(stdout, clean.stdout);
		t.deepEqual(leftovers(), []);
	} finally {
		clearInterval(cut);
		clearTimeout(timer);
	}
});

test.serial('a pod that was made though the answer was lost is made once', async t => {
	cluster.faults.add({fault: {kind: 'answer-lost'}, verb: 'create', resource: 'pods', skip: 1, times: 3});
	const made: string[] = [];
	const stop = cluster.store.subscribe('pods', ({type, object}) => type === 'ADDED' && made.push(object.metadata.name));
	const {stdout} = await preflight();
	stop();
	t.is(made.length, nodes.length);
	t.is(new Set(made).size, nodes.length);
	t.is(stdout, clean.stdout);
});

test('the clean run itself has every node and an answer of each', t => {
	t.is(clean.code, 3, clean.stderr);
	t.true([first, second, third].every(name => clean.stdout.includes(`"name": "${name}"`)));
	t.false(clean.stdout.includes('"verdict": "unknown"'));
	t.is(withoutTime(clean.stdout), clean.stdout);
});
