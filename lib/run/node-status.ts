import type {SectionState} from '../plan/journal.ts';
import {titleOf} from '../plan/steps.ts';
import type {HeldRun} from './held-run.ts';
import type {Pointer} from './pointer.ts';
import {progressOf} from './progress-of.ts';

/** Where a node stands, for `status NODE`: plain JSON. It only grows. */
export type NodeStatus = {
	readonly apiVersion: 'cni-upgrade/v1';
	readonly kind: 'UpgradeStatus';
	readonly node: string;
	readonly cordoned: boolean;
	/** Null: the node has never had a run whose traces are still there. */
	readonly run: string | null;
	readonly state: StatusState;
	/** As the API has it; null where there is no such annotation. */
	readonly pointer: Pointer | null;
	/** Why the node itself could not be heard; null where it was. */
	readonly silence: string | null;
	readonly steps: readonly {
		readonly step: string;
		readonly title: string;
		readonly by: 'node' | 'client';
		readonly state: string;
		/** RFC 3339 in UTC, by the node's clock. */
		readonly at: string;
		readonly detail: string;
	}[];
};

/**
`none`: nothing is under way. `preparing`: the node is not changed yet. `on-the-node`: it works alone. `to-prove`: upgraded, not proved yet.
`going-back-done`: as before, and still to be uncordoned. `stuck`: neither. `finished`: its last run has ended. `rollback-begun`: it has, and its node
was being drained to take it back. `taken-back`: it was taken back.
*/
type StatusState =
	| 'none'
	| 'preparing'
	| 'on-the-node'
	| 'to-prove'
	| 'going-back-done'
	| 'stuck'
	| 'finished'
	| 'rollback-begun'
	| 'taken-back';

/** What is known of a node; `held` and `run` where it could be heard, else why not. */
export type KnownOfNode = {
	readonly node: string;
	readonly cordoned: boolean;
	readonly pointer: Pointer | undefined;
	readonly held?: HeldRun;
	/** The run that is told of. */
	readonly run?: string | undefined;
	readonly silence?: string;
};

export function nodeStatus({node, cordoned, pointer, held, run, silence}: KnownOfNode): NodeStatus {
	return {
		apiVersion: 'cni-upgrade/v1',
		kind: 'UpgradeStatus',
		node,
		cordoned,
		run: run ?? pointer?.run ?? null,
		state: held === undefined ? byPointer(pointer) : stateOf(held, run, pointer),
		pointer: pointer ?? null,
		silence: silence ?? null,
		steps: (held?.journal ?? []).map(({step, by, state, at, detail}) => ({
			step,
			title: titleOf(step),
			by,
			state,
			at: new Date(at * 1000).toISOString(),
			detail,
		})),
	};
}

const phaseStates: Readonly<Record<Pointer['phase'], StatusState>> = {
	preparing: 'preparing',
	draining: 'preparing',
	'on-the-node': 'on-the-node',
	proving: 'to-prove',
	'not-proved': 'to-prove',
	stuck: 'stuck',
};

function byPointer(pointer: Pointer | undefined): StatusState {
	return pointer === undefined ? 'none' : phaseStates[pointer.phase];
}

function stateOf(held: HeldRun, run: string | undefined, pointer: Pointer | undefined): StatusState {
	const {section} = progressOf(held.journal);
	if (held.current === undefined) {
		return run !== undefined ? ended(section, run, pointer) : pointer === undefined ? 'none' : 'preparing';
	}

	return {
		none: 'preparing',
		begin: 'on-the-node',
		done: 'to-prove',
		undone: 'going-back-done',
		stuck: 'stuck',
	}[section] as StatusState;
}

function ended(section: SectionState, run: string, pointer: Pointer | undefined): StatusState {
	if (pointer?.run === run && pointer.phase === 'draining') {
		return 'rollback-begun';
	}

	return section === 'undone' ? 'taken-back' : 'finished';
}
