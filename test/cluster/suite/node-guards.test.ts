import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {printedRules} from '../../cmd/printed-rules.ts';
import {clientOf, RealCluster} from '../../contract/real.ts';
import {auditedCalls} from './audit.ts';
import {type Rig, testCluster} from './cluster.ts';
import {RigNode} from './rig-node.ts';
import {call, makeNamespace, releaseArchive} from './upgrade-calls.ts';
import {Workload} from './workload.ts';

/** Who may upgrade what, and when nobody may. */
const asked = testCluster();
if (asked?.rig === undefined) {
	test('upgrades are refused on nodes of the rig only', t => {
		t.pass('this cluster is not the rig, or none is up: what else the suite says of that stands in contract.test.ts');
	});
} else {
	onOwnCluster(asked.kubeconfig, asked.rig);
}

/** Rules without which a run goes on, and says less. */
const tellMore = ['list events', 'get services', 'create events'];

function onOwnCluster(kubeconfig: string, rig: Rig): void {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-archives-'));
	const client = clientOf(kubeconfig);
	const cluster = new RealCluster(client);
	const name = 'node-packages';
	const node = new RigNode(name, rig, client);
	let archive = '';
	test.serial.before(async () => {
		await makeNamespace(kubeconfig);
		archive = releaseArchive(directory, '1.9.1');
	});
	test.after.always(async () => {
		rmSync(directory, {recursive: true, force: true});
		await cluster.clean();
		client.close();
	});

	test.serial('of two operators at once one goes on', async t => {
		const before = await node.keep(t);
		const args = ['node', name, '--plugins', archive, '--yes'];
		const both = ['first', 'second'].map(which => call(t, args, {kubeconfig, transcript: `two at once, the ${which}`}));
		const ends = await Promise.all(both.map(async ({end}) => end));
		const codes = ends.map(({code}) => code ?? -1).toSorted((one, other) => one - other);
		t.deepEqual(codes, [0, 5], ends.map(({said}) => said).join('\n'));
		t.regex(ends.find(({code}) => code === 5)?.said ?? '', /node\/node-packages (is being worked on|has an unfinished upgrade)/);
		const back = await call(t, ['rollback', name, '--yes'], {kubeconfig}).end;
		t.is(back.code, 0, back.said);
		t.is(await node.look(), before);
	});

	test.serial('a control-plane node is refused unless it is asked for', async t => {
		const before = await node.keep(t);
		const label = async (value: string | null) => {
			const metadata = {labels: {'node-role.kubernetes.io/control-plane': value}};
			const headers = {'content-type': 'application/merge-patch+json'};
			await client.call('PATCH', `/api/v1/nodes/${name}`, {body: {metadata}, headers});
		};
		t.teardown(async () => label(null));
		await label('');
		const args = ['node', name, '--plugins', archive, '--yes'];
		const refused = await call(t, args, {kubeconfig, transcript: 'control-plane node'}).end;
		t.is(refused.code, 5, refused.said);
		t.regex(refused.said, /--allow-control-plane/);
		t.is(await node.look(), before);
		const planned = await call(t, [...args, '--allow-control-plane', '--dry-run', 'server'], {kubeconfig}).end;
		t.is(planned.code, 0, planned.said);
		t.is(await node.look(), before);
	});

	test.serial('a budget that lets no pod go ends the run, and the cordon is taken back', async t => {
		const before = await node.keep(t);
		const {namespace} = await cluster.server(1_100);
		const workload = new Workload(client, namespace, [name]);
		await workload.start(t);
		await workload.forbidEvictions();
		const args = ['node', name, '--plugins', archive, '--yes', '--ignore-daemonsets', '--timeout', '5s'];
		const ended = await call(t, args, {kubeconfig, transcript: 'a budget that blocks'}).end;
		t.is(ended.code, 5, ended.said);
		t.regex(ended.said, /poddisruptionbudget\/web/i);
		t.is(await node.look(), before);
		t.is((await workload.addresses('web')).size, 1);
	});

	test.serial('an ordinary user does all of it with the printed roles, and asks for nothing else', async t => {
		const before = await node.keep(t);
		const rules = await printedRules([], 'node');
		const user = await (await cluster.server(1_101)).userWith(rules);
		const options = {kubeconfig, transcript: 'an ordinary user'};
		for (const args of [
			['node', name, '--plugins', archive, '--yes'],
			['status', name],
			['rollback', name, '--yes'],
		]) {
			const {code, said} = await call(t, [...args, '--as', user.name], options).end;
			t.is(code, 0, said);
		}

		t.is(await node.look(), before);
		const calls = auditedCalls(rig, user.name);
		t.true(calls.length > 20);
		const isGiven = ({words, namespace}: (typeof calls)[number]) =>
			// What everybody may ask: what one may oneself, and the server's version.
			words === 'create selfsubjectrulesreviews' ||
			words === 'get ' ||
			rules.some(
				({verbs, resources, namespaces}) =>
					`${verbs[0]} ${resources[0]}` === words && (namespaces === undefined || namespaces.includes(namespace ?? '')),
			);
		t.deepEqual(
			calls.filter(one => !isGiven(one)),
			[],
		);
	});

	test.serial('without any one of the rules the run is refused and names it, and nothing is changed', async t => {
		const before = await node.keep(t);
		const rules = await printedRules([], 'node');
		const words = ({verbs, resources}: (typeof rules)[number]) => `${verbs[0]} ${resources[0]}`;
		const everywhere = new Set(rules.filter(({namespaces}) => namespaces === undefined).map(words));
		// What the whole cluster's rules give, one namespace's need not.
		const needed = [...rules.entries()].filter(
			([, rule]) => !tellMore.includes(words(rule)) && (rule.namespaces === undefined || !everywhere.has(words(rule))),
		);
		t.true(needed.length > 15);
		const refused = async ([index, {verbs, resources, namespaces}]: (typeof needed)[number]) => {
			const user = await (await cluster.server(1_110 + index)).userWith(rules.toSpliced(index, 1));
			const {code, said} = await call(t, ['node', name, '--plugins', archive, '--yes', '--as', user.name], {
				kubeconfig,
				transcript: 'without one rule',
			}).end;
			const what = `${verbs[0]} ${resources[0]} in ${namespaces?.join() ?? 'the whole cluster'}`;
			t.is(code, 5, `without ${what}:\n${said}`);
			t.regex(said, new RegExp(`may not .*${verbs[0]} ${resources[0]}\\b`), `without ${what}:\n${said}`);
			t.regex(said, /The least role: kubectl cni-upgrade rbac node\n/, what);
		};
		// A few at a time: each has its pods on the node.
		for (let at = 0; at < needed.length; at += 4) {
			await Promise.all(needed.slice(at, at + 4).map(refused));
		}

		t.is(await node.look(), before);
	});

	test.serial('without those that only tell more it goes on', async t => {
		const before = await node.keep(t);
		const rules = (await printedRules([], 'node')).filter(
			({verbs, resources}) => !tellMore.includes(`${verbs[0]} ${resources[0]}`),
		);
		const user = await (await cluster.server(1_102)).userWith(rules);
		const upgraded = await call(t, ['node', name, '--plugins', archive, '--yes', '--as', user.name], {
			kubeconfig,
			transcript: 'without what tells more',
		}).end;
		t.is(upgraded.code, 0, upgraded.said);
		t.not(await node.look(), before);
	});
}
