import type {NodeFacts} from '../facts/node-facts.ts';
import type {Known} from '../facts/unknown.ts';
import type {ReleaseArchive} from '../release/archive.ts';
import type {DrainPreview} from './drain-preview.ts';
import type {ConfigEdit, HostFacts, PackageFacts} from './node-answers.ts';
import type {UpgradeRequest} from './request.ts';

/** All that a plan rests on. */
export type PlanInput = {
	readonly facts: NodeFacts;
	readonly controlPlane: Known<boolean>;
	readonly request: UpgradeRequest;
	/** Where `request.plugins` is `archive`. */
	readonly archive?: ReleaseArchive | undefined;
	readonly host: HostFacts;
	/** An answer for each of `wantedEdits`. */
	readonly edits: readonly ConfigEdit[];
	/** An answer for each of `wantedPackages`; undefined where none are wanted. */
	readonly packages?: PackageFacts | undefined;
	readonly drain?: DrainPreview | undefined;
};
