import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Report} from '../../lib/check/report.ts';
import {runChild} from './child.ts';
import {type Fleet, type FleetStats, startFleet} from './fleet.ts';

const program = join(import.meta.dirname, '../../cmd/kubectl-cni_upgrade.ts');

async function preflight(fleet: Fleet, ...args: readonly string[]) {
	const {code, stdout, stderr} = await runChild([process.execPath, program, 'preflight', '-o', 'json', ...args], {
		KUBECONFIG: fleet.kubeconfig,
	});
	return {code, stderr, report: (stdout === '' ? undefined : JSON.parse(stdout)) as Report | undefined};
}

/** Kinds of node in a recorded fleet, each asked once for its images, and nodes on a page. */
const [kinds, pageSize] = [2, 500];

/** What is promised for any fleet; see the figures of `npm run bench`. */
function assertPromises(t: ExecutionContext, nodes: number, stats: FleetStats): void {
	const pages = Math.ceil(nodes / pageSize);
	t.true(stats.requests <= 1.02 * nodes + 6 + kinds + pages, JSON.stringify(stats.byVerb));
	t.true(stats.connections <= 16, `${stats.connections} connections`);
	t.true(stats.pods.peak <= 250, `${stats.pods.peak} pods at once`);
	t.is(stats.pods.made, nodes);
	t.is(stats.pods.now, 0);
	t.is(stats.configMaps, 0);
	t.is(stats.pulls, 0);
}

test('1,000 nodes are asked with one request each over 16 connections at most, with 250 pods at once at most', async t => {
	const fleet = await startFleet({nodes: 1_000});
	try {
		const {code, report, stderr} = await preflight(fleet);
		t.is(code, 3, stderr);
		t.deepEqual(report?.summary.nodes, {total: 1_000, ok: 700, warning: 100, error: 200, unknown: 0});
		t.is(report?.nodes.length, 1_000);
		assertPromises(t, 1_000, await fleet.stats());
	} finally {
		await fleet.stop();
	}
});

test('100 nodes keep to it too, once their namespace is there', async t => {
	const fleet = await startFleet({nodes: 100});
	try {
		await preflight(fleet);
		const first = await fleet.stats();
		const {code, stderr} = await preflight(fleet);
		t.is(code, 3, stderr);
		const {requests, pods, ...stats} = await fleet.stats();
		assertPromises(t, 100, {
			...stats,
			requests: requests - first.requests,
			connections: stats.connections - first.connections,
			pods: {...pods, made: pods.made - first.pods.made},
		});
	} finally {
		await fleet.stop();
	}
});

test('--via api is one request for 5,000 nodes', async t => {
	const fleet = await startFleet({nodes: 5_000});
	try {
		const {code, report, stderr} = await preflight(fleet, '--via', 'api');
		t.is(code, 1, stderr);
		t.deepEqual(report?.summary.nodes, {total: 5_000, ok: 0, warning: 0, error: 0, unknown: 5_000});
		const {requests, connections, pods, bytes} = await fleet.stats();
		t.deepEqual({requests, connections, made: pods.made}, {requests: 1, connections: 1, made: 0});
		t.true(bytes / 5_000 < 250, `${bytes / 5_000} bytes a node`);
	} finally {
		await fleet.stop();
	}
});
