import test from 'ava';
import {startGround, upgraded} from '../cmd/upgrade-ground.ts';
import {everything} from '../embedded/users.ts';
import {steps, transients} from './upgrade/cases.ts';
import {watchWhole} from './upgrade/run-case.ts';
import {type Point, runAndStrike, type Strike, settle} from './upgrade/scene.ts';

const killedAt: readonly Point[] = [
	{step: 'rehearse', instant: 'before'},
	{step: 'cordon', instant: 'during'},
	{step: 'drain', instant: 'after'},
	{step: 'plugins', instant: 'before'},
	{step: 'ready', instant: 'before'},
	{step: 'prove', instant: 'during'},
	{step: 'uncordon', instant: 'during'},
];

test('killed again and again, each time by somebody else at another step, a run is ended by resume', async t => {
	const ground = await startGround(t);
	const {cluster, run} = ground;
	const before = ground.state();
	const problems: string[] = [];
	t.teardown(watchWhole(ground, before, problems));
	for (const [index, point] of killedAt.entries()) {
		const user = `operator-${index}`;
		cluster.users.add({name: user, token: `${user}-token`, rules: everything});
		const result = await runAndStrike(ground, [{point, strike: scene => scene.kill()}], {
			user,
			...(index > 0 && {command: async (argv, context) => run(['resume', 'worker-1', ...argv], context)}),
		});
		t.is(result, undefined, `${point.instant} ${point.step}: ${result?.code} ${result?.stdout}${result?.stderr}`);
	}

	const {code, stdout, stderr} = await run(['resume', 'worker-1']);
	t.is(code, 0, `${stdout}${stderr}`);
	t.deepEqual(problems, []);
	t.deepEqual(await settle(ground, upgraded(before, ground)), upgraded(before, ground));
});

test('of faults that pass, one at each step of ours, none is noticed in the end', async t => {
	const ground = await startGround(t);
	const wanted = upgraded(ground.state(), ground);
	// What is never answered takes long, and has its cases in the matrix.
	const quick = transients.filter(([, , more]) => more === undefined);
	const strikes = ['lock', 'stage', 'rehearse', 'cordon', 'drain', 'ready', 'prove', 'uncordon'].map((step, index): Strike => {
		const [, strike] = quick[index % quick.length] ?? ['', () => undefined];
		return {point: {step, instant: index % 2 === 0 ? 'before' : 'during'}, strike};
	});
	const result = await runAndStrike(ground, strikes);
	t.is(result?.code, 0, `${result?.stdout}${result?.stderr}`);
	t.deepEqual(await settle(ground, wanted), wanted);
});

// On the node alone act-kill.test.ts runs the same each time.
const withMatrix = process.env['CNI_UPGRADE_MATRIX'] === undefined ? undefined : test;
withMatrix?.(
	'whose unit is killed and whose power fails again and again, a node is upgraded under a client that waits',
	async t => {
		const ground = await startGround(t);
		const wanted = upgraded(ground.state(), ground);
		const strikes = steps
			.filter(step => ['stop-sandboxes', 'plugins', 'config', 'loaded', 'start-kubelet'].includes(step))
			.map((step, index): Strike => {
				const strike: Strike['strike'] = ({machine}) =>
					void (index % 2 === 0 ? machine.kill('cni-upgrade.service') : machine.reboot());
				return {point: {step, instant: 'before'}, strike};
			});
		const result = await runAndStrike(ground, strikes);
		t.is(result?.code, 0, `${result?.stdout}${result?.stderr}`);
		t.deepEqual(await settle(ground, wanted), wanted);
	},
);

test('interrupted before the node is changed it is as before; interrupted later it is gone on with or taken back', async t => {
	const ground = await startGround(t);
	const before = ground.state();
	const early = await runAndStrike(ground, [
		{point: {step: 'drain', instant: 'during'}, strike: scene => scene.interrupt('SIGINT')},
	]);
	t.is(early?.code, 130);
	t.regex(early?.stderr ?? '', /\nerror: interrupted: node\/worker-1 was not changed\n$/);
	t.deepEqual(await settle(ground, before), before);

	const late = await runAndStrike(ground, [
		{point: {step: 'stop-runtime', instant: 'before'}, strike: scene => scene.interrupt('SIGTERM')},
	]);
	t.is(late?.code, 130);
	t.regex(
		late?.stderr ?? '',
		/\nerror: interrupted: the run on node\/worker-1 is not finished; [^\n]+\nSee where it stands: [^\n]+\nGo on: kubectl cni-upgrade resume worker-1\nGo back: kubectl cni-upgrade rollback worker-1\n$/,
	);
	const {code, stdout, stderr} = await ground.run(['rollback', 'worker-1', '--yes', '--ignore-daemonsets']);
	t.is(code, 0, `${stdout}${stderr}`);
	t.deepEqual(await settle(ground, before), before);
});
