import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {findNodes, type NodeRow} from '../cluster/nodes.ts';
import {messageOf} from '../errors.ts';
import type {NodeFacts} from '../facts/node-facts.ts';
import {collectScript} from '../node-script/script.ts';
import type {SshReach} from '../ssh/reach.ts';
import {podTransport} from '../transport/pod.ts';
import {sshTransport} from '../transport/ssh.ts';
import type {Sudo} from '../transport/ssh-command.ts';
import type {ProbeOutcome, ProbeTarget} from '../transport/transport.ts';
import {joinFacts, type NodeAnswer} from './join.ts';
import {otherMachine} from './same-machine.ts';

export type FleetEvent =
	| {readonly type: 'listed'; readonly nodes: number}
	| {readonly type: 'notice'; readonly message: string}
	| {readonly type: 'probing'; readonly nodes: number; readonly way: 'pod' | 'ssh'; readonly namespace?: string}
	| {readonly type: 'answered'; readonly node: string}
	| {readonly type: 'unknown'; readonly node: string; readonly reason: string};

/** The way to nodes by SSH, once it was made ready. */
export type SshWay = {
	readonly reach: SshReach;
	readonly sudo: Sudo;
	/** Whether ssh_config has a block for a node of this name. */
	readonly isConfigured: (name: string) => boolean;
	readonly placeOf: (row: NodeRow) => {readonly host: string} | {readonly unknown: string};
};

export type FleetSsh = {
	/** Whether the command line speaks of SSH at all: `auto` then takes it for every node that a pod does not reach. */
	readonly isAsked: boolean;
	/** Reads configuration and asks people what has to be asked. */
	readonly open: () => Promise<SshWay>;
};

export type FleetOptions = {
	readonly api: Api;
	/** Names as typed; empty means all nodes, or those that the selector takes. */
	readonly names: readonly string[];
	readonly selector?: string | undefined;
	readonly via: 'auto' | 'api' | 'pod' | 'ssh';
	readonly ssh: FleetSsh;
	/** Where probe pods run. */
	readonly namespace: string;
	readonly image?: string | undefined;
	readonly pullSecret?: string | undefined;
	/** Milliseconds that one node may take. */
	readonly timeout: number;
	/** Ten characters of [a-z0-9] that no other run has. */
	readonly run: string;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onEvent: (event: FleetEvent) => void;
};

/**
Collects the facts of a fleet: what the API says of every node in one list, then what each node says of itself by the way
that was chosen. The facts are sorted by node name. It reports what becomes of each node as events.
*/
export async function collectFleet(options: FleetOptions): Promise<readonly NodeFacts[]> {
	const {api, names, selector, via, clock, signal, onEvent} = options;
	const rows = await findNodes(api, {names, selector, detail: via === 'api' ? 'table' : 'metadata', signal});
	onEvent({type: 'listed', nodes: rows.length});
	const collectedAt = new Date(clock.now()).toISOString();
	const join = (row: NodeRow, answer: NodeAnswer) => joinFacts(row, answer, {collectedAt, rows});
	if (via === 'api') {
		return sorted(rows.map(row => join(row, {via: 'api', unknown: 'not asked, since only the API was (--via api)'})));
	}

	return sorted(await probeFleet(rows, options, join));
}

/** Everything about one run that its parts share. */
type Fleet = {
	readonly options: FleetOptions;
	readonly rows: ReadonlyMap<string, NodeRow>;
	readonly settle: (node: string, answer: NodeAnswer) => void;
};

async function probeFleet(
	rows: readonly NodeRow[],
	options: FleetOptions,
	join: (row: NodeRow, answer: NodeAnswer) => NodeFacts,
): Promise<NodeFacts[]> {
	const {via, onEvent, signal} = options;
	const facts: NodeFacts[] = [];
	const byName = new Map(rows.map(row => [row.name, row]));
	const settle = (name: string, answer: NodeAnswer) => {
		const row = byName.get(name);
		if (row !== undefined) {
			facts.push(join(row, answer));
			onEvent('unknown' in answer ? {type: 'unknown', node: name, reason: answer.unknown} : {type: 'answered', node: name});
		}
	};

	const targets: ProbeTarget[] = [];
	for (const row of rows) {
		const reason = notAskable(row);
		if (reason === undefined) {
			targets.push(targetOf(row));
		} else {
			settle(row.name, {via: via === 'ssh' ? 'ssh' : 'pod', unknown: reason});
		}
	}

	const fleet = {options, rows: byName, settle};
	if (targets.length === 0) {
		return facts;
	}

	if (via === 'ssh') {
		await askBySsh(targets, await options.ssh.open(), fleet, signal);
	} else if (via === 'pod') {
		await askByPod(targets, fleet, settle);
	} else {
		await askEitherWay(targets, fleet);
	}

	return facts;
}

