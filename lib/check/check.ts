import type {NodeFacts} from '../facts/node-facts.ts';

export type Severity = 'error' | 'warning' | 'info';

/** What a check says of one node. Every text holds this node's own values. */
export type Outcome = {
	readonly severity: Severity;
	/** What it is about, in `TYPE/name` form: `file//etc/cni/net.d/10-x.conflist`, `plugin/bridge`, `runtime/containerd`, `node/worker-1`. */
	readonly object: string;
	/** What was seen. */
	readonly message: string;
	readonly expected: string;
	/** What happens to pods because of it. */
	readonly effect: string;
	/** What to do, with this node's values; commands stand on lines of their own, indented by two spaces. */
	readonly remedy: string;
};

/** One declarative check. It reads facts and judges; it never talks to a node. */
export type Check = {
	/** Stable kebab-case: names the check in `--skip`, `--only`, `explain` and JSON. */
	readonly id: string;
	/** What holds when it passes, such as `every plugin supports the config's version`. */
	readonly title: string;
	/** Why it matters, for `explain`: one or two paragraphs. */
	readonly why: string;
	/** What to do in general, for `explain`. */
	readonly fix: string;
	/** A public page to read on, https. */
	readonly doc: string;
	/** Nothing found, or nothing that can be said because a fact is unknown: the empty list. */
	readonly run: (facts: NodeFacts) => readonly Outcome[];
};

/** An outcome that is tied to its check and node. */
export type Finding = Outcome & {readonly check: string; readonly node: string; readonly doc: string};

export type Verdict = 'ok' | 'warning' | 'error' | 'unknown';
