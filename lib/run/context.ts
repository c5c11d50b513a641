import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import type {NodeRef} from '../cluster/nodes-write.ts';
import type {NodeAgent} from './agent.ts';
import type {RunEvent} from './events.ts';
import type {Proof, ProofItem} from './proof/proof.ts';
import type {RunSettings} from './settings.ts';

/** All that carrying out a plan needs of the world. */
export type RunContext = {
	readonly api: Api;
	readonly agent: NodeAgent;
	readonly node: NodeRef;
	readonly settings: RunSettings;
	/** USER@HOST, for the pointer. */
	readonly by: string;
	readonly clock: Clock;
	/** Aborted by a person, by the loss of the lock, or by what somebody else did to the node; the reason says which. */
	readonly signal: AbortSignal;
	readonly onEvent: (event: RunEvent) => void;
	/** Tries what pods on the node need; see `proof/`. */
	readonly prove: (onItem: (item: ProofItem) => void, signal: AbortSignal) => Promise<Proof>;
	/** Whether the lock is still ours: what somebody else may be at work on is not taken back. */
	readonly ownsNode: () => boolean;
	/** From here on somebody may uncordon the node: we are about to. */
	readonly allowUncordon: () => void;
	/** Asked before each step; false ends the run as Ctrl-C does. Absent: nobody wants to be asked. */
	readonly confirm?: (step: string) => Promise<boolean>;
};

export function tell(
	context: Pick<RunContext, 'onEvent' | 'clock'>,
	step: string,
	state: 'begin' | 'done' | 'skipped' | 'failed' | 'back' | 'taken-back' | 'stuck',
	detail = '',
): void {
	context.onEvent({type: 'step', step, on: 'cluster', state, detail, at: context.clock.now()});
}
