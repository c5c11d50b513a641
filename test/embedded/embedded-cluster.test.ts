import {existsSync} from 'node:fs';
import {dirname} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {readFrame} from '../../lib/node-script/frame.ts';
import {collectScript} from '../../lib/node-script/script.ts';
import {chooseLaunch} from '../../lib/transport/probe-image.ts';
import {probePod, scriptConfigMap} from '../../lib/transport/probe-pod.ts';
import {configMap, paths} from '../contract/objects.ts';
import {type Json, PlainClient} from '../contract/plain-client.ts';
import {type EmbeddedCluster, type EmbeddedClusterOptions, startEmbeddedCluster} from './embedded-cluster.ts';
import type {Node, Pod} from './objects.ts';
import {shellLessNode} from './provider-nodes.ts';
import {recordedFleet} from './recorded.ts';
import {demoFleet, healthyNode} from './scenarios.ts';
import {caCertificate} from './server.ts';
import type {NodeFault} from './simulated-node.ts';
import {fingerprint} from './tree.ts';

const run = 'abcdefghij';
const namespace = 'cni-upgrade';

async function start(
	t: ExecutionContext,
	options: EmbeddedClusterOptions,
): Promise<{cluster: EmbeddedCluster; client: PlainClient}> {
	const cluster = await startEmbeddedCluster({namespaces: {[namespace]: {}}, ...options});
	const client = new PlainClient({url: cluster.url, ca: caCertificate, token: 'admin-token'});
	t.teardown(async () => {
		client.close();
		await cluster.stop();
	});
	return {cluster, client};
}

/** Makes the product's own probe pod on each node; the pods as they are when the watch has seen enough of them. */
async function probe(
	client: PlainClient,
	nodes: readonly Node[],
	isEnough: (pod: Json) => boolean,
): Promise<ReadonlyMap<string, Json>> {
	const owner = (await client.call('POST', paths.configMaps(namespace), {body: scriptConfigMap(namespace, run, collectScript())}))
		.json.metadata;
	const {resourceVersion} = (await client.call('GET', paths.pods(namespace))).json.metadata;
	for (const [index, {metadata, status}] of nodes.entries()) {
		const {architecture = '', osImage = '', containerRuntimeVersion: runtime = ''} = status.nodeInfo;
		const launch = chooseLaunch({arch: architecture, osImage}, status.images) ?? {image: 'none', hostDirs: []};
		const {name: node, uid} = metadata;
		const pod = probePod({
			namespace,
			name: `probe-${index}`,
			node,
			uid,
			runtime,
			run,
			index,
			launch,
			pull: true,
			pullSecret: undefined,
			deadlineSeconds: 60,
			configMap: owner,
		});
		await client.call('POST', paths.pods(namespace), {body: pod});
	}

	const pods = new Map<string, Json>();
	for await (const {object} of client.lines(paths.pods(namespace), {query: {watch: true, resourceVersion, timeoutSeconds: 20}})) {
		if (isEnough(object)) {
			pods.set(object.spec.nodeName, object);
		}

		if (pods.size === nodes.length) {
			break;
		}
	}

	return pods;
}

const terminated = (pod: Json) => pod.status.containerStatuses?.[0]?.state?.terminated;
const hasEnded = (pod: Json) => terminated(pod) !== undefined || pod.status.phase === 'Failed';

test('every node of the demo whose kubelet speaks answers the real script with a whole frame, and no file of it changes', async t => {
	const {cluster, client} = await start(t, {nodes: demoFleet()});
	const nodes = (cluster.list('nodes') as readonly Node[]).filter(({metadata}) => metadata.name !== 'worker-6');
	const prints = () => nodes.map(({metadata}) => fingerprint(cluster.tree(metadata.name).root));
	const before = prints();
	const pods = await probe(client, nodes, hasEnded);
	t.is(pods.size, 7);
	for (const {metadata} of nodes) {
		const frame = readFrame(terminated(pods.get(metadata.name)).message, {run, uid: metadata.uid});
		t.is(frame.kind, 'answer', metadata.name);
		t.regex(frame.kind === 'answer' ? frame.records : '', /\nanswer \S+ 0 =.*\n[\s\S]*\nend\n/, metadata.name);
	}

	t.deepEqual(prints(), before);
	t.deepEqual(cluster.pulls, []);
	t.is(cluster.alive.peak, 7);
});

test('a plugin that is read instead of run answers the same', async t => {
	const recordsOf = async (interpretPlugins: boolean): Promise<string> => {
		const {cluster, client} = await start(t, {nodes: [healthyNode('one')], interpretPlugins});
		const [{metadata}] = cluster.list('nodes') as readonly [Node];
		const pods = await probe(client, cluster.list('nodes') as readonly Node[], hasEnded);
		const frame = readFrame(terminated(pods.get('one')).message, {run, uid: metadata.uid});
		return frame.kind === 'answer' ? frame.records.replace(/^host boot-id .*/m, '') : frame.kind;
	};

	t.is(await recordsOf(true), await recordsOf(false));
});

