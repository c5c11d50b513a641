import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {findNodes, type NodeRow} from '../cluster/nodes.ts';
import type {NodeFacts} from '../facts/node-facts.ts';
import {collectScript} from '../node-script/script.ts';
import {podTransport} from '../transport/pod.ts';
import type {ProbeTarget} from '../transport/transport.ts';
import {joinFacts, type NodeAnswer} from './join.ts';

export type FleetEvent =
	| {readonly type: 'listed'; readonly nodes: number}
	| {readonly type: 'notice'; readonly message: string}
	| {readonly type: 'probing'; readonly nodes: number; readonly way: 'pod' | 'ssh'; readonly namespace?: string}
	| {readonly type: 'answered'; readonly node: string}
	| {readonly type: 'unknown'; readonly node: string; readonly reason: string};

export type FleetOptions = {
	readonly api: Api;
	/** Names as typed; empty means all nodes, or those that the selector takes. */
	readonly names: readonly string[];
	readonly selector?: string | undefined;
	readonly via: 'auto' | 'api' | 'pod';
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

async function probeFleet(
	rows: readonly NodeRow[],
	options: FleetOptions,
	join: (row: NodeRow, answer: NodeAnswer) => NodeFacts,
): Promise<NodeFacts[]> {
	const {namespace, onEvent, signal} = options;
	const byName = new Map(rows.map(row => [row.name, row]));
	const facts: NodeFacts[] = [];
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
			settle(row.name, {via: 'pod', unknown: reason});
		}
	}

	if (targets.length > 0) {
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
		await transport.probe(
			targets,
			outcome =>
				settle(
					outcome.node,
					'records' in outcome ? {via: 'pod', records: outcome.records} : {via: 'pod', unknown: outcome.unknown},
				),
			signal,
		);
	}

	return facts;
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
