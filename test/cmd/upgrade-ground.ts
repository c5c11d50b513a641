import {createHash} from 'node:crypto';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {PassThrough, Writable} from 'node:stream';
import type {ExecutionContext} from 'ava';
import type {Context} from '../../cmd/context.ts';
import {type EmbeddedCluster, type NodeSetup, startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import type {Machine} from '../embedded/machine/machine.ts';
import {healthyMachine, oldButWorking, runWorkloads} from '../embedded/machine/upgradable.ts';
import type {KubeObject, Node, Pod} from '../embedded/objects.ts';
import {pluginRelease, releaseEntries, writeRelease} from '../embedded/plugin-release.ts';
import {everything, type Rule} from '../embedded/users.ts';
import {QuickClock} from '../run/quick-clock.ts';
import {type CliResult, cli} from './run-cli.ts';

/** What the simulated chain needs; fewer files than a real release has. */
export const types = ['bridge', 'host-local', 'loopback', 'portmap', 'tuning'] as const;

/** The plugins are large enough for a disk to be full of them. */
const releaseSpec = {types, padding: 8192};

/** The config of worker-1. */
export const configPath = '/etc/cni/net.d/10-mynet.conflist';

export type Ground = {
	readonly cluster: EmbeddedCluster;
	/** For files of a test. */
	readonly directory: string;
	/** The path of a release archive with its checksum beside it. */
	readonly release: string;
	readonly machine: Machine;
	/** The text of worker-1's config at the beginning; empty where it has another one. */
	readonly oldConfig: string;
	readonly kubeconfig: (user?: string) => string;
	/** Runs one command line as a user; stops waiting quickly. */
	readonly run: (argv: readonly string[], context?: RunContext) => Promise<CliResult>;
	/** `node worker-1` with that release, its config to 1.0.0, and no question. */
	readonly upgrade: (argv?: readonly string[], context?: RunContext) => Promise<CliResult>;
	/** All that has to be equal in the end: see `stateOf`. */
	readonly state: () => State;
};

export type RunContext = Partial<Context> & {readonly user?: string; readonly isTTY?: boolean};

export type GroundOptions = {
	readonly nodes?: readonly NodeSetup[];
	readonly users?: readonly {readonly name: string; readonly rules: readonly Rule[]}[];
	readonly workloads?: Parameters<typeof runWorkloads>[1];
};

/** A cluster of machines with pods on them, of which worker-1 has old plugins. Ends with the test. */
export async function startGround(t: ExecutionContext, {nodes, users = [], workloads}: GroundOptions = {}): Promise<Ground> {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-ground-'));
	const cluster = await startEmbeddedCluster({
		nodes: nodes ?? [oldButWorking(), healthyMachine()],
		users: [...users, ...['first', 'second', 'third'].map(name => ({name, rules: everything}))],
		namespaces: {'cni-upgrade': {'pod-security.kubernetes.io/enforce': 'privileged'}},
	});
	const endWorkloads = runWorkloads(cluster.store, workloads);
	t.teardown(async () => {
		endWorkloads();
		await cluster.stop();
		rmSync(directory, {recursive: true, force: true});
	});
	const kubeconfig = (user = 'admin') => {
		const path = join(directory, `kubeconfig-${user}`);
		writeFileSync(path, cluster.kubeconfig(user));
		return path;
	};
	const release = writeRelease(directory, pluginRelease(releaseSpec));
	const run: Ground['run'] = async (argv, {user, ...context} = {}) =>
		cli(argv, {clock: new QuickClock(), ...context, env: {KUBECONFIG: kubeconfig(user), ...context.env}});
	await until(() => podsOf(cluster).length > 0 && podsOf(cluster).every(isReady));
	return {
		cluster,
		directory,
		release,
		machine: cluster.machine('worker-1'),
		oldConfig: readText(join(cluster.machine('worker-1').tree.root, configPath)),
		kubeconfig,
		run,
		upgrade: async (argv = [], context) =>
			run(['node', 'worker-1', '--plugins', release, '--cni-version', '1.0.0', '--ignore-daemonsets', '--yes', ...argv], context),
		state: () => stateOf(cluster, 'worker-1'),
	};
}

function readText(path: string): string {
	return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

export type State = {
	readonly machine: readonly string[];
	readonly unschedulable: boolean;
	readonly annotations: readonly string[];
	/** By what they belong to; names of pods are drawn by lot. */
	readonly pods: readonly string[];
	/** Of ours, of any kind. */
	readonly leftovers: readonly string[];
};

/** What a run has to leave as it should be: the node's files, modes, owners, services and packages, its Node object, and the cluster's pods. */
export function stateOf(cluster: EmbeddedCluster, name: string): State {
	const node = cluster.list('nodes').find(({metadata}) => metadata.name === name) as Node | undefined;
	return {
		machine: cluster.machine(name).fingerprint(),
		unschedulable: node?.spec.unschedulable === true,
		annotations: Object.keys(node?.metadata.annotations ?? {}).filter(key => key.startsWith('cni-upgrade/')),
		pods: podsOf(cluster)
			.map(pod => `${ownerOf(pod)} ${isReady(pod) ? 'ready' : pod.status.phase}`)
			.sort(),
		leftovers: leftoversOf(cluster),
	};
}

/** The same node as it has to be once it is upgraded: other plugins and another version in its config, and nothing else. */
export function upgraded(before: State, ground: Ground): State {
	const sha = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
	const plugins = releaseEntries(releaseSpec).map(({name, content = ''}): [string, string] => [
		`/opt/cni/bin/${basename(name)}`,
		sha(content),
	]);
	const hashes = new Map([...plugins, [configPath, sha(ground.oldConfig.replace('"0.4.0"', '"1.0.0"'))]]);
	return {
		...before,
		machine: before.machine.map(line => {
			const hash = hashes.get(line.split(' ')[0] ?? '');
			return hash === undefined ? line : line.replace(/[\da-f]{64}$/, hash);
		}),
	};
}

/** Objects of ours that are there: pods, leases, the config maps of scripts. */
export function leftoversOf(cluster: EmbeddedCluster): readonly string[] {
	return ['pods', 'configmaps', 'leases'].flatMap(resource =>
		cluster
			.list(resource)
			.filter(({metadata}) => metadata.name.startsWith('cni-upgrade-'))
			.map(({metadata}) => `${resource}/${metadata.name}`),
	);
}

export function eventsOf(cluster: EmbeddedCluster): readonly string[] {
	return (cluster.list('events') as readonly (KubeObject & {readonly reason?: string})[])
		.map(({reason = ''}) => reason)
		.filter(reason => reason.startsWith('CNIUpgrade'))
		.sort();
}

export function podsOf(cluster: EmbeddedCluster): readonly Pod[] {
	return (cluster.list('pods') as readonly Pod[]).filter(({metadata}) => metadata.ownerReferences !== undefined);
}

function ownerOf({metadata}: Pod): string {
	const [owner] = metadata.ownerReferences ?? [];
	return `${owner?.kind}/${owner?.name}`;
}

export function isReady({status}: Pod): boolean {
	return ((status['conditions'] ?? []) as readonly {type: string; status: string}[]).some(
		({type, status}) => type === 'Ready' && status === 'True',
	);
}

/** Looks until it is so; a test that waits for ever ends by the time limit of all tests. */
export async function until(isSo: () => boolean): Promise<void> {
	while (!isSo()) {
		await new Promise(resolve => {
			setTimeout(resolve, 5);
		});
	}
}

/** A terminal on which somebody answers each question with the next of these, and what it showed. */
export function terminal(
	answers: readonly (string | (() => string | Promise<string>))[],
): Pick<Context, 'stdin' | 'stderr'> & {readonly shown: () => string} {
	const stdin = Object.assign(new PassThrough(), {isTTY: true});
	const left = [...answers];
	let text = '';
	const reply = async (answer: (typeof answers)[number]) =>
		stdin.write(`${typeof answer === 'string' ? answer : await answer()}\n`);
	const stderr = new Writable({
		decodeStrings: false,
		write(chunk: string, _encoding, done) {
			text += chunk;
			const answer = chunk.includes('? [') || chunk.includes('like this?') ? left.shift() : undefined;
			if (answer !== undefined) {
				// Not before somebody listens.
				setImmediate(() => void reply(answer));
			}

			done();
		},
	});
	return {stdin, stderr, shown: () => text};
}