test('nothing is left of a cluster that was stopped', async t => {
	const cluster = await startEmbeddedCluster({nodes: [healthyNode('one')]});
	const directory = dirname(dirname(dirname(cluster.tree('one').root)));
	t.true(existsSync(directory));
	await cluster.stop();
	t.false(existsSync(directory));
	await t.throwsAsync(new PlainClient({url: cluster.url, ca: caCertificate}).call('GET', '/version'), {code: 'ECONNREFUSED'});
});

test('a host without a shell fails the probe in the words of chroot', async t => {
	const {cluster, client} = await start(t, {nodes: [shellLessNode()]});
	const pods = await probe(client, cluster.list('nodes') as readonly Node[], hasEnded);
	t.like(terminated(pods.get('bottlerocket-1')), {exitCode: 127, reason: 'Error'});
	const {text} = await client.call('GET', `${paths.pods(namespace)}/probe-0/log`);
	t.regex(text, /^chroot: failed to run command '\/bin\/sh': No such file or directory/);
});

test('a recorded fleet answers for each run and node, with the configured share of silent kubelets', async t => {
	const fleet = await recordedFleet({nodes: 20, silentPercent: 5});
	const {cluster, client} = await start(t, {nodes: fleet});
	const nodes = (cluster.list('nodes') as readonly Node[]).slice(5);
	const pods = await probe(client, nodes, hasEnded);
	for (const {metadata} of nodes) {
		t.is(readFrame(terminated(pods.get(metadata.name)).message, {run, uid: metadata.uid}).kind, 'answer');
	}

	const conditions = (cluster.list('nodes') as readonly Node[]).map(({status}) => status.conditions.at(-1)?.status);
	t.deepEqual(conditions.slice(0, 6), ['Unknown', 'Unknown', 'Unknown', 'Unknown', 'Unknown', 'True']);
});

const nodeFaults: readonly {
	readonly title: string;
	readonly fault: NodeFault;
	readonly enough: (pod: Json) => boolean;
	readonly shows: (t: ExecutionContext, pod: Json) => void;
}[] = [
	{
		title: 'an image that cannot be pulled is backed off from',
		fault: {kind: 'image-pull'},
		enough: pod => pod.status.containerStatuses?.[0].state.waiting?.reason === 'ImagePullBackOff',
		shows: (t, pod) => t.regex(pod.status.containerStatuses[0].state.waiting.message, /^Back-off pulling image .*no such host$/),
	},
	{
		title: 'an evicted pod has no container that ended',
		fault: {kind: 'pod-failed', reason: 'Evicted', message: 'The node was low on resource: memory.'},
		enough: hasEnded,
		shows: (t, pod) => t.like(pod.status, {phase: 'Failed', reason: 'Evicted', containerStatuses: undefined}),
	},
	{
		title: 'a container that was killed for memory says so',
		fault: {kind: 'oom-killed'},
		enough: hasEnded,
		shows: (t, pod) => t.like(terminated(pod), {exitCode: 137, reason: 'OOMKilled'}),
	},
	{
		title: 'a container that could not start says why',
		fault: {kind: 'start-error', message: 'exec: "/bin/sh": no such file'},
		enough: hasEnded,
		shows: (t, pod) => t.like(terminated(pod), {exitCode: 128, reason: 'StartError', message: 'exec: "/bin/sh": no such file'}),
	},
	{
		title: 'a message can be garbled on its way',
		fault: {kind: 'message', change: message => message.slice(0, 100)},
		enough: hasEnded,
		shows: (t, pod) => t.is(terminated(pod).message.length, 100),
	},
];

for (const {title, fault, enough, shows} of nodeFaults) {
	test(`node fault: ${title}`, async t => {
		const {cluster, client} = await start(t, {nodes: [healthyNode('one')]});
		cluster.setNodeFaults('one', [fault]);
		const pods = await probe(client, cluster.list('nodes') as readonly Node[], enough);
		shows(t, pods.get('one'));
	});
}

test('a silent kubelet neither starts nor ends a pod', async t => {
	const {cluster, client} = await start(t, {nodes: [{...healthyNode('one'), faults: [{kind: 'silent'}]}]});
	const pods = await probe(client, cluster.list('nodes') as readonly Node[], () => true);
	t.is(pods.get('one').status.startTime, undefined);
	const path = `${paths.pods(namespace)}/probe-0`;
	t.regex((await client.call('GET', `${path}/log`)).json.message, /dial tcp 10\.10\.0\.11:10250/);
	const {json} = await client.call('DELETE', path, {query: {gracePeriodSeconds: 30}});
	t.truthy(json.metadata.deletionTimestamp);
	t.is((await client.call('GET', path)).status, 200);
	await client.call('DELETE', path, {query: {gracePeriodSeconds: 0}});
	t.is((await client.call('GET', path)).status, 404);
});

