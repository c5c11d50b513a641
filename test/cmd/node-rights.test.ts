import test from 'ava';
import type {Rule} from '../embedded/users.ts';
import {printedRules} from './printed-rules.ts';
import {eventsOf, startGround, upgraded} from './upgrade-ground.ts';

const rules = await printedRules([], 'node');

/** What only tells more: nothing else changes without them. */
const isOptional = ({resources: [resource = '']}: Rule) => ['events', 'services'].includes(resource);

const keyOf = ({verbs: [verb], resources: [resource]}: Rule) => `${verb} ${resource}`;

test('with the printed rules and nothing else a node is upgraded, and no request is refused', async t => {
	const ground = await startGround(t, {users: [{name: 'exact', rules}]});
	const wanted = upgraded(ground.state(), ground);
	const {cluster, upgrade, state} = ground;
	cluster.requests.clear();
	const {code, stderr} = await upgrade([], {user: 'exact'});
	t.is(code, 0, stderr);
	t.deepEqual(state(), wanted);
	const ours = cluster.requests.filter({user: 'exact'});
	t.deepEqual(
		ours.filter(({status}) => status === 403),
		[],
	);
	const asked = new Set(ours.map(({verb, resource, subresource}) => `${verb} ${resource}${subresource && `/${subresource}`}`));
	// Every user may ask what it may, and what the server speaks.
	const free = /^(create selfsubject\w+|get )$/;
	t.deepEqual(
		[...asked].filter(key => !rules.some(rule => keyOf(rule) === key) && !free.test(key)),
		[],
	);
});

test('without what only tells more a node is upgraded all the same', async t => {
	const ground = await startGround(t, {users: [{name: 'least', rules: rules.filter(rule => !isOptional(rule))}]});
	const wanted = upgraded(ground.state(), ground);
	const {code, stdout, stderr} = await ground.upgrade([], {user: 'least'});
	t.is(code, 0, `${stdout}${stderr}`);
	t.deepEqual(ground.state(), wanted);
	t.deepEqual(eventsOf(ground.cluster), []);
	t.regex(stdout, /not tried the pod resolves names/);
});

test('without any other of the printed rules nothing is begun, and the message names it', async t => {
	const {cluster, upgrade, run, state} = await startGround(t);
	const before = state();
	for (const [index, missing] of rules.entries()) {
		if (isOptional(missing)) {
			continue;
		}

		const user = `without-${index}`;
		cluster.users.add({name: user, token: `${user}-token`, rules: rules.toSpliced(index, 1)});
		const {code, stderr} = await upgrade([], {user});
		const [verb = '', resource = ''] = keyOf(missing).split(' ');
		t.is(code, 5, `${keyOf(missing)}: ${stderr}`);
		t.regex(stderr, new RegExp(`may not (.* and )?${verb} ${resource}`), keyOf(missing));
		t.regex(stderr, new RegExp(`verb ${verb} on resource ${resource}`), keyOf(missing));
		t.regex(stderr, /The least role: kubectl cni-upgrade rbac node\n/);
		t.notRegex(stderr, /take the lock/, keyOf(missing));
	}

	t.deepEqual(state(), before);
	t.deepEqual(eventsOf(cluster), []);
	cluster.users.add({name: 'nobody', token: 'nobody-token', rules: []});
	for (const command of ['status', 'resume', 'rollback']) {
		const {code, stderr} = await run([command, 'worker-1', '--yes'].slice(0, command === 'status' ? 2 : 3), {user: 'nobody'});
		t.is(code, 5, stderr);
		t.regex(stderr, /rbac node/);
	}
});
