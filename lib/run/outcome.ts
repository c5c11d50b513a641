import type {Proof} from './proof/proof.ts';

/** How a run ended. The node is in the state that this names, and the journal on it says the same. */
export type Outcome =
	| {readonly kind: 'upgraded'; readonly proof: Proof}
	/** Upgraded, and something could not be shown: it stays cordoned. */
	| {readonly kind: 'not-proved'; readonly proof: Proof}
	/** As it was before. */
	| {readonly kind: 'rolled-back'; readonly why: string; readonly proof: Proof | undefined}
	/** Neither: it stays cordoned, and the detail says where the old files are. */
	| {readonly kind: 'stuck'; readonly why: string};
