import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {systemClock} from '../../lib/clock.ts';
import type {ApiRequest} from '../../lib/cluster/api.ts';
import {ExecError} from '../../lib/cluster/exec-errors.ts';
import {removeLeftovers} from '../../lib/collect/leftovers.ts';
import {ShellLost} from '../../lib/transport/node-shell.ts';
import {type OpenPodOptions, openPodShell} from '../../lib/transport/open-pod.ts';
import {removeRun} from '../../lib/transport/remove-run.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {apiOf} from '../cluster-client/test-server.ts';
import {eventually} from '../contract/objects.ts';
import type {Json} from '../contract/plain-client.ts';
import {type EmbeddedCluster, startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {crioNode, healthyNode, silentNode} from '../embedded/scenarios.ts';

const {signal} = new AbortController();
const limits = {maxBytes: 1000, timeout: 20_000, signal};
let runs = 0;

let cluster: EmbeddedCluster;

test.before(async () => {
	cluster = await startEmbeddedCluster({
		nodes: [healthyNode('node-1'), crioNode('node-2'), silentNode('node-3'), healthyNode('node-4')],
		concurrency: 64,
		namespaces: {baseline: {'pod-security.kubernetes.io/enforce': 'baseline'}},
	});
});

test.after.always(async () => cluster.stop());

/** What a shell is opened with; each in a namespace of its own, which is made for it. */
function optionsOf(t: ExecutionContext, node: string, more: Partial<OpenPodOptions> & {readonly user?: string} = {}) {
	runs += 1;
	const user = more.user ?? 'admin';
	const api = apiOf(t, cluster.url, {
		clock: new FakeClock(3_000),
		credentials: {
			who: `user/${user}`,
			get: async () => ({headers: {authorization: `Bearer ${user}-token`}}),
			renew: async () => undefined,
		},
	});
	const object = cluster.list('nodes').find(({metadata}) => metadata.name === node) as Json;
	const {architecture: arch, osImage, kubeletVersion, containerRuntimeVersion: runtime} = object.status.nodeInfo;
	const notices: string[] = [];
	const namespace = more.namespace ?? `shell-${runs}`;
	return {
		notices,
		api,
		namespace,
		target: {node, uid: object.metadata.uid, arch, osImage, kubeletVersion, runtime, notReady: false},
		image: undefined,
		pullSecret: undefined,
		run: `run${String(runs).padStart(7, '0')}`,
		deadlineSeconds: 600,
		clock: systemClock,
		onNotice: (message: string) => notices.push(message),
		signal,
		...more,
	};
}

async function open(t: ExecutionContext, node: string, more: Partial<OpenPodOptions> = {}) {
	const options = optionsOf(t, node, more);
	const shell = await openPodShell(options);
	t.teardown(async () => shell.close());
	const said = async (...words: readonly string[]) => (await shell.exec(words, limits)).stdout.toString().trim();
	return {...options, shell, said, pods: () => cluster.list('pods', options.namespace) as Json[]};
}

for (const node of ['node-1', 'node-2']) {
	test(`commands run on ${node} through a pod, with their input, output and exit code`, async t => {
		const {shell, pods, namespace, notices} = await open(t, node);
		const said = await shell.exec(['cat'], {...limits, stdin: 'hello'});
		t.deepEqual({...said, stdout: said.stdout.toString()}, {code: 0, stdout: 'hello', stderr: ''});
		const failed = await shell.exec(['/bin/sh', '-s', 'a~b', '%c'], {...limits, stdin: 'echo "$1$2" >&2; exit 3\n'});
		t.like(failed, {code: 3, stderr: 'a~b%c\n'});
		const bytes = Buffer.alloc(4_000_001, 'abc');
		const hash = await shell.exec(['sha256sum'], {...limits, stdin: bytes});
		t.is(hash.stdout.toString().slice(0, 64), createHash('sha256').update(bytes).digest('hex'));
		t.like(pods()[0]?.spec, {nodeName: node, hostPID: true, hostNetwork: true, automountServiceAccountToken: false});
		await shell.close();
		t.deepEqual(pods(), []);
		t.deepEqual(notices, [`namespace/${namespace} created`]);
	});
}

test('a word that a shell might take for more is a mistake of ours', async t => {
	const {shell} = await open(t, 'node-1');
	for (const words of [['echo', '$(id)'], ['a b'], ['it"s'], ['`x`'], ['a\nb'], [''], []]) {
		await t.throwsAsync(shell.exec(words, limits), {instanceOf: TypeError}, JSON.stringify(words));
	}
});

test('what a namespace does not admit is told before anything is made', async t => {
	const error = await t.throwsAsync(openPodShell(optionsOf(t, 'node-1', {namespace: 'baseline'})));
	t.regex(error?.message ?? '', /^namespace\/baseline does not admit the act pod: Pod Security refuses it: .*privileged/);
	t.regex((error as Json).remedy, /pod-security\.kubernetes\.io\/enforce=privileged[\s\S]*--via ssh\.$/);
	t.deepEqual(cluster.list('pods', 'baseline'), []);
});

test('a right that is wanting is told before anything is made', async t => {
	cluster.users.add({
		name: 'half',
		token: 'half-token',
		rules: [
			{verbs: ['get'], resources: ['nodes', 'pods/exec']},
			{verbs: ['create', 'list', 'deletecollection'], resources: ['pods']},
		],
	});
	const error = await t.throwsAsync(openPodShell({...optionsOf(t, 'node-1', {user: 'half', namespace: 'default'} as Json)}));
	t.regex(error?.message ?? '', /may not create pods\/exec in namespace default$/);
	t.regex((error as Json).remedy, /rbac node$/);
});

test('a pod that somebody deleted, and one whose container ended, are made again', async t => {
	// A process that can be told from all others.
	const deadlineSeconds = 100_000 + process.pid;
	const {said, pods, api, namespace} = await open(t, 'node-1', {deadlineSeconds});
	const before = pods()[0]?.metadata.uid;
	await api.request({method: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${pods()[0]?.metadata.name}`, signal});
	t.is(await said('echo', 'again'), 'again');
	t.not(pods()[0]?.metadata.uid, before);
	const second = pods()[0]?.metadata.uid;
	const sleeper = execFileSync('ps', ['-A', '-o', 'pid=,args='], {encoding: 'utf8'})
		.split('\n')
		.find(line => line.endsWith(`/bin/sleep ${deadlineSeconds}`));
	process.kill(Number.parseInt(sleeper ?? '', 10), 'SIGKILL');
	// Until its kubelet has seen that, commands are still taken.
	t.true(await eventually(async () => pods()[0]?.status.phase !== 'Running'));
	t.is(await said('echo', 'once', 'more'), 'once more');
	t.not(pods()[0]?.metadata.uid, second);
});

test.serial('a stream that is cut is told as lost, whatever became of the command, and the next one works', async t => {
	const {shell, said} = await open(t, 'node-1');
	for (const kind of ['reset-before', 'truncated', 'answer-lost'] as const) {
		t.teardown(cluster.faults.add({fault: {kind}, resource: 'pods', subresource: 'exec'}));
		const error = await t.throwsAsync(shell.exec(['echo', 'x'], limits), {instanceOf: ShellLost}, kind);
		t.regex(error?.message ?? '', /^node\/node-1 was not reached, or the way to it was cut: /);
		t.is(await said('echo', kind), kind);
	}
});

test('output beyond the limit is no reason to try again', async t => {
	const {shell} = await open(t, 'node-1');
	await t.throwsAsync(shell.exec(['head', '-c', '5000', '/dev/zero'], limits), {
		instanceOf: ExecError,
		message: /more than 1000 bytes/,
	});
});

test('a node that does not start the pod is given up after a minute, and nothing is left', async t => {
	const clock = new FakeClock(5_000);
	const options = optionsOf(t, 'node-3', {clock, namespace: 'default'});
	const error = await t.throwsAsync(openPodShell(options), {instanceOf: ShellLost});
	t.is(error?.message, 'node/node-3 did not start the act pod within 60 s: its kubelet did not take it up');
	t.true(cluster.list('pods', 'default').every(({metadata}) => metadata.deletionTimestamp !== undefined));
});

test('an image that is not there is told by its name', async t => {
	const options = optionsOf(t, 'node-4', {image: 'example.invalid/none:1'});
	cluster.setNodeFaults('node-4', [{kind: 'image-pull', message: 'no such host'}]);
	const error = await t.throwsAsync(openPodShell(options));
	t.regex(
		error?.message ?? '',
		/^the act pod does not start on node\/node-4: image example\.invalid\/none:1 could not be had on this node: /,
	);
	t.deepEqual(cluster.list('pods', options.namespace), []);
});

test('Ctrl-C while the pod starts leaves nothing', async t => {
	const leave = new AbortController();
	const options = optionsOf(t, 'node-2', {signal: leave.signal});
	const opening = openPodShell(options);
	const made = new Promise<void>(resolve => {
		const end = cluster.store.subscribe('pods', ({type, object}) => {
			if (type === 'ADDED' && object.metadata.namespace === options.namespace) {
				end();
				resolve();
			}
		});
	});
	await Promise.race([made, opening]);
	leave.abort(new Error('interrupted by SIGINT'));
	await t.throwsAsync(opening, {message: 'interrupted by SIGINT'});
	t.deepEqual(cluster.list('pods', options.namespace), []);
});

test('a shell that was closed makes no pod any more, whoever still waits for one', async t => {
	const options = optionsOf(t, 'node-1');
	const [held, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
	let isHolding = false;
	const request = async (request: ApiRequest) => {
		if (isHolding && request.method === undefined && request.path.endsWith('/pods')) {
			request.signal.addEventListener('abort', () => held.resolve());
			asked.resolve();
			await held.promise;
		}

		return options.api.request(request);
	};
	const shell = await openPodShell({...options, api: {...options.api, request}});
	const pods = () => cluster.list('pods', options.namespace) as Json[];
	await options.api.request({
		method: 'DELETE',
		path: `/api/v1/namespaces/${options.namespace}/pods/${pods()[0]?.metadata.name}`,
		signal,
	});
	isHolding = true;
	const abandoned = shell.exec(['echo', 'x'], limits).catch((error: unknown) => error);
	await asked.promise;
	await shell.close();
	held.resolve();
	t.like(await abandoned, {message: 'this shell was closed'});
	t.deepEqual(pods(), []);
});

test('what a program that was killed has left is removed by cleanup, and not by a probe of the same run', async t => {
	const {api, namespace, run, pods} = await open(t, 'node-2');
	await removeRun(api, namespace, run, message => t.fail(message));
	t.is(pods().length, 1);
	const removed = await removeLeftovers(api, {
		namespace,
		olderThan: -60_000,
		deleteNamespace: false,
		clock: systemClock,
		signal,
		onNotice: message => t.fail(message),
	});
	t.deepEqual(removed, [`pod/cni-upgrade-act-${run}`]);
	t.deepEqual(pods(), []);
});
