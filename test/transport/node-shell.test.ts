import {createHash} from 'node:crypto';
import type {ExecutionContext} from 'ava';
import test from 'ava';
import {systemClock} from '../../lib/clock.ts';
import {ShellLost} from '../../lib/transport/node-shell.ts';
import {openPodShell} from '../../lib/transport/open-pod.ts';
import {apiOf} from '../cluster-client/test-server.ts';
import {type EmbeddedCluster, startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {crioNode, healthyNode} from '../embedded/scenarios.ts';

const namespace = 'kubectl-cni-upgrade';

async function start(t: ExecutionContext) {
	const cluster = await startEmbeddedCluster({
		nodes: [healthyNode('node-1'), crioNode('node-2')],
		namespaces: {[namespace]: {'pod-security.kubernetes.io/enforce': 'privileged'}},
	});
	t.teardown(async () => cluster.stop());
	return cluster;
}

function optionsOf(t: ExecutionContext, cluster: EmbeddedCluster, node: string, notices: string[] = []) {
	const api = apiOf(t, cluster.url, {
		clock: systemClock,
		credentials: {
			who: 'user/admin',
			get: async () => ({headers: {authorization: 'Bearer admin-token'}}),
			renew: async () => undefined,
		},
	});
	const object = cluster.list('nodes').find(({metadata}) => metadata.name === node) as any;
	const {architecture: arch, osImage, kubeletVersion, containerRuntimeVersion: runtime} = object.status.nodeInfo;
	return {
		api,
		namespace,
		target: {node, uid: object.metadata.uid, arch, osImage, kubeletVersion, runtime, notReady: false},
		image: undefined,
		pullSecret: undefined,
		run: 'run0000001',
		deadlineSeconds: 600,
		clock: systemClock,
		onNotice: (message: string) => notices.push(message),
		signal: new AbortController().signal,
	};
}

for (const node of ['node-1', 'node-2']) {
	test(`commands run on ${node} through a pod, with their input, output and exit code`, async t => {
		const cluster = await start(t);
		const shell = await openPodShell(optionsOf(t, cluster, node));
		const {signal} = new AbortController();
		const limits = {maxBytes: 1000, timeout: 20_000, signal};
		const said = await shell.exec(['cat'], {...limits, stdin: 'hello'});
		t.deepEqual({...said, stdout: said.stdout.toString()}, {code: 0, stdout: 'hello', stderr: ''});
		const failed = await shell.exec(['/bin/sh', '-s', 'a~b', '%c'], {...limits, stdin: 'echo "$1$2" >&2; exit 3\n'});
		t.like(failed, {code: 3, stderr: 'a~b%c\n'});
		const bytes = Buffer.alloc(4_000_001, 'abc');
		const hash = await shell.exec(['sha256sum'], {...limits, stdin: bytes});
		t.is(hash.stdout.toString().slice(0, 64), createHash('sha256').update(bytes).digest('hex'));
		await shell.close();
		t.deepEqual(cluster.list('pods', namespace), []);
	});
}
