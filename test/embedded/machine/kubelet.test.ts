import {existsSync} from 'node:fs';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {paths} from '../../contract/objects.ts';
import {type Json, PlainClient} from '../../contract/plain-client.ts';
import {type EmbeddedCluster, startEmbeddedCluster} from '../embedded-cluster.ts';
import {caCertificate} from '../server.ts';
import {healthyMachine, oldButWorking, runWorkloads} from './upgradable.ts';

const test = anyTest as TestFn<{cluster: EmbeddedCluster; client: PlainClient}>;

const node = 'worker-1';

test.beforeEach(async t => {
	const cluster = await startEmbeddedCluster({nodes: [oldButWorking(), healthyMachine('worker-2', 22)]});
	const client = new PlainClient({url: cluster.url, ca: caCertificate, token: 'admin-token'});
	t.context = {cluster, client};
});

test.afterEach.always(async t => {
	t.context.client.close();
	await t.context.cluster.stop();
});

async function until(holds: () => boolean | Promise<boolean>): Promise<boolean> {
	for (let left = 400; left > 0; left -= 1) {
		if (await holds()) {
			return true;
		}

		await new Promise(resolve => setTimeout(resolve, 10));
	}

	return false;
}

const podBody = (name: string, spec: object = {}) => ({
	metadata: {name},
	spec: {nodeName: node, containers: [{name: 'c', image: 'registry.example/web:1', command: ['sleep', '3600']}], ...spec},
});

const podOf = (cluster: EmbeddedCluster, name: string) => cluster.store.get('pods', `default/${name}`) as Json;
const readyOf = (cluster: EmbeddedCluster) =>
	(cluster.store.get('nodes', node) as Json).status.conditions.find(({type}: Json) => type === 'Ready');
const eventsOf = (cluster: EmbeddedCluster, reason: string) =>
	(cluster.list('events') as Json[]).filter(event => event.reason === reason).map(event => event.message);

async function make(cluster: EmbeddedCluster, client: PlainClient, name: string, spec: object = {}): Promise<void> {
	await client.call('POST', paths.pods('default'), {body: podBody(name, spec)});
	await until(() => podOf(cluster, name)?.status.phase === 'Running');
}

test('a pod gets an address of the node, and its lease goes with it', async t => {
	const {cluster, client} = t.context;
	await make(cluster, client, 'a');
	t.is(podOf(cluster, 'a').status.podIP, '10.244.21.2');
	const leases = async () => (await cluster.machine(node).run('ls "$CNI_UPGRADE_ROOT/var/lib/cni/networks/mynet"')).stdout;
	t.is(await leases(), '10.244.21.2\nlast_reserved_ip.0\nlock\n');
	await client.call('DELETE', `${paths.pods('default')}/a`);
	t.true(await until(() => podOf(cluster, 'a') === undefined));
	t.is(await leases(), 'last_reserved_ip.0\nlock\n');
});

test('where ADD fails a pod stays at ContainerCreating, where DEL fails it stays, with the events of a real node', async t => {
	const {cluster, client} = t.context;
	await make(cluster, client, 'old');
	await cluster.machine(node).run('sed -i s/0.4.0/1.0.0/ "$CNI_UPGRADE_ROOT/etc/cni/net.d/10-mynet.conflist"');
	await client.call('POST', paths.pods('default'), {body: podBody('new')});
	t.true(await until(() => eventsOf(cluster, 'FailedCreatePodSandBox').length > 0));
	t.regex(
		eventsOf(cluster, 'FailedCreatePodSandBox')[0],
		/^Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "[\da-f]{64}": plugin type="bridge" failed \(add\): incompatible CNI versions; config is "1.0.0", plugin supports \["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0"\]$/,
	);
	t.is(podOf(cluster, 'new').status.containerStatuses[0].state.waiting.reason, 'ContainerCreating');
	await client.call('DELETE', `${paths.pods('default')}/old`);
	t.true(await until(() => eventsOf(cluster, 'FailedKillPod').length > 0));
	t.regex(
		eventsOf(cluster, 'FailedKillPod')[0],
		/^error killing pod: failed to "KillPodSandbox" for "[\da-f-]{36}" with KillPodSandboxError: "rpc error: code = Unknown desc = failed to destroy network for sandbox \\"[\da-f]{64}\\": plugin type=\\"portmap\\" failed \(delete\): incompatible CNI versions; config is \\"1.0.0\\"/,
	);
	t.truthy(podOf(cluster, 'old').metadata.deletionTimestamp);
	await cluster.machine(node).run('sed -i s/1.0.0/0.4.0/ "$CNI_UPGRADE_ROOT/etc/cni/net.d/10-mynet.conflist"');
	t.true(await until(() => podOf(cluster, 'old') === undefined && podOf(cluster, 'new').status.phase === 'Running'));
});

test('the node is NotReady a while after its kubelet or runtime stopped, and Ready with a new heartbeat after their start', async t => {
	const {cluster} = t.context;
	const machine = cluster.machine(node);
	t.is(readyOf(cluster).status, 'True');
	await machine.run('systemctl stop containerd');
	t.true(await until(() => readyOf(cluster).message === 'container runtime is down'));
	t.is(readyOf(cluster).status, 'False');
	await machine.run('systemctl start containerd');
	t.true(await until(() => readyOf(cluster).status === 'True'));
	await machine.run('systemctl stop kubelet');
	t.true(await until(() => readyOf(cluster).status === 'Unknown'));
	t.is(readyOf(cluster).message, 'Kubelet stopped posting node status.');
	const lease = () => (cluster.store.get('leases', `kube-node-lease/${node}`) as Json).spec.renewTime;
	const before = lease();
	await machine.run('systemctl start kubelet');
	t.is(readyOf(cluster).status, 'True');
	t.true(lease() > before);
});