test('a fault strikes the requests that it names, as often as it says', async t => {
	const {cluster, client} = await start(t, {nodes: []});
	cluster.faults.add({
		resource: 'pods',
		verb: 'list',
		times: 2,
		fault: {kind: 'status', code: 429, reason: 'TooManyRequests', retryAfterSeconds: 7},
	});
	const first = await client.call('GET', paths.pods(namespace));
	t.is(first.status, 429);
	t.is(first.headers['retry-after'], '7');
	t.is((await client.call('GET', paths.configMaps(namespace))).status, 200);
	t.is((await client.call('GET', paths.pods(namespace))).status, 429);
	t.is((await client.call('GET', paths.pods(namespace))).status, 200);
	t.is(cluster.faults.struck, 2);
});

test('a request can be carried out and its answer lost, or never reach the server', async t => {
	const {cluster, client} = await start(t, {nodes: []});
	cluster.faults.add({verb: 'create', fault: {kind: 'answer-lost'}});
	await t.throwsAsync(client.call('POST', paths.configMaps(namespace), {body: configMap('lost')}), {code: 'ECONNRESET'});
	t.is((await client.call('GET', `${paths.configMaps(namespace)}/lost`)).status, 200);
	cluster.faults.add({verb: 'create', fault: {kind: 'reset-before'}});
	await t.throwsAsync(client.call('POST', paths.configMaps(namespace), {body: configMap('never')}), {code: 'ECONNRESET'});
	t.is((await client.call('GET', `${paths.configMaps(namespace)}/never`)).status, 404);
	cluster.faults.add({verb: 'list', fault: {kind: 'truncated'}});
	await t.throwsAsync(client.call('GET', paths.configMaps(namespace)));
});

test('a watch can lie in every way that it is told to', async t => {
	const {cluster, client} = await start(t, {nodes: []});
	await client.call('POST', paths.configMaps(namespace), {body: configMap('one')});
	const watch = async (fault: Parameters<EmbeddedCluster['faults']['add']>[0]['fault']) => {
		cluster.faults.add({fault});
		const types: string[] = [];
		for await (const {type} of client.lines(paths.configMaps(namespace), {query: {watch: true, timeoutSeconds: 1}})) {
			types.push(type);
		}

		return types;
	};

	t.deepEqual(await watch({kind: 'gone'}), ['ERROR']);
	t.deepEqual(await watch({kind: 'duplicates'}), ['ADDED', 'ADDED']);
	t.deepEqual(await watch({kind: 'close'}), []);
	await t.throwsAsync(watch({kind: 'bad-json'}), {instanceOf: SyntaxError});
	await t.throwsAsync(watch({kind: 'truncated-line'}), {instanceOf: SyntaxError});
});

test('pods are refused by quota, policy and webhook in the words of a real server', async t => {
	const {cluster, client} = await start(t, {nodes: [healthyNode('one')], podSecurityDefault: 'restricted'});
	const message = async (): Promise<string> => {
		const launch = {image: 'registry.k8s.io/pause:3.10', hostDirs: ['/bin']};
		const body = probePod({
			namespace,
			name: 'p',
			node: 'one',
			uid: 'u',
			runtime: 'containerd://2.2.1',
			run,
			index: 0,
			launch,
			pull: true,
			pullSecret: undefined,
			deadlineSeconds: 60,
			configMap: undefined,
		});
		return (await client.call('POST', paths.pods(namespace), {query: {dryRun: 'All'}, body})).json.message;
	};

	t.is(
		await message(),
		'pods "p" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true), ' +
			'seLinuxOptions (container "collect" set forbidden securityContext.seLinuxOptions: type "spc_t"), ' +
			'unrestricted capabilities (container "collect" must not include "SYS_CHROOT" in securityContext.capabilities.add), ' +
			'restricted volume types (volumes "host", "host-bin" use restricted volume type "hostPath"), ' +
			'runAsNonRoot != true (pod or container "collect" must set securityContext.runAsNonRoot=true), ' +
			'runAsUser=0 (container "collect" must not set runAsUser=0)',
	);
	cluster.refusePods(namespace, {kind: 'webhook', webhook: 'validate.kyverno.svc-fail', message: 'no host paths here'});
	t.is(await message(), 'admission webhook "validate.kyverno.svc-fail" denied the request: no host paths here');
	cluster.refusePods(namespace, undefined);
	cluster.store.update('namespaces', namespace, object => ({
		...object,
		metadata: {...object.metadata, labels: {'pod-security.kubernetes.io/enforce': 'privileged'}},
	}));
	cluster.refusePods(namespace, {kind: 'quota', quota: 'compute', limit: 0});
	t.is(await message(), 'pods "p" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=0, limited: pods=0');
});

