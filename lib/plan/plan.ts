import type {DrainPreview} from './drain-preview.ts';
import type {Orders} from './orders.ts';

/** What would be done to one node, and why not where it would not: plain JSON, printed by `-o json`. It only grows. */
export type Plan = {
	readonly apiVersion: 'cni-upgrade/v1';
	readonly kind: 'UpgradePlan';
	readonly node: string;
	/** Null where the API did not say. */
	readonly uid: string | null;
	/** `refused`: at least one refusal, and no orders. `nothing`: the node is as it was asked for, and no step is left. */
	readonly outcome: 'ready' | 'refused' | 'nothing';
	readonly target: Target;
	/** In order. Empty unless the outcome is `ready`. */
	readonly steps: readonly PlanStep[];
	/** Why the steps on the node stand in this order. */
	readonly order: string | null;
	/** What is there and is left alone, a sentence each. */
	readonly stays: readonly string[];
	readonly refusals: readonly Refusal[];
	readonly warnings: readonly string[];
	readonly drain: DrainPreview | null;
	/** A canonical text of every fact that the plan rests on: a plan made from other facts has another. */
	readonly fingerprint: string;
	readonly orders: Orders | null;
};

export type Target = {
	readonly plugins: readonly PluginChange[];
	readonly configs: readonly ConfigChange[];
	readonly packages: readonly PackageChange[];
};

export type PluginChange = {
	readonly dir: string;
	readonly name: string;
	/** Its release, where it is known; null where there is no such file yet. */
	readonly from: string | null;
	readonly to: string | null;
	/** SHA-256 of the file that is there; null where there is none. */
	readonly oldSha256: string | null;
	readonly sha256: string;
	/** Bytes. */
	readonly size: number;
};

type ConfigChange = {
	readonly path: string;
	/** The network's name. */
	readonly network: string;
	/** As the file has it; null where it names no version. */
	readonly from: string | null;
	readonly to: string;
};

export type PackageChange = {
	readonly name: string;
	/** Null where it is not installed. */
	readonly from: string | null;
	readonly to: string;
	readonly held: boolean;
};

export type PlanStep = {
	readonly id: string;
	/** Who does it: we through the API, or the node by itself. */
	readonly on: 'cluster' | 'node';
	readonly title: string;
	/** From what to what, paths and sizes. */
	readonly details: readonly string[];
	/** A unified diff of the lines that change: nothing else of a file is known here. */
	readonly diff?: readonly string[];
	/** Roughly. */
	readonly seconds?: number;
};

export type Refusal = {
	/** `TYPE/name`. */
	readonly object: string;
	/** What was seen, and what was expected. */
	readonly message: string;
	/** What to do: a sentence, and commands on lines of their own, indented by two spaces. */
	readonly remedy: string;
};
