import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

/** What the server counted; see `statistics` in test/embedded/main.ts. */
export type FleetStats = {
	readonly requests: number;
	/** By `verb resource`. */
	readonly byVerb: Readonly<Record<string, number>>;
	/** Of the bodies of all answers. */
	readonly bytes: number;
	readonly connections: number;
	readonly peakConnections: number;
	readonly pods: {
		readonly now: number;
		readonly peak: number;
		readonly made: number /** Milliseconds since 1970. */;
		readonly lastGone: number | null;
	};
	readonly configMaps: number;
	readonly pulls: number;
};

export type Fleet = {
	/** A kubeconfig file. */
	readonly kubeconfig: string;
	/** An empty directory that goes with the fleet. */
	readonly directory: string;
	readonly stats: () => Promise<FleetStats>;
	readonly stop: () => Promise<void>;
};

const main = join(import.meta.dirname, '../embedded/main.ts');

/** An embedded cluster of recorded nodes in a process of its own, so that nothing of it counts for its client. */
export async function startFleet({
	nodes,
	silentPercent = 0,
	pods = 0,
	terminationSeconds = 0,
}: {
	readonly nodes: number;
	readonly silentPercent?: number;
	/** On the first node, running. */
	readonly pods?: number;
	/** How long those take to end. */
	readonly terminationSeconds?: number;
}): Promise<Fleet> {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-fleet-'));
	const kubeconfig = join(directory, 'kubeconfig');
	const server = spawn(
		process.execPath,
		[
			main,
			'--recorded',
			`--nodes=${nodes}`,
			`--silent=${silentPercent}`,
			`--pods=${pods}`,
			`--termination=${terminationSeconds}`,
			`--kubeconfig=${kubeconfig}`,
		],
		{stdio: ['pipe', 'pipe', 'inherit']},
	);
	const lines = createInterface({input: server.stdout});
	const nextLine = async () => {
		const ended = once(server, 'exit').then(([code]) => {
			throw new Error(`the embedded cluster ended with ${String(code)}`);
		});
		return Promise.race([once(lines, 'line').then(([line]) => line as string), ended]);
	};
	await nextLine();
	return {
		kubeconfig,
		directory,
		async stats() {
			server.stdin.write('stats\n');
			return JSON.parse(await nextLine()) as FleetStats;
		},
		async stop() {
			if (server.exitCode === null) {
				server.stdin.end();
				await once(server, 'exit');
			}

			rmSync(directory, {recursive: true, force: true});
		},
	};
}
