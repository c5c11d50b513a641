import type {NodeRow} from '../cluster/nodes.ts';
import {messageOf} from '../errors.ts';
import {parseAnswer} from '../facts/answer.ts';
import {
	type NodeFacts,
	type NodeIdentity,
	type NodeReady,
	type RuntimeFacts,
	unknownNodeHalf,
	type Via,
} from '../facts/node-facts.ts';
import {providerOf} from '../facts/providers.ts';
import type {Share} from '../facts/share.ts';
import {isUnknown, type Known} from '../facts/unknown.ts';
import {parseRuntimeVersion} from '../runtime/runtime-version.ts';

/** What came of asking a node: its records, or why there are none. */
export type NodeAnswer = {readonly via: Via; readonly records: string} | {readonly via: Via; readonly unknown: string};

/** The API's half of a node's facts, and what its kubelet reported of the runtime. */
export type ApiHalf = {readonly node: NodeIdentity; readonly reportedRuntime: string};

export type Join = {readonly collectedAt: string; readonly share: Share};

/** Joins the two halves of a node's facts: what the API says of it, and its own answer. */
export function joinFacts({node, reportedRuntime}: ApiHalf, answer: NodeAnswer, {collectedAt, share}: Join): NodeFacts {
	const half = 'records' in answer ? readAnswer(answer.records) : unknownNodeHalf(answer.unknown);
	const {runtime, configFiles, plugins, sandboxes, journal, leases} = half;
	return {
		apiVersion: 'cni-upgrade/v1',
		kind: 'NodeFacts',
		via: answer.via,
		collectedAt,
		node,
		runtime: share(withApiVersion(runtime, reportedRuntime)),
		configFiles: share(configFiles),
		plugins: share(plugins),
		sandboxes: share(sandboxes),
		journal: share(journal),
		leases: share(leases),
	};
}

/** An answer that nobody thought of costs its own node's row, not the run. */
function readAnswer(records: string): ReturnType<typeof unknownNodeHalf> {
	try {
		return parseAnswer(records);
	} catch (error) {
		return unknownNodeHalf(`its answer could not be read, which is a mistake in this program: ${messageOf(error)}`);
	}
}

/** Reads a row of the list; all rows are needed for what is newest among them. */
export function apiHalf(row: NodeRow, rows: readonly NodeRow[], share: Share): ApiHalf {
	return {node: identityOf(row, rows, share), reportedRuntime: share(row.runtime)};
}

function identityOf(row: NodeRow, rows: readonly NodeRow[], share: Share): NodeIdentity {
	const labels = row.labels ?? {};
	return {
		name: row.name,
		uid: given(row.uid),
		os: given(labels['kubernetes.io/os']),
		arch: given(labels['kubernetes.io/arch']),
		osImage: share(given(row.osImage)),
		kernel: share(given(row.kernel)),
		kubeletVersion: share(given(row.version)),
		newestKubelet: given(newestOf(rows)),
		ready: share(readyOf(row.status)),
		cordoned: row.status === '' ? notGiven : row.status.split(',').includes('SchedulingDisabled'),
		provider: share(
			providerOf({
				labels,
				annotations: row.annotations ?? {},
				osImage: row.osImage,
				kubeletVersion: row.version,
				runtime: row.runtime,
			}),
		),
	};
}

const notGiven = {unknown: 'the API server did not say'};

function given(value: string | undefined): Known<string> {
	return value === undefined || value === '' || value.startsWith('<') ? notGiven : value;
}

/** The STATUS column of a server-side table: `Ready`, `NotReady`, `Unknown`, each perhaps followed by `,SchedulingDisabled`. */
function readyOf(status: string): Known<NodeReady> {
	const word = status.split(',')[0];
	if (word === 'Ready') {
		return {status: 'True'};
	}

	return word === 'NotReady' || word === 'Unknown' ? {status: 'False'} : notGiven;
}

/** What the kubelet reported of its runtime stands in where the node itself did not say. */
function withApiVersion(runtime: RuntimeFacts, reported: string): RuntimeFacts {
	const parsed = parseRuntimeVersion(reported);
	if (parsed === undefined) {
		return runtime;
	}

	return {
		...runtime,
		name: isUnknown(runtime.name) ? parsed.name : runtime.name,
		version: isUnknown(runtime.version) ? parsed.version : runtime.version,
	};
}

const newest = new WeakMap<readonly NodeRow[], string | undefined>();

/** As written; each list is searched once. */
function newestOf(rows: readonly NodeRow[]): string | undefined {
	if (!newest.has(rows)) {
		newest.set(rows, newestTrusted(rows));
	}

	return newest.get(rows);
}

/**
The highest kubelet version of the control plane's nodes, which no kubelet can count itself among. Where they are hidden, the
one that a fifth of the nodes has reached: what a few nodes say of themselves changes nothing for the others.
*/
function newestTrusted(rows: readonly NodeRow[]): string | undefined {
	const controlPlane = rows.filter(({roles}) => /\b(control-plane|master)\b/.test(roles));
	const versions = (controlPlane.length > 0 ? controlPlane : rows)
		.map(({version}) => version)
		.sort((a, b) => Number(isNewer(b, a)) - Number(isNewer(a, b)));
	return versions[controlPlane.length > 0 ? 0 : Math.floor(versions.length / 5)];
}

function isNewer(version: string, than: string): boolean {
	const [a, b] = [version, than].map(text => [...text.matchAll(/\d+/g)].slice(0, 3).map(Number));
	const at = [0, 1, 2].find(index => a?.[index] !== b?.[index]);
	return at !== undefined && (a?.[at] ?? 0) > (b?.[at] ?? 0);
}
