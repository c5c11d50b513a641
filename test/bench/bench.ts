import {type ChildResult, runChild} from '../scale/child.ts';

export type Bench = {
	/** The program and what starts it. */
	readonly program: readonly [string, ...string[]];
	/** In words. */
	readonly what: string;
};

/** A table, or a line of text. */
type Shown = {readonly head: readonly string[]; readonly rows: readonly (readonly string[])[]} | string;

export type BenchRow = {
	readonly name: string;
	readonly title: string;
	readonly run: (bench: Bench) => Promise<readonly Shown[]>;
};

/** Runs the commands in turn, so that what the machine does meanwhile strikes all of them; the median of each by time. */
export async function alternating(
	times: number,
	commands: readonly (() => Promise<ChildResult>)[],
): Promise<readonly ChildResult[]> {
	const results: ChildResult[][] = commands.map(() => []);
	for (let round = 0; round < times; round += 1) {
		for (const [index, command] of commands.entries()) {
			results[index]?.push(await command());
		}
	}

	return results.map(all => {
		const median = all.toSorted((a, b) => a.ms - b.ms)[all.length >> 1];
		if (median === undefined) {
			throw new Error('a benchmark has to run at least once');
		}

		return median;
	});
}

/** Whether a program is there and runs. */
export async function isThere(command: readonly [string, ...string[]]): Promise<boolean> {
	return runChild(command).then(
		({code}) => code === 0,
		() => false,
	);
}

export const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
export const mebibytes = (mib: number | undefined) => (mib === undefined ? '-' : `${Math.round(mib)} MiB`);
export const times = (ratio: number) => `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`;
