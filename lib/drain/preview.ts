import type {Api} from '../cluster/api.ts';
import {Pace} from '../pace.ts';
import {askAgain} from './ask-again.ts';
import {askEviction, type Blocked, evictionVersion} from './eviction.ts';
import type {PodGroup} from './filters.ts';
import {type PodRef, toRef} from './pod.ts';
import {type SelectPods, selectPods} from './select-pods.ts';

/** What draining a node would do, as the server has it now. */
export type DrainPreview = {
	readonly evict: readonly PodRef[];
	readonly stay: readonly {readonly pod: PodRef; readonly why: string}[];
	/** Any of them, and nothing would be evicted. */
	readonly errors: readonly PodGroup[];
	readonly warnings: readonly PodGroup[];
	/** Pods whose eviction would be refused now, most often by a budget. */
	readonly blocked: readonly ({readonly pod: PodRef} & Blocked)[];
};

/** Judges the node's pods and rehearses the eviction of each that would go: the server decides and changes nothing. */
export async function previewDrain(api: Api, options: SelectPods): Promise<DrainPreview> {
	const {flags, clock, signal} = options;
	const {evict, stay, errors, warnings} = await selectPods(api, options);
	const selected = {evict: evict.map(toRef), stay, errors, warnings};
	// Deletions ask no budget.
	if (flags.disableEviction || evict.length === 0) {
		return {...selected, blocked: []};
	}

	const version = await askAgain(clock, signal, async () => evictionVersion(api, signal));
	const pace = new Pace();
	const rehearse = async (pod: PodRef) => {
		let began = 0;
		const answer = await pace.run(
			signal,
			async () => {
				began = clock.monotonic();
				return askEviction(api, pod, {version, flags, dryRun: true, signal});
			},
			() => ({ms: clock.monotonic() - began, throttled: false}),
		);
		if (answer.kind !== 'later' && answer.kind !== 'refused') {
			return [];
		}

		return [{pod, ...(answer.blocked ?? {budget: undefined, message: answer.serverText})}];
	};
	return {...selected, blocked: (await Promise.all(selected.evict.map(rehearse))).flat()};
}
