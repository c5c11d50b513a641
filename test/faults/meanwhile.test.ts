import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {type Ground, isReady, podsOf, startGround, terminal, until, upgraded} from '../cmd/upgrade-ground.ts';
import type {KubeObject, Node} from '../embedded/objects.ts';
import {journalLines, runAndStrike, settle} from './upgrade/scene.ts';

/** What somebody else does to a node, or to its run, while a run of ours is under way or lies still. */

const back = ['rollback', 'worker-1', '--ignore-daemonsets', '--yes'];

const isOpen = ({cluster}: Ground): boolean => (cluster.store.get('nodes', 'worker-1') as Node).spec.unschedulable !== true;

const setCordon = ({cluster}: Ground, name: string, unschedulable: boolean): void => {
	cluster.store.update('nodes', name, (node: Node) => ({...node, spec: {...node.spec, unschedulable}}));
};

/** More pods are wanted, and the node that takes pods again is the only one that does: they come to it. */
async function comeToWorker(ground: Ground): Promise<void> {
	const {cluster} = ground;
	setCordon(ground, 'worker-4', true);
	cluster.store.update('replicasets', 'default/web-5d9c7b8f6d', (set: KubeObject & {readonly spec: object}) => ({
		...set,
		spec: {...set.spec, replicas: 4},
	}));
	await until(() => podsOf(cluster).filter(pod => pod.spec.nodeName === 'worker-1' && isReady(pod)).length > 2);
	setCordon(ground, 'worker-4', false);
}

/** Whether the kubelet was stopped at any time while the node took pods. */
function watchOrder(ground: Ground): () => boolean {
	let wasOpen = false;
	ground.machine.onChange(() => {
		wasOpen ||= ground.machine.systemd.states()['kubelet.service'] !== 'active' && isOpen(ground);
	});
	return () => wasOpen;
}

async function rollbackStruck(ground: Ground, strike: Parameters<typeof runAndStrike>[1][number]['strike']) {
	return runAndStrike(ground, [{point: {step: 'drain', instant: 'during'}, strike}], {
		command: async (argv, context) => ground.run([...back, ...argv], context),
	});
}

/** Somebody who is asked, and answers yes once it is so. */
function whoWaits(isSo: () => boolean) {
	let isAsked = false;
	const seat = terminal([
		async () => {
			isAsked = true;
			await until(isSo);
			return 'y';
		},
	]);
	return {...seat, isAsked: () => isAsked};
}

test.serial('a run that is finished by another while one is asked is not taken back', async t => {
	const ground = await startGround(t);
	const after = upgraded(ground.state(), ground);
	let isOver = false;
	const second = whoWaits(() => isOver);
	const isAsked = async () => {
		await until(second.isAsked);
		return 'y';
	};
	// Step by step, so that the last of them waits until the other one is asked.
	const first = ground.run(['node', 'worker-1', '--plugins', ground.release, '--cni-version', '1.0.0', '--ignore-daemonsets'], {
		user: 'first',
		...terminal(['s', 'y', 'y', 'y', 'y', 'y', isAsked]),
	});
	await until(() => journalLines(ground.machine.tree.root).some(line => line.includes('\tnode\tsection\tdone')));
	const rollback = ground.run(back.slice(0, -1), {user: 'second', ...second});
	t.is((await first).code, 0);
	isOver = true;
	t.is((await rollback).code, 5);
	t.regex(second.shown(), /^error: node\/worker-1 was worked on by somebody else meanwhile: run \w{10} is not where it was$/m);
	t.deepEqual(await settle(ground, after), after);
});

test.serial('a node that has begun its part while one is asked stays closed until it is back', async t => {
	const ground = await startGround(t);
	const before = ground.state();
	const {cluster, machine} = ground;
	const controller = new AbortController();
	let isInterrupted = false;
	const second = whoWaits(() => isInterrupted);
	writeFileSync(join(machine.tree.root, 'cni-upgrade-fail'), 'plugins:before:hang\n');
	const first = ground.upgrade([], {user: 'first', signal: controller.signal});
	await until(() => journalLines(machine.tree.root).some(line => line.includes('\tclient\tstage\tdone')));
	// Its drain is held up until the other one is asked.
	cluster.faults.add({
		fault: {kind: 'status', code: 429},
		user: 'first',
		resource: 'pods',
		subresource: 'eviction',
		times: Number.POSITIVE_INFINITY,
	});
	const rollback = ground.run(back.slice(0, -1), {user: 'second', ...second});
	await until(second.isAsked);
	cluster.faults.clear();
	await until(() => journalLines(machine.tree.root).some(line => line.includes('\tnode\tplugins\tbegin')));
	controller.abort(new Error('interrupted by SIGINT'));
	t.is((await first).code, 130);
	const wasOpen = watchOrder(ground);
	isInterrupted = true;
	await until(() => second.shown().includes('works alone'));
	t.false(isOpen(ground));
	await machine.kill('cni-upgrade.service');
	t.is((await rollback).code, 0);
	t.false(wasOpen());
	t.deepEqual(await settle(ground, before), before);
});

