/*
The machines as nodes of an embedded cluster: real systems behind an API server of this process. Their kubelets are silent, so that
SSH is the only way to them.

	node test/cluster/machines/main.ts --kubeconfig FILE [--save FILE]

	kubectl cni-upgrade --kubeconfig FILE preflight --via ssh --ssh-config /var/lib/cni-upgrade-machines/ssh/config

It asks each machine with OpenSSH's own client first, for what a kubelet would report of it. With --save it writes the facts that it got
in this way: `lint` of them finds what `preflight` has to find. Then it writes the kubeconfig, prints one line, `ready URL NODES`, and
ends when its standard input ends, or on SIGTERM or SIGINT.
*/
import {rmSync, writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {apiHalf, joinFacts} from '../../../lib/collect/join.ts';
import {parseAnswer} from '../../../lib/facts/answer.ts';
import type {NodeFacts} from '../../../lib/facts/node-facts.ts';
import {savedFactsText} from '../../../lib/facts/saved.ts';
import {shareEqual} from '../../../lib/facts/share.ts';
import {isUnknown, type Known} from '../../../lib/facts/unknown.ts';
import {type NodeSetup, startEmbeddedCluster} from '../../embedded/embedded-cluster.ts';
import {nodeObject} from '../../embedded/node-object.ts';
import {askNode, type Machines, machines} from './machines.ts';

const {values} = parseArgs({options: {kubeconfig: {type: 'string'}, save: {type: 'string'}}});
const made = machines();
if (values.kubeconfig === undefined || made === undefined) {
	process.stderr.write(
		made === undefined ? 'machines: none is up\n' : 'usage: node test/cluster/machines/main.ts --kubeconfig FILE [--save FILE]\n',
	);
	process.exit(2);
}

const {kubeconfig, save} = values;
const asked = await Promise.all(made.nodes.map(async node => askedNode(made, node)));
const cluster = await startEmbeddedCluster({nodes: asked.map(({setup}) => setup)});
if (save !== undefined) {
	writeFileSync(save, [...savedFactsText(asked.map(({facts}) => facts))].join(''));
}

writeFileSync(kubeconfig, cluster.kubeconfig(), {mode: 0o600});
process.stdin.resume().once('close', stop);
process.once('SIGTERM', stop).once('SIGINT', stop);
process.stdout.write(`ready ${cluster.url} ${asked.length}\n`);

function stop(): void {
	rmSync(kubeconfig, {force: true});
	void cluster.stop().then(() => process.exit(0));
}

async function askedNode(
	by: Machines,
	{name, address}: Machines['nodes'][number],
): Promise<{readonly setup: NodeSetup; readonly facts: NodeFacts}> {
	const records = await askNode(by, name);
	const {host, runtime} = parseAnswer(records);
	const row = {
		name,
		status: 'NotReady',
		roles: '<none>',
		version: 'v1.34.2',
		osImage: text(host.osImage),
		kernel: text(host.kernel),
		runtime: `${text(runtime.name)}://${text(runtime.version)}`,
		internalIP: address,
		externalIP: '<none>',
	};
	const {osImage, kernel, runtime: reported, version: kubelet} = row;
	const share = shareEqual();
	const object = nodeObject({name, address, osImage, kernel, kubelet, runtime: reported, ready: 'Unknown'});
	return {
		setup: {object, host: {kind: 'recorded', answer: () => ''}, faults: [{kind: 'silent'}]},
		facts: joinFacts(apiHalf(row, [row], share), {via: 'ssh', records}, {collectedAt: new Date().toISOString(), share}),
	};
}

function text(fact: Known<string>): string {
	return isUnknown(fact) ? 'Unknown' : fact;
}