/** By pod; then by SSH those that gave no answer, where it has been set up for them. */
async function askEitherWay(targets: readonly ProbeTarget[], fleet: Fleet): Promise<void> {
	const {options, rows, settle} = fleet;
	const silent = new Map<string, string>();
	await askByPod(targets, fleet, (node, answer) => {
		if ('unknown' in answer) {
			silent.set(node, answer.unknown);
		} else {
			settle(node, answer);
		}
	});
	if (silent.size === 0) {
		return;
	}

	const way = await options.ssh.open();
	const others = targets.filter(({node}) => {
		const row = rows.get(node);
		return silent.has(node) && row !== undefined && (options.ssh.isAsked || way.isConfigured(row.name));
	});
	const asked = new Set(others.map(({node}) => node));
	for (const [node, reason] of silent) {
		if (!asked.has(node)) {
			settle(node, {via: 'pod', unknown: reason});
		}
	}

	if (others.length > 0) {
		await askBySsh(
			others,
			way,
			{
				...fleet,
				settle: (node, answer) =>
					settle(
						node,
						'unknown' in answer ? {...answer, unknown: `${silent.get(node) ?? ''}; by SSH: ${answer.unknown}`} : answer,
					),
			},
			options.signal,
		);
	}
}

async function askByPod(
	targets: readonly ProbeTarget[],
	{options}: Fleet,
	settle: (node: string, answer: NodeAnswer) => void,
): Promise<void> {
	const {namespace, onEvent, signal} = options;
	onEvent({type: 'probing', nodes: targets.length, way: 'pod', namespace});
	const transport = podTransport({
		api: options.api,
		namespace,
		image: options.image,
		pullSecret: options.pullSecret,
		timeout: options.timeout,
		run: options.run,
		script: collectScript(),
		clock: options.clock,
		onNotice: message => onEvent({type: 'notice', message}),
	});
	await transport.probe(targets, outcome => settle(outcome.node, answerBy('pod', outcome)), signal);
}

async function askBySsh(
	targets: readonly ProbeTarget[],
	{reach, sudo, placeOf}: SshWay,
	{options, rows, settle}: Fleet,
	signal: AbortSignal,
): Promise<void> {
	const {api, timeout, run, clock, onEvent} = options;
	onEvent({type: 'probing', nodes: targets.length, way: 'ssh'});
	const hostOf = ({node}: ProbeTarget) => {
		const row = rows.get(node);
		return row === undefined ? {unknown: 'it is not in the list of nodes'} : placeOf(row);
	};
	const transport = sshTransport({reach, hostOf, sudo, timeout, run, script: collectScript(), clock});
	const checks: Promise<void>[] = [];
	await transport.probe(
		targets,
		outcome => {
			const row = rows.get(outcome.node);
			if ('unknown' in outcome || row === undefined) {
				settle(outcome.node, answerBy('ssh', outcome));
				return;
			}

			checks.push(
				otherMachine(api, row, outcome.records, signal)
					.catch((error: unknown) => `it could not be made sure that SSH led to this node: ${messageOf(error)}`)
					.then(reason => settle(outcome.node, reason === undefined ? answerBy('ssh', outcome) : {via: 'ssh', unknown: reason})),
			);
		},
		signal,
	);
	await Promise.all(checks);
}

function answerBy(via: 'pod' | 'ssh', outcome: ProbeOutcome): NodeAnswer {
	return 'records' in outcome ? {via, records: outcome.records} : {via, unknown: outcome.unknown};
}

/** Why a node is not asked at all. */
function notAskable({labels, uid}: NodeRow): string | undefined {
	if (labels?.['kubernetes.io/os'] === 'windows') {
		return 'Windows nodes are not asked: the probe is a POSIX shell script; only their API half is known';
	}

	return uid === undefined ? 'the API server gave the node no uid' : undefined;
}

function targetOf(row: NodeRow): ProbeTarget {
	return {
		node: row.name,
		uid: row.uid ?? '',
		arch: row.labels?.['kubernetes.io/arch'] ?? '',
		osImage: row.osImage,
		kubeletVersion: row.version,
		runtime: row.runtime,
		notReady: !row.status.split(',').includes('Ready'),
	};
}

function sorted(facts: readonly NodeFacts[]): readonly NodeFacts[] {
	return facts.toSorted((a, b) => (a.node.name < b.node.name ? -1 : 1));
}
