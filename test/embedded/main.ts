/*
The embedded cluster as a process of its own:

	node test/embedded/main.ts --demo --kubeconfig FILE                                  eight nodes with trees
	node test/embedded/main.ts --upgradable --kubeconfig FILE                            four machines with pods
	node test/embedded/main.ts --nodes N --recorded [--silent PERCENT] --kubeconfig FILE  any number of recorded ones

With --pods N there are so many on the first recorded node, which run until they are deleted and take --termination SECONDS to end.

It writes the kubeconfig, prints one line, `ready URL NODES`, and ends when its standard input ends or on SIGTERM or SIGINT,
removing everything that it made. A line `stats` on standard input is answered with one line of JSON.
*/
import {rmSync, writeFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';
import {type EmbeddedCluster, startEmbeddedCluster} from './embedded-cluster.ts';
import {healthyMachine, runWorkloads, upgradable} from './machine/upgradable.ts';
import {recordedFleet} from './recorded.ts';
import {plantPods} from './running-pods.ts';
import {demoFleet} from './scenarios.ts';

const {values} = parseArgs({
	options: {
		demo: {type: 'boolean', default: false},
		upgradable: {type: 'boolean', default: false},
		nodes: {type: 'string'},
		recorded: {type: 'boolean', default: false},
		silent: {type: 'string', default: '0'},
		pods: {type: 'string', default: '0'},
		termination: {type: 'string', default: '0'},
		kubeconfig: {type: 'string'},
	},
});

const modes = [values.demo, values.upgradable, values.recorded].filter(Boolean).length;
if (values.kubeconfig === undefined || modes !== 1 || values.recorded !== (values.nodes !== undefined)) {
	process.stderr.write(
		'usage: node test/embedded/main.ts (--demo | --upgradable | --nodes N --recorded [--silent PERCENT]) --kubeconfig FILE\n',
	);
	process.exit(2);
}

const {kubeconfig} = values;
const pods = Number(values.pods);
const nodes = values.recorded
	? await recordedFleet({nodes: Number(values.nodes), silentPercent: Number(values.silent)})
	: values.upgradable
		? [...upgradable(), healthyMachine()]
		: demoFleet();
const cluster = await startEmbeddedCluster({
	nodes:
		pods === 0
			? nodes
			: nodes.map(node => ({...node, faults: [{kind: 'hangs'}], terminationSeconds: Number(values.termination)})),
});
if (pods > 0) {
	plantPods(cluster.store, nodes[0]?.object.metadata.name ?? '', pods);
}

const endWorkloads = values.upgradable ? runWorkloads(cluster.store) : () => undefined;

let lastGone: number | null = null;
cluster.store.subscribe('pods', ({type}) => {
	if (type === 'DELETED') {
		lastGone = Date.now();
	}
});
writeFileSync(kubeconfig, cluster.kubeconfig(), {mode: 0o600});

let isStopping = false;
const input = createInterface({input: process.stdin});
input.on('line', line => {
	if (line === 'stats') {
		process.stdout.write(`${JSON.stringify(statistics(cluster))}\n`);
	}
});
input.once('close', stop);
process.once('SIGTERM', stop).once('SIGINT', stop);
process.stdout.write(`ready ${cluster.url} ${nodes.length}\n`);

function stop(): void {
	if (!isStopping) {
		isStopping = true;
		input.close();
		rmSync(kubeconfig, {force: true});
		endWorkloads();
		void cluster.stop().then(() => process.exit(0));
	}
}

/** What scale tests assert. */
function statistics({requests, alive, pulls, list}: EmbeddedCluster) {
	return {
		requests: requests.count(),
		byVerb: requests.summary(),
		bytes: requests.bytes,
		connections: requests.connections,
		peakConnections: requests.peakConnections,
		pods: {now: alive.now, peak: alive.peak, made: alive.made, lastGone},
		configMaps: list('configmaps').length,
		pulls: pulls.length,
		rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
	};
}
