import test from 'ava';
import {printedRules} from '../cmd/printed-rules.ts';
import {recordedFleet} from '../embedded/recorded.ts';
import {startFleet} from './fleet.ts';

const nodes = await recordedFleet({nodes: 3, images: 3});
const {cluster, preflight, leftovers, stop} = await startFleet({nodes});
// One answer is in its log, so that every right is used.
cluster.setNodeFaults(nodes[0]?.object.metadata.name ?? '', [{kind: 'message', change: () => ''}]);
const clean = await preflight();

const rules = await printedRules();

test.after.always(stop);

test.serial('with the printed roles and nothing else everything passes, and every one of them is used', async t => {
	cluster.users.add({name: 'exact', token: 'exact-token', rules});
	cluster.requests.clear();
	const {code, stdout, stderr} = await preflight([], {user: 'exact'});
	t.is(code, clean.code, stderr);
	t.is(stdout, clean.stdout);
	t.deepEqual(leftovers(), []);
	const asked = new Set(
		cluster.requests.entries.map(({verb, resource, subresource}) => `${verb} ${resource}${subresource && `/${subresource}`}`),
	);
	asked.delete('create selfsubjectrulesreviews'); // Every user may ask of itself.
	t.deepEqual([...asked].sort(), rules.map(({verbs, resources}) => `${verbs[0]} ${resources[0]}`).sort());
});

for (const [index, missing] of rules.entries()) {
	const [verb = '', resource = ''] = [missing.verbs[0], missing.resources[0]];

	test.serial(`without the right to ${verb} ${resource} one message names it, and nothing was made`, async t => {
		const user = `without-${index}`;
		cluster.users.add({name: user, token: `${user}-token`, rules: rules.toSpliced(index, 1)});
		const made: string[] = [];
		const unsubscribe = [
			cluster.store.subscribe('pods', ({object}) => made.push(object.metadata.name)),
			cluster.store.subscribe('configmaps', ({object}) => made.push(object.metadata.name)),
		];
		const {code, stdout, stderr} = await preflight([], {user});
		for (const end of unsubscribe) {
			end();
		}

		t.is(code, 5, stderr);
		t.is(stdout, '');
		t.is([...stderr.matchAll(/^error: /gm)].length, 1);
		t.regex(stderr, new RegExp(`may not ${verb} ${resource} `));
		t.regex(stderr, new RegExp(`Needs: verb ${verb} on resource ${resource} in `));
		t.regex(stderr, /The least role: kubectl cni-upgrade rbac preflight\n/);
		t.deepEqual(made, []);
		t.deepEqual(leftovers(), []);
	});
}

test.serial('several rights that are wanting are named together', async t => {
	cluster.users.add({
		name: 'few',
		token: 'few-token',
		rules: rules.filter(({resources}) => !/log|configmaps/.test(resources[0] ?? '')),
	});
	const {code, stderr} = await preflight([], {user: 'few'});
	t.is(code, 5);
	t.regex(stderr, /may not get pods\/log and create configmaps and delete configmaps in namespace cni-upgrade\n/);
});

test.serial('--via api needs its one rule only', async t => {
	const only = await printedRules(['--via', 'api']);
	cluster.users.add({name: 'lister', token: 'lister-token', rules: only});
	t.deepEqual(
		only.map(({verbs, resources}) => [verbs, resources]),
		[[['list'], ['nodes']]],
	);
	const {stdout} = await preflight(['--via', 'api'], {user: 'lister'});
	t.regex(stdout, /"kind": "PreflightReport"/);
});

test.serial('a right that is taken away in the middle of a run ends it with its name, and nothing is left', async t => {
	cluster.users.add({name: 'losing', token: 'losing-token', rules});
	const end = cluster.store.subscribe('configmaps', () =>
		cluster.users.setRules(
			'losing',
			rules.filter(({verbs, resources}) => !(verbs[0] === 'create' && resources[0] === 'pods')),
		),
	);
	const {code, stdout, stderr} = await preflight([], {user: 'losing'});
	end();
	t.is(code, 5, stderr);
	t.is(stdout, '');
	t.regex(stderr, /may not create pods in namespace cni-upgrade/);
	t.deepEqual(leftovers(), []);
});