test.serial('a node that was opened while its run lay still is drained again before it is touched', async t => {
	const ground = await startGround(t);
	const after = upgraded(ground.state(), ground);
	t.is(await runAndStrike(ground, [{point: {step: 'drain', instant: 'after'}, strike: scene => scene.kill()}]), undefined);
	setCordon(ground, 'worker-1', false);
	await comeToWorker(ground);
	const wasOpen = watchOrder(ground);
	const {code, stderr} = await ground.run(['resume', 'worker-1'], {user: 'second'});
	t.is(code, 0, stderr);
	t.false(wasOpen());
	t.regex(stderr, /^evicting pod default\/web-/m);
	const {pods: _pods, ...rest} = after;
	t.like(ground.state(), rest);
});

test.serial('a node that was opened before it was proved is drained before it goes back', async t => {
	const ground = await startGround(t);
	const {pods: _pods, ...before} = ground.state();
	const {machine} = ground;
	const first = await runAndStrike(ground, [
		{
			point: {step: 'prove', instant: 'before'},
			strike() {
				machine.faults.unreachable = true;
			},
		},
	]);
	t.is(first?.code, 6);
	machine.faults.unreachable = undefined;
	setCordon(ground, 'worker-1', false);
	await comeToWorker(ground);
	const wasOpen = watchOrder(ground);
	const {code, stderr} = await ground.run(back, {user: 'second'});
	t.is(code, 0, stderr);
	t.false(wasOpen());
	t.regex(stderr, /^evicting pod default\/web-/m);
	t.like(ground.state(), before);
});

test.serial(
	'a rollback that is cut short in its drain takes its cordon along, and one that has ended is not made twice',
	async t => {
		const ground = await startGround(t);
		const before = ground.state();
		const after = upgraded(before, ground);
		t.is((await ground.upgrade()).code, 0);

		const interrupted = await rollbackStruck(ground, scene => scene.interrupt('SIGINT'));
		t.is(interrupted?.code, 130);
		t.regex(interrupted?.stderr ?? '', /^error: interrupted: node\/worker-1 was not changed$/m);
		t.deepEqual(await settle(ground, after), after);

		const statusOf = async () => (await ground.run(['status', 'worker-1'], {user: 'second'})).stdout;
		for (const [goOn, wanted] of [
			[['resume', 'worker-1'], after],
			[back, before],
		] as const) {
			t.is(await rollbackStruck(ground, scene => scene.kill()), undefined);
			t.false(isOpen(ground));
			t.regex(await statusOf(), /: the last upgrade has ended; it was to be taken back, and the node is not changed yet$/m);
			const {code, stderr} = await ground.run(goOn, {user: 'second'});
			t.is(code, 0, stderr);
			t.deepEqual(await settle(ground, wanted), wanted);
			ground.cluster.faults.clear();
		}

		const again = await ground.run(back);
		t.is(again.code, 1);
		t.regex(again.stderr, /^error: node\/worker-1 is as it was before: run \w{10}, its last, was taken back already$/m);
		t.deepEqual(await settle(ground, before), before);
		const status = await statusOf();
		t.regex(status, /^node\/worker-1: the last upgrade was taken back: the node is as it was before$/m);
		t.notRegex(status, /kubectl cni-upgrade/);
	},
);

test.serial('a node that cannot begin its part is given back', async t => {
	const ground = await startGround(t);
	const before = ground.state();
	const result = await runAndStrike(ground, [
		{point: {step: 'drain', instant: 'after'}, strike: ({machine}) => machine.makeReadOnly('/etc/systemd/system')},
	]);
	ground.machine.makeReadOnly('/etc/systemd/system', false);
	t.is(result?.code, 1);
	t.regex(result?.stderr ?? '', /"type":"unchanged","isWhole":true/);
	t.deepEqual(await settle(ground, before), before);
});

test.serial('a proof that cannot be asked for is one that was not given', async t => {
	const ground = await startGround(t);
	const result = await runAndStrike(ground, [
		{
			point: {step: 'prove', instant: 'before'},
			strike: ({cluster}) =>
				cluster.faults.add({
					fault: {kind: 'status', code: 403},
					user: 'first',
					resource: 'nodes',
					verb: 'list',
					times: Number.POSITIVE_INFINITY,
				}),
		},
	]);
	ground.cluster.faults.clear();
	t.is(result?.code, 6);
	t.regex(result?.stdout ?? '', /^node\/worker-1 upgraded, NOT proved: it stays cordoned/m);
	t.regex(result?.stdout ?? '', /FAILED +a new pod got an address: it could not be seen: a fault of the embedded cluster/);
	t.regex(result?.stdout ?? '', /kubectl cni-upgrade resume worker-1/);
	t.false(isOpen(ground));
});
