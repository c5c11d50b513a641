import test from 'ava';
import {type EmbeddedCluster, startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {healthyMachine} from '../embedded/machine/upgradable.ts';
import {crioNode, healthyNode} from '../embedded/scenarios.ts';
import {caCertificate} from '../embedded/server.ts';
import {contract, type Server} from './contract.ts';
import {PlainClient} from './plain-client.ts';

/** An image with a shell: what the embedded kubelet pulls runs with this machine's. */
const image = 'docker.io/library/busybox:1.37';

let cluster: EmbeddedCluster;
let client: PlainClient;

test.before(async () => {
	cluster = await startEmbeddedCluster({
		nodes: [healthyNode('node-1'), crioNode('node-2'), healthyMachine('node-3', 24)],
		concurrency: 64,
	});
	client = new PlainClient({url: cluster.url, ca: caCertificate, token: 'admin-token'});
});

test.after.always(async () => {
	client.close();
	await cluster.stop();
});

for (const [index, {title, run, compacts}] of contract.entries()) {
	// Serial tests run first, one by one.
	(compacts ? test.serial : test)(title, async t => {
		const namespace = `contract-${index}`;
		await client.call('POST', '/api/v1/namespaces', {body: {metadata: {name: namespace}}});
		await run(t, serverFor(namespace, 'node-1'));
	});
}

for (const [node, kind] of [
	['node-2', 'CRI-O'],
	['node-3', 'a machine'],
] as const) {
	for (const [index, {title, run}] of contract.filter(({needs}) => needs === 'kubelet').entries()) {
		test(`${title} (${kind})`, async t => {
			const namespace = `${node}-${index}`;
			await client.call('POST', '/api/v1/namespaces', {body: {metadata: {name: namespace}}});
			await run(t, serverFor(namespace, node));
		});
	}
}

function serverFor(namespace: string, node: string): Server {
	let users = 0;
	return {
		client,
		namespace,
		node,
		image,
		async userWith(rules) {
			users += 1;
			const name = `${namespace}-user-${users}`;
			cluster.users.add({name, token: `${name}-token`, rules});
			return {name, client: client.as(`${name}-token`)};
		},
		async compact() {
			cluster.store.compact();
		},
	};
}
