import type {NodeFacts} from '../facts/node-facts.ts';
import type {Known} from '../facts/unknown.ts';
import type {ConfigList} from './config-list.ts';

/** What a runtime makes of its conf dirs. Paths are in the order in which it reads them. */
export type LoadOutcome = {
	/** The configs in use. containerd attaches a pod to all of them, CRI-O to the first. */
	readonly active: readonly ConfigList[];
	/** Files that were tried and left out, with the runtime's reason. Only CRI-O goes on after one. */
	readonly skipped: readonly {readonly path: string; readonly reason: string}[];
	/** The file that ended containerd's load: nothing is in use. The reason is containerd's own text. */
	readonly failed?: {readonly path: string; readonly reason: string};
	/** Loadable files that come too late to be used. */
	readonly shadowed: readonly string[];
};

/** The configs that the node's runtime uses, by its own rules of order. Unknown where a fact that decides is. */
export function loadedConfigs(facts: NodeFacts): Known<LoadOutcome> {
	throw new Error(`not yet: ${facts.node.name}`);
}
