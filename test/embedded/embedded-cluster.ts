import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Admission, type AdmissionOptions, type Refusal} from './admission.ts';
import {Alive} from './alive.ts';
import {keepCordonTaints} from './cordon.ts';
import {DisruptionController} from './disruption.ts';
import {openExec} from './exec.ts';
import {Faults} from './faults.ts';
import {GarbageCollector} from './garbage.ts';
import {kubeconfigText} from './kubeconfig.ts';
import {Kubelets} from './kubelet.ts';
import {Machine, type MachineSpec} from './machine/machine.ts';
import {newNamespace} from './new-object.ts';
import type {KubeObject, Node} from './objects.ts';
import {answerLog} from './pod-log.ts';
import {RequestLog} from './request-log.ts';
import {startServer} from './server.ts';
import type {NodeAnswers, NodeFault, NodeTree, RecordedAnswer, SimulatedNode} from './simulated-node.ts';
import {Store} from './store.ts';
import {mustInterpretPlugins, plantTools, plantTree, type TreeFiles, type TreeOptions} from './tree.ts';
import {everything, type Rule, type User, Users} from './users.ts';

/** A node to start with. */
export type NodeSetup = {
	readonly object: Node;
	readonly host:
		| {readonly kind: 'tree'; readonly files: TreeFiles; readonly commands: readonly string[]}
		/** A tree whose services, packages and network do what a real node's would. */
		| (MachineSpec & {readonly kind: 'machine'})
		| {readonly kind: 'recorded'; readonly answer: RecordedAnswer};
	readonly faults?: readonly NodeFault[];
	/** Whether images that the node does not hold can be pulled; default true. */
	readonly registry?: boolean;
	/** How long pods take to end, within their grace periods; default 0. */
	readonly terminationSeconds?: number;
};

export type EmbeddedClusterOptions = AdmissionOptions & {
	readonly nodes: readonly NodeSetup[];
	/** Beside `admin`, who may do everything. Each has the token `NAME-token`. */
	readonly users?: readonly {readonly name: string; readonly rules: readonly Rule[]}[];
	/** Beside default, kube-system, kube-public and kube-node-lease: their labels by name. */
	readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>;
	/** What runs in place of the nodes' /bin/sh; default: this machine's. */
	readonly shell?: string;
	/** Whether simulated plugins are read by a stand-in instead of being run; default: where this is not Linux. */
	readonly interpretPlugins?: boolean;
	/** Other tools than those on PATH, by name: another `awk`. */
	readonly tools?: Readonly<Record<string, string>>;
	/** Changes that a watch can go back to, for each resource. */
	readonly historySize?: number;
	/** Containers that are run for real at once; default 4. */
	readonly concurrency?: number;
};

export type EmbeddedCluster = {
	/** `https://127.0.0.1:PORT` */
	readonly url: string;
	/** A kubeconfig for one user, as text. */
	readonly kubeconfig: (user?: string, options?: {readonly namespace?: string}) => string;
	readonly store: Store;
	readonly users: Users;
	readonly requests: RequestLog;
	readonly faults: Faults;
	readonly alive: Alive;
	/** Images that were pulled, as `NODE IMAGE`. */
	readonly pulls: readonly string[];
	/** The tree of a node that has one. */
	readonly tree: (node: string) => NodeTree;
	/** The machine of a node that is one. */
	readonly machine: (node: string) => Machine;
	readonly setNodeFaults: (node: string, faults: readonly NodeFault[]) => void;
	/** Refuses the pods of a namespace from now on; undefined ends it. */
	readonly refusePods: (namespace: string, refusal: Refusal | undefined) => void;
	/** Objects that are there now. */
	readonly list: (resource: string, namespace?: string) => readonly KubeObject[];
	/** Ends everything and removes every file; afterwards nothing of it is left. */
	readonly stop: () => Promise<void>;
};

/** Of clusters that were not stopped: a test that failed leaves its process without doing so. */
const remaining = new Set<string>();
process.once('exit', () => {
	for (const directory of remaining) {
		removeFiles(directory);
	}
});

function removeFiles(directory: string): void {
	rmSync(directory, {recursive: true, force: true});
	remaining.delete(directory);
}

