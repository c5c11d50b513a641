import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';
import {type Clock, systemClock} from '../../lib/clock.ts';
import {type CliResult, cli} from '../cmd/run-cli.ts';
import {type EmbeddedCluster, type EmbeddedClusterOptions, startEmbeddedCluster} from '../embedded/embedded-cluster.ts';

/** An embedded cluster, and the command line in front of it. */
export type Fleet = {
	readonly cluster: EmbeddedCluster;
	/** `preflight -o json` where no other format is named, with naps of retries over at once. */
	readonly preflight: (argv?: readonly string[], context?: RunContext) => Promise<CliResult>;
	/** The path of a user's kubeconfig. */
	readonly kubeconfig: (user?: string) => string;
	/** Objects of ours that are there still, in `TYPE/name` form. Namespaces are meant to stay. */
	readonly leftovers: () => readonly string[];
	readonly stop: () => Promise<void>;
};

export type RunContext = {readonly user?: string; readonly clock?: Clock; readonly signal?: AbortSignal};

export async function startFleet(options: EmbeddedClusterOptions): Promise<Fleet> {
	const cluster = await startEmbeddedCluster({
		namespaces: {'cni-upgrade': {'pod-security.kubernetes.io/enforce': 'privileged'}},
		...options,
	});
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-faults-'));
	const kubeconfig = (user = 'admin') => {
		const path = join(directory, user);
		writeFileSync(path, cluster.kubeconfig(user));
		return path;
	};
	return {
		cluster,
		kubeconfig,
		async preflight(argv = [], {user, clock = hurried, signal} = {}) {
			const format = argv.some(word => word.startsWith('-o')) ? [] : ['-ojson'];
			const result = await cli(['preflight', ...format, ...argv], {
				env: {KUBECONFIG: kubeconfig(user)},
				clock,
				...(signal && {signal}),
			});
			return {...result, stdout: withoutTime(result.stdout)};
		},
		leftovers: () =>
			['pods', 'configmaps'].flatMap(resource =>
				cluster
					.list(resource)
					.filter(({metadata}) => metadata.name.startsWith('cni-upgrade-'))
					.map(({metadata}) => `${resource}/${metadata.name}`),
			),
		async stop() {
			await cluster.stop();
			rmSync(directory, {recursive: true, force: true});
		},
	};
}

/** When facts were collected is all in which two reports of the same fleet differ. */
export function withoutTime(report: string): string {
	return report.replaceAll(/"collectedAt": "[^"]*"/g, '"collectedAt": ""');
}

/** Time as it is, but naps below five seconds, which is what retries take, are over at once. */
export const hurried: Clock = {
	...systemClock,
	async sleep(ms, signal) {
		signal.throwIfAborted();
		return ms < 5000 ? turn() : systemClock.sleep(ms, signal);
	},
};

/** Settles when it holds; the test's own timeout is the bound. */
export async function until(holds: () => boolean): Promise<void> {
	while (!holds()) {
		await new Promise(resolve => {
			setTimeout(resolve, 2);
		});
	}
}

/** Each node's part of a JSON report, as text. */
export function rowsOf(report: string): ReadonlyMap<string, string> {
	const {nodes} = JSON.parse(report) as {readonly nodes: readonly {readonly name: string}[]};
	return new Map(nodes.map(node => [node.name, JSON.stringify(node)]));
}
