import type {NodeFacts} from '../facts/node-facts.ts';
import type {ConfigList} from './config-list.ts';
import type {SpecVersion} from './spec-version.ts';

/** Who writes a config file, and so where it has to be changed. */
export type Owner = {
	/** Stable kebab-case, such as `calico`; `hand` where reference plugins run from a file that nobody rewrites. */
	readonly id: string;
	readonly title: string;
	/**
	What becomes of a hand edit. `always`: it is undone at once, or whenever its source changes; `at-start`: when the owner's pod or service
	starts; `when-not-ready`: when the node's network is not ready; `with-package`: a package may replace it; `never`: it stays.
	*/
	readonly rewrites: 'always' | 'at-start' | 'when-not-ready' | 'with-package' | 'never';
	/** One sentence for people: who undoes a hand edit and when. */
	readonly rewriting: string;
	/** What to do so that a change stays, in the imperative; commands stand on lines of their own, indented by two spaces. */
	readonly change: (path: string) => string;
	/** The highest spec version that any release of its plugins supports, where there is such an end. */
	readonly maxSpec?: SpecVersion;
	/** Another sentence that a person should know. */
	readonly note?: string;
};

/** The owner of a config by its plugins, file name and network name; undefined where nobody that is known wrote it. */
export function ownerOf(list: ConfigList, facts: NodeFacts): Owner | undefined {
	throw new Error(`not yet: ${list.path} ${facts.node.name}`);
}
