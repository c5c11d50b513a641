import test from 'ava';
import type {Node} from '../embedded/objects.ts';
import {runAndStrike, settle} from '../faults/upgrade/scene.ts';
import {QuickClock} from '../run/quick-clock.ts';
import {type Ground, startGround, until, upgraded} from './upgrade-ground.ts';

function changeNode(ground: Ground, change: (node: Node) => Node): void {
	ground.cluster.store.update<Node>('nodes', 'worker-1', change);
}

test('of two operators one goes on, and the other is told who', async t => {
	const ground = await startGround(t);
	const before = ground.state();
	const clock = new QuickClock();
	const results = await Promise.all(['first', 'second'].map(async user => ground.upgrade([], {user, clock})));
	const [done, refused] = results.toSorted((a, b) => a.code - b.code);
	t.is(done?.code, 0, done?.stderr);
	t.is(refused?.code, 5, refused?.stderr);
	t.regex(
		refused?.stderr ?? '',
		/error: node\/worker-1 (is being worked on by \S+@\S+\/[a-z0-9]{10} since |has an unfinished upgrade: run [a-z0-9]{10})/,
	);
	t.regex(refused?.stderr ?? '', /kubectl cni-upgrade status worker-1/);
	t.deepEqual(await settle(ground, upgraded(before, ground)), upgraded(before, ground));
});

test('a node that was cordoned before stays cordoned', async t => {
	const ground = await startGround(t);
	changeNode(ground, node => ({...node, spec: {...node.spec, unschedulable: true}}));
	const before = ground.state();
	const {code, stdout, stderr} = await ground.upgrade();
	t.is(code, 0, stderr);
	t.regex(stdout, /cordon \(1 s\)\n +it is cordoned already, and stays so\n/);
	t.notRegex(stderr, /uncordoned/);
	t.deepEqual(ground.state(), upgraded(before, ground));
	t.true(ground.state().unschedulable);
});

type Meddling = {
	readonly what: string;
	readonly meddle: (ground: Ground) => void;
	readonly says: RegExp;
};

const meddlings: readonly Meddling[] = [
	{
		what: 'somebody uncordons the node',
		meddle: ground => changeNode(ground, node => ({...node, spec: {...node.spec, unschedulable: false}})),
		says: /error: node\/worker-1 was taken out of our hands: somebody has uncordoned it\nSee who is at work on it/,
	},
	{
		what: 'somebody deletes the Node object',
		meddle: ({cluster}) => void cluster.store.remove('nodes', 'worker-1'),
		says: /error: node\/worker-1 was taken out of our hands: its Node object was deleted\n/,
	},
	{
		what: 'another machine gets the name of the node',
		meddle({cluster}) {
			const node = cluster.store.get('nodes', 'worker-1') as Node;
			cluster.store.remove('nodes', 'worker-1');
			cluster.store.create('nodes', {
				...node,
				metadata: {...node.metadata, uid: 'f0000000-0000-4000-8000-000000000000'},
				spec: {...node.spec, unschedulable: false},
			});
		},
		says: /error: node\/worker-1 was taken out of our hands: (its Node object was deleted|another machine has its name now)\n/,
	},
];

for (const {what, meddle, says} of meddlings) {
	test(`${what} while it is drained: the run stops with the reason, and the machine is as before`, async t => {
		const ground = await startGround(t, {workloads: {minAvailable: 2}});
		const before = ground.state();
		const result = await runAndStrike(ground, [
			{point: {step: 'drain', instant: 'during'}, strike: () => void setImmediate(() => meddle(ground))},
		]);
		t.is(result?.code, 5, result?.stderr);
		t.regex(result?.stderr ?? '', says);
		t.deepEqual(ground.state().machine, before.machine);
		t.false(ground.state().unschedulable);
	});
}

test('a run is not gone on with on a node that has another uid now', async t => {
	const ground = await startGround(t);
	const {cluster, run, machine} = ground;
	t.is(
		await runAndStrike(ground, [{point: {step: 'stop-kubelet', instant: 'before'}, strike: scene => scene.kill()}]),
		undefined,
	);
	await until(() => machine.isKubeletRunning && machine.systemd.states()['cni-upgrade.service'] === 'inactive');
	const node = cluster.store.get('nodes', 'worker-1') as Node;
	cluster.store.remove('nodes', 'worker-1');
	cluster.store.create('nodes', {
		...node,
		metadata: {...node.metadata, uid: 'f0000000-0000-4000-8000-000000000000', annotations: {}},
	});
	const before = machine.fingerprint();
	for (const command of ['resume', 'rollback']) {
		const {code, stderr} = await run([command, 'worker-1', '--yes'], {user: 'second'});
		t.is(code, 5, stderr);
		t.regex(
			stderr,
			/error: node\/worker-1 is not the node that run [a-z0-9]{10} was begun on: its plan is for the uid \S+, and the Node object has f0000000-0000-4000-8000-000000000000\nNothing was done\./,
		);
	}

	t.deepEqual(machine.fingerprint(), before);
});

test('what cannot be proved stays cordoned until resume can prove it', async t => {
	const ground = await startGround(t);
	const before = ground.state();
	const {machine, run, upgrade, state} = ground;
	const result = await runAndStrike(ground, [
		{
			point: {step: 'prove', instant: 'before'},
			strike() {
				machine.faults.unreachable = true;
			},
		},
	]);
	t.is(result?.code, 6, result?.stderr);
	t.regex(result?.stdout ?? '', /^node\/worker-1 upgraded, NOT proved: it stays cordoned \(run [a-z0-9]{10}\)$/m);
	t.regex(result?.stdout ?? '', /FAILED {4}the pod answers the node/);
	t.true(state().unschedulable);
	t.deepEqual(state().leftovers, []);

	const all = await run(['status']);
	t.regex(all.stdout, /^NODE +RUN +PHASE +CORDONED +BY +SINCE\nworker-1 +[a-z0-9]{10} +not-proved +ours +\S+@\S+ +\S+Z\n$/);
	const one = JSON.parse((await run(['status', 'worker-1', '-o', 'json'])).stdout) as {state: string; cordoned: boolean};
	t.is(one.state, 'to-prove');
	t.true(one.cordoned);
	const second = await upgrade();
	t.is(second.code, 5);
	t.regex(
		second.stderr,
		/has an unfinished upgrade: run [a-z0-9]{10} of \S+ since \S+ \(not-proved\)\n[\s\S]*resume worker-1\n[\s\S]*rollback worker-1\n/,
	);

	machine.faults.unreachable = undefined;
	const resumed = await run(['resume', 'worker-1']);
	t.is(resumed.code, 0, resumed.stderr);
	t.deepEqual(await settle(ground, upgraded(before, ground)), upgraded(before, ground));
	t.is((await run(['status'])).stdout, 'no node has an unfinished upgrade\n');
});
