import test from 'ava';
import type {Api, ApiRequest} from '../../lib/cluster/api.ts';
import {ApiError} from '../../lib/cluster/errors.ts';
import {NodeAgent} from '../../lib/run/agent.ts';
import {proveWithCanary} from '../../lib/run/proof/canary.ts';
import type {Verdict} from '../../lib/run/proof/proof.ts';
import {waitDaemonPods} from '../../lib/run/ready.ts';
import {fakeApi} from '../cluster-client/fake-api.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {fakeShell, run, uid} from './fake-shell.ts';

const sandboxFailed = 'Failed to create pod sandbox: plugin type="bridge" failed (add): the add-on is not ready yet';
const killFailed =
	'error killing pod: failed to destroy network for sandbox "1": plugin type="portmap" failed (delete): no version';

/** A pod that runs at once, after a first ADD that failed, and is gone so many milliseconds after its deletion. */
function clusterOf(clock: FakeClock, {goneAfter, saysAtTheEnd = []}: {goneAfter: number; saysAtTheEnd?: readonly string[]}): Api {
	let isMade = false;
	let deleted: number | undefined;
	const answer = ({method = 'GET', path}: ApiRequest): unknown => {
		const isThere = isMade && (deleted === undefined || clock.monotonic() - deleted < goneAfter);
		if (path.endsWith('/events')) {
			const messages = [sandboxFailed, ...(deleted === undefined ? [] : saysAtTheEnd)];
			return {kind: 'EventList', items: messages.map(message => ({reason: 'Failed', message}))};
		}

		if (method === 'POST') {
			isMade = true;
			return {kind: 'Pod'};
		}

		if (!path.includes('/pods/') || !isThere) {
			throw new ApiError({status: 404, json: {}, text: 'not found', headers: {}, server: 'https://test', method, path});
		}

		deleted ??= method === 'DELETE' ? clock.monotonic() : undefined;
		return {kind: 'Pod', metadata: {uid: 'u'}, status: {phase: 'Running', podIP: '10.244.3.7'}};
	};
	return {...fakeApi(), request: async request => ({status: 200, headers: {}, json: answer(request), text: ''})};
}

const deletions: readonly (readonly [string, Parameters<typeof clusterOf>[1], Verdict, RegExp])[] = [
	['a pod that goes at once', {goneAfter: 0}, 'proved', /^pod\//],
	['a pod that takes its time, and did not start at once', {goneAfter: 40_000}, 'proved', /^pod\//],
	['a pod that does not go, and nobody says why', {goneAfter: Number.POSITIVE_INFINITY}, 'not-proved', /does not go/],
	[
		'a pod whose network is not taken down',
		{goneAfter: Number.POSITIVE_INFINITY, saysAtTheEnd: [killFailed]},
		'disproved',
		/failed to destroy network/,
	],
];

for (const [title, life, verdict, detail] of deletions) {
	test(`${title}: ${verdict}`, async t => {
		const clock = new FakeClock(60_000);
		const proof = await proveWithCanary({
			api: clusterOf(clock, life),
			agent: new NodeAgent({shell: fakeShell(['reached\tyes\tping', 'result\tok']), node: 'worker-1', uid, run, clock}),
			node: {name: 'worker-1'},
			run,
			namespace: 'cni-upgrade',
			launch: {image: 'pause', hostDirs: []},
			pull: false,
			pullSecret: undefined,
			other: undefined,
			ranges: [],
			exec: async () => ({code: 0, stdout: 'yes'}),
			clock,
			signal: new AbortController().signal,
			onItem() {},
			onNotice() {},
		});
		t.is(proof.verdict, verdict);
		t.regex(proof.items.find(({id}) => id === 'deleted')?.detail ?? '', detail);
	});
}

const daemonPod = (name: string, status: string) => ({
	metadata: {namespace: 'kube-system', name: `${name}-x`, ownerReferences: [{kind: 'DaemonSet', controller: true, name}]},
	status: {conditions: [{type: 'Ready', status}]},
});

test('a DaemonSet that was not Ready before is no failure of the upgrade, one that was is', async t => {
	const wait = async (failing: readonly string[]) => {
		const list = {kind: 'PodList', items: [daemonPod('net', 'True'), daemonPod('agent', 'False')]};
		return waitDaemonPods({
			api: {...fakeApi(), request: async () => ({status: 200, headers: {}, json: list, text: ''})},
			node: {name: 'worker-1', uid},
			failing,
			clock: new FakeClock(60_000),
			signal: new AbortController().signal,
		});
	};
	t.deepEqual(await wait(['kube-system/agent']), {
		id: 'add-on',
		result: 'skipped',
		detail: 'not Ready before, and not now: pod/agent-x in kube-system',
	});
	t.like(await wait(['kube-system/other']), {result: 'no'});
});