test('the log of requests counts verbs, connections and bytes', async t => {
	const {cluster, client} = await start(t, {nodes: []});
	for (const name of ['a', 'b', 'c']) {
		await client.call('POST', paths.configMaps(namespace), {body: configMap(name)});
	}

	const {text} = await client.call('GET', paths.configMaps(namespace));
	t.is(cluster.requests.count({verb: 'create', resource: 'configmaps', status: 201, user: 'admin'}), 3);
	t.deepEqual(cluster.requests.summary(), {'create configmaps': 3, 'list configmaps': 1});
	t.is(cluster.requests.filter({verb: 'list'})[0]?.bytes, Buffer.byteLength(text));
	t.is(cluster.requests.connections, 1);
});

test('what the embedded cluster does not have is 501, never a guess', async t => {
	const {client} = await start(t, {nodes: [healthyNode('one')]});
	t.is((await client.call('POST', `${paths.pods(namespace)}/p/attach`)).status, 501);
	const headers = {'content-type': 'application/json-patch+json'};
	t.is((await client.call('PATCH', '/api/v1/nodes/one', {headers, body: []})).status, 501);
	const merge = {'content-type': 'application/merge-patch+json'};
	t.is((await client.call('PATCH', '/api/v1/nodes/one', {headers: merge, body: {spec: {providerID: 'x'}}})).status, 501);
	t.is((await client.call('GET', `${paths.pods(namespace)}/p/log`, {query: {stream: 'Stdout'}})).status, 501);
	t.is((await client.call('DELETE', `${paths.configMaps(namespace)}/c`, {query: {propagationPolicy: 'Foreground'}})).status, 501);
});

test('a pod that is bound to no node of this cluster stays pending', async t => {
	const {cluster, client} = await start(t, {nodes: []});
	const launch = {image: 'busybox', hostDirs: []};
	const body = probePod({
		namespace,
		name: 'p',
		node: 'gone',
		uid: 'u',
		runtime: 'containerd://2.2.1',
		run,
		index: 0,
		launch,
		pull: true,
		pullSecret: undefined,
		deadlineSeconds: 60,
		configMap: undefined,
	});
	t.is((await client.call('POST', paths.pods(namespace), {body})).status, 201);
	t.is((cluster.list('pods')[0] as Pod).status.phase, 'Pending');
});

test('a pod whose volume is not on the host is never started', async t => {
	const {cluster, client} = await start(t, {nodes: [healthyNode('one')]});
	const launch = {image: 'registry.k8s.io/pause:3.10', hostDirs: ['/bin', '/nix']};
	const body = probePod({
		namespace,
		name: 'p',
		node: 'one',
		uid: 'u',
		runtime: 'containerd://2.2.1',
		run,
		index: 0,
		launch,
		pull: true,
		pullSecret: undefined,
		deadlineSeconds: 1,
		configMap: undefined,
	});
	await client.call('POST', paths.configMaps(namespace), {body: scriptConfigMap(namespace, run, collectScript())});
	await client.call('POST', paths.pods(namespace), {body});
	const states: string[] = [];
	for await (const {object} of client.lines(paths.pods(namespace), {query: {watch: true, timeoutSeconds: 10}})) {
		states.push(
			`${object.status.phase} ${object.status.reason ?? object.status.containerStatuses?.[0].state.waiting.reason ?? ''}`,
		);
		if (object.status.phase === 'Failed') {
			break;
		}
	}

	t.deepEqual(states.slice(-2), ['Pending ContainerCreating', 'Failed DeadlineExceeded']);
	t.is(cluster.alive.unfinishedPeak, 1);
});

test('an image without a shell cannot run the probe unless the host lends its own', async t => {
	const {client} = await start(t, {nodes: [healthyNode('one')]});
	await client.call('POST', paths.configMaps(namespace), {body: scriptConfigMap(namespace, run, collectScript())});
	const launch = {image: 'registry.k8s.io/pause:3.10', hostDirs: []};
	const body = probePod({
		namespace,
		name: 'p',
		node: 'one',
		uid: 'u',
		runtime: 'containerd://2.2.1',
		run,
		index: 0,
		launch,
		pull: true,
		pullSecret: undefined,
		deadlineSeconds: 60,
		configMap: undefined,
	});
	await client.call('POST', paths.pods(namespace), {body});
	for await (const {object} of client.lines(paths.pods(namespace), {query: {watch: true, timeoutSeconds: 10}})) {
		if (hasEnded(object)) {
			t.is(terminated(object).reason, 'StartError');
			t.regex(terminated(object).message, /exec: "\/bin\/sh": stat \/bin\/sh: no such file or directory/);
			break;
		}
	}
});
