import test from 'ava';
import {recordedFleet} from '../embedded/recorded.ts';
import {startFleet} from './fleet.ts';

/** 1,000 by hand: what holds for 200 holds for more, and this takes a second. */
const size = Number(process.env['CNI_UPGRADE_FLEET'] ?? 200);

const {cluster, preflight, leftovers, stop} = await startFleet({nodes: await recordedFleet({nodes: size, images: 3})});

test.after.always(stop);

test(`one request in ten fails and every other one is late, at ${size} nodes: the same report for at most 1.3 times the requests`, async t => {
	cluster.requests.clear();
	const clean = await preflight();
	const requests = cluster.requests.entries.length;

	for (const code of [500, 502, 503, 504]) {
		cluster.faults.add({fault: {kind: 'status', code}, rate: 0.026, times: Number.POSITIVE_INFINITY});
	}

	for (const ms of [10, 30, 50]) {
		cluster.faults.add({fault: {kind: 'delay', ms}, rate: 0.2, times: Number.POSITIVE_INFINITY});
	}

	cluster.requests.clear();
	const began = performance.now();
	const {code, stdout, stderr} = await preflight();
	const failed = cluster.requests.entries.filter(({status}) => status >= 500).length;
	const share = cluster.requests.entries.length / requests;
	t.log(
		`${requests} requests, with faults ${cluster.requests.entries.length} (${failed} failed), ${Math.round(performance.now() - began)} ms`,
	);
	t.is(code, clean.code, stderr);
	t.is(stdout, clean.stdout);
	t.true(failed / cluster.requests.entries.length > 0.07, `${failed} failed`);
	t.true(share <= 1.3, `${share} times the requests`);
	t.deepEqual(leftovers(), []);
});