const execPath = (name: string) => `${paths.pods('default')}/${name}/exec`;

test('exec in the privileged pod works in the tree, by nsenter; it is cut with the kubelet, and refused until that is back', async t => {
	const {cluster, client} = t.context;
	const machine = cluster.machine(node);
	await make(cluster, client, 'act', {hostNetwork: true, hostPID: true, restartPolicy: 'Never'});
	const inNode = (...words: string[]) => ['chroot', '/host', 'nsenter', '-t', '1', '-m', '-u', '-i', '-n', '-p', '--', ...words];
	const answer = (await client.exec(execPath('act'), inNode('/bin/sh', '-s', 'x'), {
		input: 'echo "$1"; systemctl is-active kubelet; exit 3',
	})) as Json;
	t.is(answer.stdout, 'x\nactive\n');
	t.is(answer.status.details.causes[0].message, '3');
	const flying = client.exec(execPath('act'), inNode('/bin/sh', '-c', 'echo begun; : >"$CNI_UPGRADE_ROOT/begun"; sleep 20'));
	t.true(await until(() => existsSync(join(machine.tree.root, 'begun'))));
	await machine.run('systemctl stop kubelet');
	const cut = (await flying.catch((error: Error) => error)) as Json;
	t.is(cut.status, undefined, 'no status: the connection ended');
	const refused = (await client.exec(execPath('act'), inNode('true'))) as Json;
	t.is(refused.answer.status, 500);
	t.is(refused.answer.json.message, 'error dialing backend: dial tcp 10.10.0.21:10250: connect: connection refused');
	await machine.run('systemctl start kubelet');
	t.is(((await client.exec(execPath('act'), inNode('true'))) as Json).status.status, 'Success');
	t.is(podOf(cluster, 'act').status.phase, 'Running', 'it survives');
});

test('a stream that is cut by the end of the runtime says that all went well, as a real one does', async t => {
	const {cluster, client} = t.context;
	await make(cluster, client, 'a');
	const flying = client.exec(execPath('a'), ['sh', '-c', 'echo begun; : >begun; sleep 20; echo ended']);
	t.true(await until(() => existsSync(join(cluster.machine(node).tree.root, 'begun'))));
	await cluster.machine(node).run('systemctl stop containerd');
	const {stdout, status} = (await flying) as Json;
	t.is(stdout, 'begun\n');
	t.is(status.status, 'Success');
	t.regex(
		((await client.exec(execPath('a'), ['true'])) as Json).answer.json.message,
		/dial unix \/run\/containerd\/containerd.sock/,
	);
});

test('after a reboot a pod that is always restarted has another sandbox, one that is never restarted has failed', async t => {
	const {cluster, client} = t.context;
	await make(cluster, client, 'again');
	await make(cluster, client, 'once', {restartPolicy: 'Never'});
	await cluster.machine(node).reboot();
	t.true(
		await until(
			() =>
				podOf(cluster, 'again').status.containerStatuses[0].restartCount === 1 &&
				podOf(cluster, 'again').status.phase === 'Running',
		),
	);
	t.is(podOf(cluster, 'once').status.phase, 'Failed');
	t.is((cluster.store.get('nodes', node) as Json).status.nodeInfo.bootID, cluster.machine(node).bootId);
});

test('a sandbox that was stopped under the kubelet is made again', async t => {
	const {cluster, client} = t.context;
	await make(cluster, client, 'a');
	await cluster.machine(node).run('crictl stopp $(crictl pods -q --name a)');
	t.true(await until(() => eventsOf(cluster, 'SandboxChanged').length === 1));
	t.true(
		await until(
			() => podOf(cluster, 'a').status.phase === 'Running' && podOf(cluster, 'a').status.containerStatuses[0].restartCount === 1,
		),
	);
});

test('evicted pods of a ReplicaSet start elsewhere, those of a DaemonSet on their node', async t => {
	const {cluster, client} = t.context;
	const end = runWorkloads(cluster.store);
	const web = () =>
		(cluster.list('pods', 'default') as Json[])
			.filter(pod => pod.status.phase === 'Running')
			.map(pod => pod.spec.nodeName as string);
	const agents = () =>
		(cluster.list('pods', 'kube-system') as Json[])
			.filter(pod => pod.status.phase === 'Running')
			.map(pod => pod.spec.nodeName as string);
	t.true(await until(() => web().length === 2 && agents().length === 2));
	t.deepEqual(
		agents().toSorted((a, b) => a.localeCompare(b)),
		['worker-1', 'worker-2'],
	);
	cluster.store.update<Json>('nodes', node, current => ({...current, spec: {...current.spec, unschedulable: true}}));
	for (const pod of (cluster.list('pods') as Json[]).filter(pod => pod.spec.nodeName === node)) {
		await client.call('DELETE', `${paths.pods(pod.metadata.namespace)}/${pod.metadata.name}`);
	}

	t.true(
		await until(
			() =>
				web().join() === 'worker-2,worker-2' &&
				agents()
					.toSorted((a, b) => a.localeCompare(b))
					.join() === 'worker-1,worker-2',
		),
	);
	end();
});
