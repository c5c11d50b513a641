import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test from 'ava';
import {cli} from '../../cmd/run-cli.ts';
import {eventually, paths} from '../../contract/objects.ts';
import type {Json} from '../../contract/plain-client.ts';
import {clientOf, RealCluster} from '../../contract/real.ts';
import {type Rig, testCluster} from './cluster.ts';

/** What really becomes of pods on the nodes of test/cluster/rig/nodes.sh, beside what preflight says of them. */
const asked = testCluster();
if (asked?.rig === undefined) {
	test('pods are made on a cluster of the rig only', t => {
		t.pass('this one is not, or none is up: what else the suite says of that stands in contract.test.ts');
	});
} else {
	onOwnCluster(asked.kubeconfig, asked.rig);
}

function onOwnCluster(kubeconfig: string, rig: Rig): void {
	const client = clientOf(kubeconfig);
	const cluster = new RealCluster(client);
	let namespace = '';
	test.serial.before(async () => {
		({namespace} = await cluster.server(900));
	});
	test.after.always(async () => {
		await cluster.clean();
		client.close();
	});

	for (const node of ['node-trixie', 'node-sid', 'node-crio']) {
		test.serial(`${node}, which preflight calls ok: a pod gets its address, and goes`, async t => {
			await make(node);
			t.true(await eventually(async () => (await pod(node)).status?.podIP?.startsWith('10.88.') === true));
			await client.call('DELETE', path(node));
			t.true(await isGone(node));
		});
	}

	test.serial(
		'node-bookworm, whose plugins are older than its config: a pod does not start, with the words of the finding',
		async t => {
			const node = 'node-bookworm';
			const finding = await findingOf(node, 'plugin-supports-config');
			await make(node);
			t.true(await eventually(async () => (await eventsOf(node)).includes('FailedCreatePodSandBox')));
			const words = /ADD fails: (.*?)\), and/.exec(finding.effect)?.[1] ?? 'no words';
			t.true((await eventsOf(node)).includes(words), words);
			const {status} = (await client.call('GET', `/api/v1/nodes/${node}`)).json;
			t.like(
				status.conditions.find(({type}: Json) => type === 'Ready'),
				{status: 'True'},
				'the node stays Ready all the while',
			);
		},
	);

	test.serial('and it hangs in deletion, until the remedy that is printed is carried out', async t => {
		const node = 'node-bookworm';
		const finding = await findingOf(node, 'plugin-supports-config');
		await client.call('DELETE', path(node));
		t.true(await eventually(async () => (await eventsOf(node)).includes('FailedKillPod')));
		await healed(t, node, finding.remedy.slice(finding.remedy.indexOf('Or: ')));
	});

	test.serial(
		'node-early, whose config has no version: a pod runs and hangs in deletion, until the remedy is carried out',
		async t => {
			const node = 'node-early';
			const finding = await findingOf(node, 'spec-version-set');
			await make(node);
			t.true(await eventually(async () => (await pod(node)).status?.phase === 'Running'));
			await client.call('DELETE', path(node));
			t.true(await eventually(async () => (await eventsOf(node)).includes('invalid version "": the version is empty')));
			t.regex(finding.effect, /invalid version "": the version is empty/);
			await healed(t, node, finding.remedy);
		},
	);

	/** Runs the commands of a remedy on the node, waits for the pod to go, and puts the file back as it was. */
	async function healed(
		t: {readonly true: (value: boolean, message?: string) => unknown},
		node: string,
		remedy: string,
	): Promise<void> {
		const commands = remedy.split('\n').filter(line => line.startsWith('  '));
		const file = '/etc/cni/net.d/10-containerd-net.conflist';
		t.true(commands.length > 0, remedy);
		await on(rig, node, `cp -p ${file} /root/as-it-was`);
		try {
			await on(rig, node, commands.map(line => line.trim()).join('\n'));
			t.true(await isGone(node), `a pod of ${node} still hangs after: ${commands.join('\n')}`);
		} finally {
			await on(rig, node, `cp -p /root/as-it-was ${file} && rm /root/as-it-was`);
		}
	}

	async function findingOf(node: string, check: string): Promise<{readonly effect: string; readonly remedy: string}> {
		const {stdout} = await cli(['preflight', node, '--kubeconfig', kubeconfig, '--only', check, '-o', 'json']);
		return JSON.parse(stdout).nodes[0].findings[0];
	}

	async function make(node: string): Promise<void> {
		const image = 'docker.io/library/busybox:1.37';
		const command = ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done'];
		const spec = {nodeName: node, terminationGracePeriodSeconds: 1, containers: [{name: 'main', image, command}]};
		const {status, text} = await client.call('POST', paths.pods(namespace), {
			body: {apiVersion: 'v1', kind: 'Pod', metadata: {name: node}, spec},
		});
		if (status !== 201) {
			throw new Error(`pod/${node}: ${status} ${text}`);
		}
	}

	function path(node: string): string {
		return `${paths.pods(namespace)}/${node}`;
	}

	async function pod(node: string): Promise<Json> {
		return (await client.call('GET', path(node))).json;
	}

	/** Runtimes are asked again with longer and longer pauses. */
	async function isGone(node: string): Promise<boolean> {
		for (let tries = 0; tries < 4; tries++) {
			if (await eventually(async () => (await client.call('GET', path(node))).status === 404)) {
				return true;
			}
		}

		return false;
	}

	/** Reasons and messages of all that the kubelet said of the pod, without the quotes within quotes. */
	async function eventsOf(node: string): Promise<string> {
		const query = {fieldSelector: `involvedObject.name=${node}`};
		const {json} = await client.call('GET', `/api/v1/namespaces/${namespace}/events`, {query});
		return json.items.map(({reason, message}: Json) => `${reason} ${message.replaceAll('\\"', '"')}`).join('\n');
	}
}

/** Commands on a node, as its root, by OpenSSH's own client. */
async function on({sshConfig}: Rig, node: string, commands: string): Promise<void> {
	await promisify(execFile)('ssh', ['-F', sshConfig, '-o', 'BatchMode=yes', node, commands], {timeout: 30_000});
}
