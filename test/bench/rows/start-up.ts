import {runChild} from '../../scale/child.ts';
import {alternating, type BenchRow, mebibytes, times} from '../bench.ts';

export const startUp: BenchRow = {
	name: 'start-up',
	title: 'against Node.js with an empty program, medians of 15 in turn',
	async run({program}) {
		const commands: readonly (readonly [string, readonly [string, ...string[]]])[] = [
			['node -e 0', [process.execPath, '-e', '0']],
			['--version', [...program, '--version']],
			['--help', [...program, '--help']],
			['preflight --help', [...program, 'preflight', '--help']],
		];
		const results = await alternating(
			15,
			commands.map(
				([, command]) =>
					async () =>
						runChild(command),
			),
		);
		const bare = results[0]?.ms ?? Number.NaN;
		return [
			{
				head: ['COMMAND', 'WALL', 'RATIO', 'PEAK MEMORY'],
				rows: results.map(({ms, peakMiB}, index) => [
					commands[index]?.[0] ?? '',
					`${ms.toFixed(0)} ms`,
					times(ms / bare),
					mebibytes(peakMiB),
				]),
			},
		];
	},
};
