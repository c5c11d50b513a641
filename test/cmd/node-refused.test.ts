import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {healthyMachine, oldButWorking} from '../embedded/machine/upgradable.ts';
import {brokenReleases, pluginRelease, writeRelease} from '../embedded/plugin-release.ts';
import {managedNode} from '../embedded/provider-nodes.ts';
import {QuickClock} from '../run/quick-clock.ts';
import {eventsOf, startGround, types} from './upgrade-ground.ts';

test('an archive that must not get onto a node is refused before anybody is disturbed', async t => {
	const {directory, run, state, cluster} = await startGround(t);
	const before = state();
	const node = async (...argv: readonly string[]) =>
		run(['node', 'worker-1', '--cni-version', '1.0.0', '--ignore-daemonsets', '--yes', ...argv]);
	const asked = cluster.requests.entries.length;
	const bare = writeRelease(directory, {...pluginRelease({types, version: '1.5.1'}), sha256File: ''});
	const unchecked = await node('--plugins', bare);
	t.is(unchecked.code, 1);
	t.regex(unchecked.stderr, /^error: .*v1\.5\.1\.tgz[^\n]*\n[^\n]+\n/);
	const wrong = await node('--plugins', bare, '--plugins-sha256', '0'.repeat(64));
	t.true([1, 5].includes(wrong.code), wrong.stderr);
	t.regex(wrong.stderr, /sha256/);
	t.is(cluster.requests.entries.length, asked, 'the cluster was not asked anything');

	for (const {why, release} of brokenReleases.filter(({why}) => /outside|symbolic|setuid|architecture|half/.test(why))) {
		const {code, stdout, stderr} = await node('--plugins', writeRelease(directory, release({types})));
		t.true(code === 5 || code === 1, `${why}: ${code}\n${stdout}${stderr}`);
		t.regex(`${stdout}${stderr}`, /cni-plugins-linux-\w+-v1\.6\.2\.tgz/, why);
		t.notRegex(`${stdout}${stderr}`, /This is a mistake in/, why);
	}

	t.deepEqual(state(), before);
	t.deepEqual(eventsOf(cluster), []);
});

test('a control-plane node wants to be named as one, and a managed one is left to its provider', async t => {
	const machine = healthyMachine('worker-5', 25);
	const {object} = managedNode();
	const managed = {
		...machine,
		object: {
			...machine.object,
			metadata: {...machine.object.metadata, labels: {...machine.object.metadata.labels, ...object.metadata.labels}},
			spec: {
				...machine.object.spec,
				...object.spec,
				podCIDR: machine.object.spec['podCIDR'],
				podCIDRs: machine.object.spec['podCIDRs'],
			},
		},
	};
	const control = oldButWorking();
	const {metadata} = control.object;
	const nodes = [
		{
			...control,
			object: {
				...control.object,
				metadata: {...metadata, labels: {...metadata.labels, 'node-role.kubernetes.io/control-plane': ''}},
			},
		},
		healthyMachine(),
		managed,
	];
	const ground = await startGround(t, {nodes});
	const {upgrade, run, release, state, cluster} = ground;
	const before = state();
	const refused = await upgrade();
	t.is(refused.code, 5, refused.stderr);
	t.regex(refused.stdout, /^REFUSED node\/worker-1: [\s\S]*--allow-control-plane/);
	const provider = await run(['node', 'worker-5', '--plugins', release, '--yes']);
	t.is(provider.code, 5, provider.stderr);
	t.log(provider.stdout);
	t.regex(provider.stdout, /^REFUSED /);
	t.deepEqual(state(), before);

	const {code, stderr} = await upgrade(['--allow-control-plane']);
	t.is(code, 0, stderr);
	const leases = cluster.requests.filter({verb: 'create', resource: 'leases'});
	t.is(leases.length, 2, 'one of the node, one that all control-plane nodes share');
	t.deepEqual(state().leftovers, []);
});

test('a budget that holds a pod is named, and the node is given back unless it is to stay cordoned', async t => {
	const ground = await startGround(t, {workloads: {minAvailable: 2}});
	const {upgrade, state, run} = ground;
	const before = state();
	const plan = await upgrade(['--dry-run=server']);
	t.regex(plan.stdout, /PODS THAT ARE HELD\n {2}default\/web-5d9c7b8f6d-\w{5} by web: /);
	const quick = () => ({clock: new QuickClock({rate: 8})});
	const held = await upgrade(['--timeout', '20s'], quick());
	t.is(held.code, 5, held.stderr);
	t.regex(held.stderr, /poddisruptionbudget\/web in namespace default/);
	t.regex(
		held.stderr,
		/node\/worker-1 was not changed\n[\s\S]*error: node\/worker-1 is not drained: 1 pod is left, named above\n/,
	);
	t.deepEqual(state(), before);

	const kept = await upgrade(['--timeout', '20s', '--keep-cordoned'], quick());
	t.is(kept.code, 5, kept.stderr);
	t.deepEqual(state(), {...before, unschedulable: true});
	t.regex((await run(['status', 'worker-1'])).stdout, /no upgrade is under way[\s\S]*it is cordoned\n/);
});

test('a flag that means nothing costs no request', async t => {
	const {cluster, run, directory, release} = await startGround(t);
	const hook = join(directory, 'hook with spaces');
	writeFileSync(hook, '#!/bin/sh\n');
	const asked = cluster.requests.entries.length;
	for (const [argv, says] of [
		[['node', 'worker-1', '--cni-version', '9.9.9'], /"9\.9\.9" is no spec version/],
		[['node', 'worker-1', '--package', 'containerd'], /"containerd" is no package/],
		[['node', 'worker-1', '--plugins', release, '--deadline', '1s'], /--deadline must be from 1m to 24h/],
		[['node', '../secrets'], /is not a node name/],
		[['node', 'worker-1', '--run-before', '/nonexistent'], /file\/\/nonexistent cannot be read/],
	] as const) {
		const {code, stderr} = await run(argv);
		t.true(code === 2 || code === 1, stderr);
		t.regex(stderr, says);
	}

	t.is(cluster.requests.entries.length, asked);
});
