import {findNodes, type NodeRow} from '../cluster/nodes.ts';
import type {NodeFacts} from '../facts/node-facts.ts';
import {shareEqual} from '../facts/share.ts';
import type {FleetOptions} from './fleet-options.ts';
import {apiHalf, type Join, joinFacts, type NodeAnswer} from './join.ts';
import {sshNodeOf} from './ssh-place.ts';
import {askByPod, askBySsh, askEitherWay, type Target} from './ways.ts';

/**
Collects the facts of a fleet: what the API says of every node in one list, then what each node says of itself by the way
that was chosen. The facts are sorted by node name. It reports what becomes of each node as events.
*/
export async function collectFleet(options: FleetOptions): Promise<readonly NodeFacts[]> {
	const join: Join = {collectedAt: new Date(options.clock.now()).toISOString(), share: shareEqual()};
	const targets = await listTargets(options, join);
	if (options.via === 'api') {
		const answer = {via: 'api', unknown: 'not asked, since only the API was (--via api)'} as const;
		return sorted(targets.map(({half}) => joinFacts(half, answer, join)));
	}

	return sorted(await askFleet(targets, options, join));
}

async function listTargets(
	{api, names, selector, via, signal, onEvent}: FleetOptions,
	{share}: Join,
): Promise<readonly Target[]> {
	const rows = await findNodes(api, {names, selector, detail: via === 'api' ? 'table' : 'metadata', signal});
	onEvent({type: 'listed', nodes: rows.length});
	return rows.map(row => ({
		node: row.name,
		uid: row.uid ?? '',
		arch: row.labels?.['kubernetes.io/arch'] ?? '',
		osImage: row.osImage,
		kubeletVersion: row.version,
		runtime: row.runtime,
		notReady: !row.status.split(',').includes('Ready'),
		half: apiHalf(row, rows, share),
		ssh: sshNodeOf(row),
		notAskable: notAskable(row),
	}));
}

/** Why a node is not asked at all. */
function notAskable({labels, uid}: NodeRow): string | undefined {
	if (labels?.['kubernetes.io/os'] === 'windows') {
		return 'Windows nodes are not asked: the probe is a POSIX shell script; only their API half is known';
	}

	return uid === undefined ? 'the API server gave the node no uid' : undefined;
}

async function askFleet(all: readonly Target[], options: FleetOptions, join: Join): Promise<NodeFacts[]> {
	const {via, onEvent} = options;
	const facts: NodeFacts[] = [];
	const settle = ({node, half}: Target, answer: NodeAnswer) => {
		facts.push(joinFacts(half, answer, join));
		onEvent('unknown' in answer ? {type: 'unknown', node, reason: answer.unknown} : {type: 'answered', node});
	};

	for (const target of all) {
		if (target.notAskable !== undefined) {
			settle(target, {via: via === 'ssh' ? 'ssh' : 'pod', unknown: target.notAskable});
		}
	}

	const targets = all.filter(({notAskable}) => notAskable === undefined);
	if (targets.length > 0) {
		const ask = {auto: askEitherWay, api: askByPod, pod: askByPod, ssh: askBySsh}[via];
		await ask(targets, options, settle);
	}

	return facts;
}

function sorted(facts: readonly NodeFacts[]): readonly NodeFacts[] {
	return facts.toSorted((a, b) => (a.node.name < b.node.name ? -1 : 1));
}
