import {runChild} from '../../scale/child.ts';
import {startFleet} from '../../scale/fleet.ts';
import {alternating, type BenchRow, isThere, mebibytes, seconds, times} from '../bench.ts';

const nodes = 5_000;

export const viaApi: BenchRow = {
	name: 'via-api',
	title: 'the API half of 5,000 nodes, medians of 5 in turn',
	async run({program}) {
		const hasKubectl = await isThere(['kubectl', 'version', '--client']);
		const fleet = await startFleet({nodes});
		try {
			const commands: readonly (readonly [string, readonly [string, ...string[]]])[] = [
				['preflight --via api', [...program, 'preflight', '--via', 'api']],
				['preflight --via api -o json', [...program, 'preflight', '--via', 'api', '-o', 'json']],
				...(hasKubectl ? ([['kubectl get nodes -o wide', ['kubectl', 'get', 'nodes', '-o', 'wide']]] as const) : []),
			];
			const env = {KUBECONFIG: fleet.kubeconfig, HOME: fleet.directory};
			const results = await alternating(
				5,
				commands.map(
					([, command]) =>
						async () =>
							runChild(command, env),
				),
			);
			const ours = results[0]?.ms ?? Number.NaN;
			return [
				{
					head: ['COMMAND', 'WALL', 'RATIO', 'PEAK MEMORY', 'EXIT'],
					rows: results.map(({ms, peakMiB, code}, index) => [
						commands[index]?.[0] ?? '',
						seconds(ms),
						times(ms / ours),
						mebibytes(peakMiB),
						String(code),
					]),
				},
				...(hasKubectl ? [] : ['kubectl is not here: nothing to compare with']),
			];
		} finally {
			await fleet.stop();
		}
	},
};
