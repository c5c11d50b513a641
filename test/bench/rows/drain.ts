import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {runChild} from '../../scale/child.ts';
import {type BenchRow, isThere, seconds, times} from '../bench.ts';
import {embeddedGround} from '../drain/embedded-ground.ts';
import {type Ground, pods, terminationSeconds} from '../drain/ground.ts';
import {realGround} from '../drain/real-ground.ts';

const client = join(import.meta.dirname, '../drain/client.ts');
const cachedKubectl = join(import.meta.dirname, '../../../.cache/programs/kubernetes/kubectl');

/** Runs in turn; the median by time counts. */
const rounds = 3;

/** How a program is told to drain a node, as somebody. */
type Drainer = (ground: Ground) => readonly [string, ...string[]];

/** With CNI_UPGRADE_BENCH_KUBECONFIG and CNI_UPGRADE_BENCH_AUDIT_LOG in the environment, on that real API server as well. */
export const drain: BenchRow = {
	name: 'drain',
	title: `${pods} pods that take ${terminationSeconds} s to end, against kubectl drain, in turn, the median of ${rounds}`,
	async run() {
		const kubectl = await kubectlHere();
		const drainers: readonly (readonly [string, Drainer])[] = [
			['ours', ({node, user}) => [process.execPath, client, node, ...(user === undefined ? [] : [user])]],
			...(kubectl === undefined ? [] : [['kubectl drain', byKubectl(kubectl)] as const]),
		];
		const {CNI_UPGRADE_BENCH_KUBECONFIG: kubeconfig, CNI_UPGRADE_BENCH_AUDIT_LOG: auditLog} = process.env;
		const shown = [...(await compare('embedded', embeddedGround, drainers))];
		if (kubeconfig !== undefined && auditLog !== undefined) {
			shown.push(...(await compare('real', async () => realGround({kubeconfig, auditLog}), drainers)));
		}

		return [
			{head: ['SERVER', 'WAY', 'WALL', 'RATIO', 'REQUESTS', 'REQUESTS/POD', 'ENDS AFTER THE LAST POD', 'EXIT'], rows: shown},
			...(kubectl === undefined ? ['kubectl is not here: nothing to compare with'] : []),
		];
	},
};

async function compare(
	server: string,
	prepare: () => Promise<Ground>,
	drainers: readonly (readonly [string, Drainer])[],
): Promise<readonly (readonly string[])[]> {
	const runs = drainers.map(([title]) => ({title, results: [] as Awaited<ReturnType<typeof measure>>[]}));
	for (let round = 0; round < rounds; round += 1) {
		for (const [index, [, drainer]] of drainers.entries()) {
			runs[index]?.results.push(await measure(prepare, drainer));
		}
	}

	const medians = runs.map(({title, results}) => ({title, ...median(results)}));
	const ours = medians[0]?.ms ?? Number.NaN;
	return medians.map(({title, ms, requests, late, code}) => [
		server,
		title,
		seconds(ms),
		times(ms / ours),
		String(requests),
		(requests / pods).toFixed(2),
		seconds(late),
		String(code),
	]);
}

async function measure(prepare: () => Promise<Ground>, drainer: Drainer) {
	const ground = await prepare();
	const home = mkdtempSync(join(tmpdir(), 'cni-upgrade-bench-home-'));
	try {
		const {code, ms, stderr} = await runChild(drainer(ground), {KUBECONFIG: ground.kubeconfig, HOME: home});
		const ended = Date.now();
		const {requests, byVerb, lastGone} = await ground.stats();
		if (code !== 0 || process.env['CNI_UPGRADE_BENCH_VERBOSE'] !== undefined) {
			process.stderr.write(`${stderr.slice(0, 2000)}\n${JSON.stringify({ms, requests, byVerb, late: ended - lastGone})}\n`);
		}

		return {code, ms, requests, late: ended - lastGone};
	} finally {
		await ground.stop();
		rmSync(home, {recursive: true, force: true});
	}
}

function median<T extends {readonly ms: number}>(results: readonly T[]): T {
	const middle = results.toSorted((a, b) => a.ms - b.ms)[results.length >> 1];
	if (middle === undefined) {
		throw new Error('a benchmark has to run at least once');
	}

	return middle;
}

function byKubectl(kubectl: string): Drainer {
	return ({node, user}) => [
		kubectl,
		'drain',
		node,
		'--force',
		'--ignore-daemonsets',
		...(user === undefined ? [] : [`--as=${user}`, '--as-group=system:masters']),
	];
}

async function kubectlHere(): Promise<string | undefined> {
	for (const kubectl of [cachedKubectl, 'kubectl']) {
		if (await isThere([kubectl, 'version', '--client'])) {
			return kubectl;
		}
	}

	return undefined;
}
