/** One thing that was tried of a pod on the upgraded node. */
export type ProofItem = {
	readonly id: ProofId;
	/** `skipped`: there was nothing to try it on; the detail says why. */
	readonly result: 'yes' | 'no' | 'skipped';
	/** What was seen. */
	readonly detail: string;
};

/** What a proof consists of, in the order in which it is tried. */
export const proofTitles = {
	ready: 'the node is Ready, by a heartbeat newer than the restart',
	'add-on': 'the pods that DaemonSets have on the node are Ready',
	address: 'a new pod got an address',
	range: 'the address is inside the range of the node',
	'from-node': 'the pod answers the node',
	'from-other': 'the pod answers another node',
	dns: 'the pod resolves names',
	service: 'the pod reaches the API service',
	deleted: 'the pod was deleted and is gone',
	released: 'its lease, its cached result and its interface are gone',
} as const;

export type ProofId = keyof typeof proofTitles;

export const proofIds = Object.keys(proofTitles) as readonly ProofId[];

/**
`disproved`: the pod network itself failed, in words that the runtime gave; the node is better off as it was. `not-proved`: something
could not be seen, which may have other causes.
*/
export type Verdict = 'proved' | 'not-proved' | 'disproved';

export type Proof = {readonly verdict: Verdict; readonly items: readonly ProofItem[]};

/** Failures of these are the network's own: the pod could not be given one, or could not be freed of it. */
const decisive: readonly ProofId[] = ['address', 'deleted'];

export function verdictOf(items: readonly ProofItem[], isNetworksOwn: boolean): Verdict {
	const failed = items.filter(({result}) => result === 'no');
	if (failed.length === 0) {
		return 'proved';
	}

	return isNetworksOwn && failed.some(({id}) => decisive.includes(id)) ? 'disproved' : 'not-proved';
}
