import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {text} from 'node:stream/consumers';
import test from 'ava';
import {recordedFleet} from '../embedded/recorded.ts';
import {startFleet, until} from './fleet.ts';

const nodes = await recordedFleet({nodes: 6, images: 3});
const {cluster, preflight, leftovers, kubeconfig, stop} = await startFleet({nodes});
cluster.setNodeFaults(nodes[0]?.object.metadata.name ?? '', [{kind: 'message', change: () => ''}]);

cluster.requests.clear();
const clean = await preflight();
const total = cluster.requests.entries.length;

test.after.always(stop);
test.afterEach.always(() => {
	cluster.faults.clear();
	cluster.requests.onReceived = undefined;
});

/** Nothing may come into being behind the clean-up either; `ms`: how long a request may be under way. */
async function staysEmpty(ms = 50): Promise<boolean> {
	await new Promise(resolve => {
		setTimeout(resolve, ms);
	});
	return leftovers().length === 0;
}

/** Milliseconds from Ctrl-C to the end. */
const bound = 3000;

async function interruptAt(request: number) {
	const controller = new AbortController();
	let seen = 0;
	let at = 0;
	cluster.requests.onReceived = () => {
		seen += 1;
		if (seen === request) {
			at = performance.now();
			controller.abort(new Error('interrupted by SIGINT'));
		}
	};
	const result = await preflight([], {signal: controller.signal});
	cluster.requests.onReceived = undefined;
	return {...result, took: performance.now() - at};
}

for (let request = 1; request <= total; request += 1) {
	test.serial(`Ctrl-C at request ${request} of ${total} leaves nothing`, async t => {
		const {code, stdout, stderr, took} = await interruptAt(request);
		t.true(took < bound, `${took} ms`);
		t.true(await staysEmpty());
		// When only the clean-up is left, the report is there already: it is shown, or not, but not in part.
		t.true(code === 130 ? stdout === '' : stdout === clean.stdout, stderr);
		if (request <= total - 2) {
			t.is(code, 130, stderr);
		}
	});
}

test.serial('Ctrl-C while the server is slow leaves nothing, also of what it carries out afterwards', async t => {
	for (const resource of ['configmaps', 'pods']) {
		cluster.faults.add({fault: {kind: 'delay', ms: 150}, verb: 'create', resource, times: Number.POSITIVE_INFINITY});
		cluster.requests.clear();
		const controller = new AbortController();
		const running = preflight([], {signal: controller.signal});
		await until(() => cluster.requests.count({verb: 'create', resource}) > (resource === 'pods' ? 2 : 0));
		controller.abort(new Error('interrupted by SIGINT'));
		const {code, stderr} = await running;
		t.is(code, 130, stderr);
		t.true(await staysEmpty(300), `${resource}: ${leftovers().join()}`);
		cluster.faults.clear();
	}
});

test.serial('Ctrl-C while the server fails now and then leaves nothing', async t => {
	for (let request = 8; request <= 16; request += 4) {
		cluster.faults.add({fault: {kind: 'status', code: 503}, rate: 0.3, skip: 4, times: Number.POSITIVE_INFINITY});
		const {code, stderr} = await interruptAt(request);
		t.is(code, 130, stderr);
		t.true(await staysEmpty(), stderr);
		cluster.faults.clear();
	}
});

test.serial('what cannot be removed is named, with the command that will', async t => {
	cluster.faults.add({fault: {kind: 'status', code: 403, reason: 'Forbidden', message: 'denied'}, verb: 'delete', times: 1});
	const {code, stdout, stderr} = await preflight();
	t.is(code, clean.code);
	t.is(stdout, clean.stdout);
	t.regex(
		stderr,
		/configmap\/cni-upgrade-\w+ in namespace\/cni-upgrade could not be removed: denied; remove what is left with: kubectl cni-upgrade cleanup/,
	);
	const [left] = leftovers();
	t.regex(left ?? '', /^configmaps\//);
	cluster.store.remove('configmaps', `cni-upgrade/${left?.slice('configmaps/'.length)}`);
});

const entry = new URL('../../cmd/kubectl-cni_upgrade.ts', import.meta.url).pathname;

function start(argv: readonly string[]): ChildProcess {
	return spawn(process.execPath, [entry, 'preflight', ...argv], {
		env: {PATH: process.env['PATH'], HOME: '/nonexistent', KUBECONFIG: kubeconfig()},
		stdio: ['ignore', 'pipe', 'pipe'],
	});
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	test.serial(`${signal} to the process while pods run leaves nothing and ends with 130`, async t => {
		cluster.setNodeFaults(nodes[1]?.object.metadata.name ?? '', [{kind: 'hangs'}]);
		const child = start([]);
		const ended = once(child, 'close');
		const output = Promise.all([text(child.stdout as never), text(child.stderr as never)]);
		await until(() => cluster.list('pods').length > 0);
		child.kill(signal);
		const [code] = (await ended) as [number | null];
		const [stdout, stderr] = await output;
		t.is(code, 130, stderr);
		t.is(stdout, '');
		t.regex(stderr, /interrupted/i);
		t.true(await staysEmpty());
		cluster.setNodeFaults(nodes[1]?.object.metadata.name ?? '', []);
	});
}

test.serial('a reader of stdout that goes away while pods run changes nothing but that nothing is read', async t => {
	const child = start([]);
	const stderr = text(child.stderr as never);
	child.stdout?.destroy();
	const [code] = (await once(child, 'exit')) as [number | null];
	t.is(code, clean.code, await stderr);
	t.notRegex(await stderr, /EPIPE|\n {4}at /);
	t.true(await staysEmpty());
});

test.serial('a reader of stderr that goes away changes neither the report nor the code', async t => {
	const child = start(['-ojson']);
	const stdout = text(child.stdout as never);
	child.stderr?.destroy();
	const [code] = (await once(child, 'exit')) as [number | null];
	t.is((JSON.parse(await stdout) as {kind: string}).kind, 'PreflightReport');
	t.is(code, clean.code);
	t.true(await staysEmpty());
});
