import {runChild} from '../../scale/child.ts';
import {startFleet} from '../../scale/fleet.ts';
import {type Bench, type BenchRow, mebibytes, seconds, times} from '../bench.ts';

const sizes = [100, 1_000, 5_000];

export const preflightByPod: BenchRow = {
	name: 'preflight-by-pod',
	title: 'a probe pod on each node, which answers at once',
	async run(bench) {
		const runs = [];
		for (const nodes of sizes) {
			runs.push(await measure(bench, nodes));
		}

		const [, thousand, most] = runs;
		return [
			{
				head: ['NODES', 'WALL', 'PEAK MEMORY', 'REQUESTS/NODE', 'BYTES/NODE', 'CONNECTIONS', 'PODS AT ONCE', 'LEFT', 'EXIT'],
				rows: runs.map(({nodes, result, stats}) => [
					String(nodes),
					seconds(result.ms),
					mebibytes(result.peakMiB),
					(stats.requests / nodes).toFixed(3),
					String(Math.round(stats.bytes / nodes)),
					String(stats.peakConnections),
					String(stats.pods.peak),
					String(stats.pods.now + stats.configMaps),
					String(result.code),
				]),
			},
			`wall(5,000) / wall(1,000): ${times((most?.result.ms ?? Number.NaN) / (thousand?.result.ms ?? Number.NaN))} for 5x the nodes`,
		];
	},
};

async function measure({program}: Bench, nodes: number) {
	const fleet = await startFleet({nodes});
	try {
		const result = await runChild([...program, 'preflight'], {KUBECONFIG: fleet.kubeconfig});
		return {nodes, result, stats: await fleet.stats()};
	} finally {
		await fleet.stop();
	}
}