/** Starts an API server over TLS on a free port of 127.0.0.1 and the kubelets of its nodes, all in this process. */
export async function startEmbeddedCluster(options: EmbeddedClusterOptions): Promise<EmbeddedCluster> {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-embedded-'));
	remaining.add(directory);
	const store = new Store(options.historySize === undefined ? {} : {historySize: options.historySize});
	for (const [name, labels] of Object.entries({
		default: {},
		'kube-system': {},
		'kube-public': {},
		'kube-node-lease': {},
		...options.namespaces,
	})) {
		store.create('namespaces', newNamespace(name, labels));
	}

	const garbage = new GarbageCollector(store);
	const disruption = new DisruptionController(store);
	const endCordons = keepCordonTaints(store);
	const nodes = plantNodes(options, directory);
	const machines = nodes.flatMap(({answers}) =>
		answers.mode === 'tree' && answers.machine !== undefined ? [answers.machine] : [],
	);
	for (const machine of machines) {
		machine.peers = machines;
	}

	for (const {object} of nodes) {
		store.create('nodes', object);
	}

	const admin: User = {name: 'admin', token: 'admin-token', rules: everything};
	const users = new Users([admin, ...(options.users ?? []).map(({name, rules}) => ({name, rules, token: `${name}-token`}))]);
	const admission = new Admission(store, options);
	const faults = new Faults();
	const requests = new RequestLog();
	const alive = new Alive(store);
	const kubelets = new Kubelets({store, nodes, directory: join(directory, 'pods'), concurrency: options.concurrency ?? 4});
	const server = await startServer({
		store,
		users,
		admission,
		faults,
		requests,
		answerLog: (info, response) => answerLog(store, kubelets, info, response),
		openExec: connection => openExec(store, kubelets, connection),
	});
	return {
		url: server.url,
		kubeconfig: (user = 'admin', {namespace} = {}) =>
			kubeconfigText({server: server.url, user, token: users.get(user)?.token ?? '', namespace}),
		store,
		users,
		requests,
		faults,
		alive,
		pulls: kubelets.pulls,
		tree: name => treeOf(nodes, name),
		machine: name => machineOf(nodes, name),
		setNodeFaults: (node, faults) => kubelets.faults.set(node, faults),
		refusePods: (namespace, refusal) => admission.refusePods(namespace, refusal),
		list: (resource, namespace) => store.list(resource, namespace),
		async stop() {
			garbage.stop();
			disruption.stop();
			endCordons();
			await server.stop();
			await kubelets.stop();
			removeFiles(directory);
		},
	};
}

function plantNodes(
	{nodes, shell = '/bin/sh', tools: instead, interpretPlugins = mustInterpretPlugins}: EmbeddedClusterOptions,
	directory: string,
): readonly SimulatedNode[] {
	const tools = plantTools(join(directory, 'tools'), instead);
	return nodes.map(({object, host, faults, registry, terminationSeconds}) => {
		const place = {directory: join(directory, 'nodes', object.metadata.name), tools, interpretPlugins, shell};
		return {
			object,
			answers: answersOf(host, place),
			...(faults && {faults}),
			...(registry !== undefined && {registry}),
			...(terminationSeconds !== undefined && {terminationSeconds}),
		};
	});
}

function answersOf(host: NodeSetup['host'], place: Omit<TreeOptions, 'files' | 'commands'>): NodeAnswers {
	if (host.kind === 'recorded') {
		return {mode: 'recorded', answer: host.answer};
	}

	if (host.kind === 'tree') {
		return {mode: 'tree', tree: plantTree({...place, files: host.files, commands: host.commands})};
	}

	const machine = new Machine({...place, ...host});
	return {mode: 'tree', tree: machine.tree, machine};
}

function machineOf(nodes: readonly SimulatedNode[], name: string): Machine {
	const answers = nodes.find(({object}) => object.metadata.name === name)?.answers;
	if (answers?.mode !== 'tree' || answers.machine === undefined) {
		throw new Error(`node ${name} is no machine`);
	}

	return answers.machine;
}

function treeOf(nodes: readonly SimulatedNode[], name: string): NodeTree {
	const answers = nodes.find(({object}) => object.metadata.name === name)?.answers;
	if (answers?.mode !== 'tree') {
		throw new Error(`node ${name} has no tree`);
	}

	return answers.tree;
}
