import * as v from 'valibot';
import type {JsonValue, NodeFacts} from './node-facts.ts';

/** A `NodeFactsList` as JSON, piece by piece, one node a line: a large fleet's is never held as one text. */
export function* savedFactsText(items: readonly NodeFacts[]): Generator<string> {
	yield '{"apiVersion":"cni-upgrade/v1","kind":"NodeFactsList","items":[';
	for (const [index, facts] of items.entries()) {
		yield `${index === 0 ? '' : ','}\n${JSON.stringify(facts)}`;
	}

	yield '\n]}\n';
}

/** Whether JSON means to be saved facts, sound or not: it says so by its kind. */
export function isSavedFacts(json: unknown): boolean {
	const kind = typeof json === 'object' && json !== null ? (json as {kind?: unknown}).kind : undefined;
	return kind === 'NodeFactsList' || kind === 'NodeFacts';
}

/**
Facts from JSON that somebody may have changed: a list, or the facts of one node. Fields that this release does not know are left
out; anything else that is not as `NodeFacts` says makes it invalid, with the place and the reason.
*/
export function readSavedFacts(json: unknown): {readonly facts: readonly NodeFacts[]} | {readonly invalid: string} {
	const {apiVersion, kind} = json as {apiVersion?: unknown; kind?: unknown};
	if (apiVersion !== 'cni-upgrade/v1') {
		return {invalid: `apiVersion is ${JSON.stringify(apiVersion)}; this release reads "cni-upgrade/v1"`};
	}

	const result = v.safeParse(list, kind === 'NodeFacts' ? {kind: 'NodeFactsList', items: [json]} : json);
	if (!result.success) {
		const [issue] = result.issues;
		return {invalid: `${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`};
	}

	return {facts: result.output.items};
}

/** JSON of a config that is nested deeper is no config; the node's own reader has the same bound. */
const maxDepth = 64;

const unknown = v.object({unknown: v.string()});
const text = v.string();
/** The reason is tried first: a fact may be an object of its own. */
const known = <Schema extends v.GenericSchema>(schema: Schema) => v.union([unknown, schema]);

const json = v.custom<JsonValue>(value => isShallow(value, maxDepth), `expected JSON of at most ${maxDepth} levels`);
const content = v.union([v.object({json}), v.object({invalid: text})]);
const journalCount = v.object({count: v.number(), last: v.nullable(text)});

const nodeFacts = v.object({
	apiVersion: v.literal('cni-upgrade/v1'),
	kind: v.literal('NodeFacts'),
	via: v.picklist(['api', 'pod', 'ssh', 'file']),
	collectedAt: text,
	node: v.object({
		name: text,
		uid: known(text),
		os: known(text),
		arch: known(text),
		osImage: known(text),
		kernel: known(text),
		kubeletVersion: known(text),
		newestKubelet: known(text),
		ready: known(v.object({status: v.picklist(['True', 'False', 'Unknown']), message: v.exactOptional(text)})),
		cordoned: known(v.boolean()),
		provider: known(text),
	}),
	runtime: v.object({
		name: known(text),
		version: known(text),
		source: known(v.picklist(['runtime', 'files', 'defaults'])),
		confDirs: known(v.array(text)),
		binDirs: known(v.array(text)),
		maxConfNum: known(v.number()),
		confTemplate: known(text),
		internalLoopback: known(v.boolean()),
		defaultNetwork: known(text),
		networkReady: known(v.object({ready: v.boolean(), message: text})),
		lastLoadStatus: known(text),
		networks: known(v.array(v.object({name: text, cniVersion: text, types: v.array(text)}))),
	}),
	configFiles: known(
		v.array(
			v.object({
				path: text,
				entry: v.picklist(['file', 'symlink', 'directory', 'other']),
				mode: known(text),
				size: known(v.number()),
				sha256: known(text),
				content: v.exactOptional(known(content)),
			}),
		),
	),
	plugins: known(
		v.array(
			v.object({
				type: text,
				path: known(v.nullable(text)),
				elsewhere: v.array(text),
				kind: known(v.picklist(['elf', 'foreign-elf', 'script', 'other'])),
				executable: known(v.boolean()),
				sha256: known(text),
				supportedVersions: known(v.array(text)),
				release: known(text),
				package: known(v.nullable(text)),
			}),
		),
	),
	sandboxes: known(
		v.object({
			total: known(v.number()),
			notReady: v.array(v.object({id: text, namespace: text, name: text, createdAt: text})),
		}),
	),
	journal: known(v.object({incompatible: journalCount, emptyVersion: journalCount})),
	leases: known(v.array(v.object({network: text, leases: v.number(), orphans: known(v.number())}))),
}) satisfies v.GenericSchema<unknown, NodeFacts>;

const list = v.object({kind: v.literal('NodeFactsList'), items: v.array(nodeFacts)});

/** Whether a value's objects and lists are nested no deeper than that; it looks no further than it must. */
export function isShallow(value: unknown, depth: number): boolean {
	if (typeof value !== 'object' || value === null) {
		return true;
	}

	return depth > 0 && Object.values(value).every(inner => isShallow(inner, depth - 1));
}
