import test from 'ava';
import {recordedFleet} from '../embedded/recorded.ts';
import {rowsOf, startFleet} from './fleet.ts';
import {SteppedClock} from './stepped-clock.ts';

const nodes = await recordedFleet({nodes: 8, images: 3});
const names = nodes.map(({object}) => object.metadata.name);
const {cluster, preflight, leftovers, stop} = await startFleet({nodes});
const clean = await preflight();

test.after.always(stop);
test.afterEach.always(() => cluster.faults.clear());

/** Runs to its end while the clock is put forward by a second whenever nothing happens by itself, and gives the seconds that it took so. */
async function preflightInSeconds(argv: readonly string[] = []) {
	const clock = new SteppedClock();
	const run = {done: false};
	const running = preflight(argv, {clock}).finally(() => {
		run.done = true;
	});
	await quiet(15);
	while (!run.done) {
		clock.advance(1000);
		await quiet(2);
	}

	return {...(await running), seconds: clock.ahead / 1000};
}

/** Settles when for so many pauses in a row no request came and none is under way. */
async function quiet(pauses: number): Promise<void> {
	const {entries} = cluster.requests;
	for (let still = 0, seen = -1; still < pauses; ) {
		await new Promise(resolve => {
			setTimeout(resolve, 5);
		});
		const isUnderWay = entries.some(({verb, status}) => verb !== 'watch' && status === 0);
		still = entries.length === seen && !isUnderWay ? still + 1 : 0;
		seen = entries.length;
	}
}

for (const after of [0, 1, 3, 9, 20]) {
	test.serial(`a watch that goes silent after ${after} events is noticed within 45 s and changes nothing`, async t => {
		cluster.faults.add({fault: {kind: 'half-open', after}, verb: 'watch'});
		const {code, stdout, stderr, seconds} = await preflightInSeconds();
		t.is(code, clean.code, stderr);
		t.is(stdout, clean.stdout);
		t.true(seconds > 0 && seconds <= 46, `${seconds} s`);
		t.deepEqual(leftovers(), []);
	});
}

test.serial('a watch that is silent for longer than a node may take changes nothing either', async t => {
	cluster.faults.add({fault: {kind: 'half-open', after: 9}, verb: 'watch'});
	const {code, stdout, stderr} = await preflightInSeconds(['--timeout', '10s']);
	t.is(code, clean.code, stderr);
	t.is(stdout, clean.stdout);
});

test.serial('a silent kubelet costs its own row and no more than its time, also behind a silent watch', async t => {
	const [, silent = ''] = names;
	cluster.setNodeFaults(silent, [{kind: 'silent'}]);
	for (const halfOpen of [false, true]) {
		if (halfOpen) {
			cluster.faults.add({fault: {kind: 'half-open'}, verb: 'watch'});
		}

		const {stdout, stderr, seconds} = await preflightInSeconds();
		const [rows, before] = [rowsOf(stdout), rowsOf(clean.stdout)];
		for (const name of names.filter(name => name !== silent)) {
			t.is(rows.get(name), before.get(name), stderr);
		}

		t.regex(
			rows.get(silent) ?? '',
			/its kubelet did not take up the probe pod within 15 s: the kubelet is silent, or the node is gone/,
		);
		t.true(seconds <= 46, `${seconds} s`);
		t.deepEqual(leftovers(), []);
	}

	cluster.setNodeFaults(silent, []);
});

test.serial('a probe that hangs is given up after its time', async t => {
	const [, , hanging = ''] = names;
	cluster.setNodeFaults(hanging, [{kind: 'hangs'}]);
	const {stdout, seconds} = await preflightInSeconds(['--timeout', '20s']);
	t.regex(rowsOf(stdout).get(hanging) ?? '', /no answer within 20 s; allow more with --timeout/);
	t.true(seconds >= 20 && seconds <= 23, `${seconds} s`);
	t.deepEqual(leftovers(), []);
	cluster.setNodeFaults(hanging, []);
});
