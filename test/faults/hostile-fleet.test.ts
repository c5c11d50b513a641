import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import test, {type ExecutionContext} from 'ava';
import {cli} from '../cmd/run-cli.ts';
import type {NodeSetup} from '../embedded/embedded-cluster.ts';
import {recordedFleet} from '../embedded/recorded.ts';
import {forbidden} from '../print/hostile-text.ts';
import {type Fleet, rowsOf, startFleet, withoutTime} from './fleet.ts';
import {lies} from './hostile-node.ts';
import {SteppedClock} from './stepped-clock.ts';

/** All formats of the same facts; none may hold a control character but the newlines between its lines. */
async function isHarmless(t: ExecutionContext, fleet: Fleet, nodes: number): Promise<void> {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-hostile-'));
	t.teardown(() => rmSync(directory, {recursive: true}));
	const saved = join(directory, 'facts.json');
	const run = await fleet.preflight(['--save', saved]);
	t.notRegex(`${run.stdout}${run.stderr}`.replaceAll('\n', ''), forbidden);
	for (const format of ['table', 'wide', 'yaml']) {
		const {stdout, stderr} = await cli(['lint', saved, '-o', format]);
		t.notRegex(`${stdout}${stderr}`.replaceAll('\n', ''), forbidden, format);
		if (format !== 'yaml') {
			// The table ends with the first empty line.
			t.is(stdout.split('\n\n')[0]?.split('\n').length, nodes + 1);
		}
	}
}

const small = await recordedFleet({nodes: 12, images: 3});
const honest = await startFleet({nodes: small});
const cleanRows = rowsOf((await honest.preflight()).stdout);
await honest.stop();

for (const [lie, tell] of Object.entries(lies)) {
	test(`a node with ${lie} costs its own row only`, async t => {
		const liars = [0, 11].map(index => small[index]?.object.metadata.name);
		const nodes = small.map((node, index) => (index % 11 === 0 ? tell(node, small[1]?.object.metadata.uid ?? '') : node));
		const fleet = await startFleet({nodes});
		t.teardown(fleet.stop);
		const {stdout, stderr} = await fleet.preflight();
		const rows = rowsOf(stdout);
		t.deepEqual([...rows.keys()], [...cleanRows.keys()]);
		for (const [name, row] of rows) {
			if (!liars.includes(name)) {
				t.is(row, cleanRows.get(name) ?? '', stderr);
			}
		}

		await isHarmless(t, fleet, nodes.length);
		t.is((Object.prototype as {polluted?: unknown}).polluted, undefined);
		t.deepEqual(fleet.cluster.pulls, []);
		t.deepEqual(fleet.leftovers(), []);
	});
}

test('nodes whose logs never end hold up nobody', async t => {
	const isHostile = (index: number) => index < 100 && index % 10 !== 0;
	const nodes = (await recordedFleet({nodes: 140, images: 3})).map((node, index): NodeSetup => {
		return isHostile(index)
			? {...node, host: {kind: 'recorded', answer: () => ''}, faults: [{kind: index % 9 === 0 ? 'endless-log' : 'mute-log'}]}
			: node;
	});
	const fleet = await startFleet({nodes});
	t.teardown(fleet.stop);
	const clock = new SteppedClock();
	const running = fleet.preflight([], {clock});
	const tick = setInterval(() => clock.advance(1000), 10);
	const {stdout, stderr} = await running;
	clearInterval(tick);
	const unknown = (JSON.parse(stdout) as {nodes: {verdict: string}[]}).nodes.map(({verdict}) => verdict === 'unknown');
	t.deepEqual(
		unknown,
		nodes.map((_, index) => isHostile(index)),
		stderr,
	);
	t.deepEqual(fleet.leftovers(), []);
});

/** The command line in a process of its own, which says at its end how much memory it ever held, in MiB. */
async function inProcess(fleet: Fleet): Promise<{stdout: string; stderr: string; mebibytes: number}> {
	const report = 'process.on("exit", () => process.stderr.write("\\nmaxRSS " + process.resourceUsage().maxRSS + "\\n"))';
	const entry = new URL('../../cmd/kubectl-cni_upgrade.ts', import.meta.url).pathname;
	const child = spawn(
		process.execPath,
		['--import', `data:text/javascript,${encodeURIComponent(report)}`, entry, 'preflight', '-ojson'],
		{env: {PATH: process.env['PATH'], HOME: '/nonexistent', KUBECONFIG: fleet.kubeconfig()}, stdio: ['ignore', 'pipe', 'pipe']},
	);
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
	const [, kibibytes = ''] = /maxRSS (\d+)/.exec(stderr) ?? [];
	return {stdout: withoutTime(stdout), stderr, mebibytes: Number(kibibytes) / 1024};
}

test.serial('100 hostile nodes of 1,000 leave the rows of the other 900 as they are, and the memory too', async t => {
	t.timeout(120_000);
	const nodes = await recordedFleet({nodes: 1000, images: 5});
	const ways = Object.values(lies);
	const truth = await startFleet({nodes});
	const clean = await inProcess(truth);
	await truth.stop();

	const fleet = await startFleet({
		nodes: nodes.map((node, index) =>
			index % 10 === 3
				? (ways[Math.floor(index / 10) % ways.length]?.(node, nodes[index + 1]?.object.metadata.uid ?? '') ?? node)
				: node,
		),
	});
	t.teardown(fleet.stop);
	const hostile = await inProcess(fleet);
	const [before, rows] = [rowsOf(clean.stdout), rowsOf(hostile.stdout)];
	t.deepEqual([...rows.keys()], [...before.keys()]);
	const changed = [...rows].flatMap(([name, row], index) => (row === before.get(name) ? [] : [index]));
	t.deepEqual(
		changed.filter(index => index % 10 !== 3),
		[],
	);
	t.true(changed.length > 60);
	t.notRegex(`${hostile.stdout}${hostile.stderr}`.replaceAll('\n', ''), forbidden);
	t.log(`${Math.round(clean.mebibytes)} MiB, with hostile nodes ${Math.round(hostile.mebibytes)} MiB`);
	t.true(hostile.mebibytes < clean.mebibytes + 64);
	t.deepEqual(fleet.leftovers(), []);
});
