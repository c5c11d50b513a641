/** A node to ask, and what the way to it depends on. */
export type ProbeTarget = {
	readonly node: string;
	/** Stands in the answer's frame, so that no node can answer for another. */
	readonly uid: string;
	readonly arch: string;
	readonly osImage: string;
	readonly kubeletVersion: string;
	/** As the kubelet writes it: `containerd://1.7.24`. */
	readonly runtime: string;
	/** Its Ready condition is not True: it is asked last, since it may never answer. */
	readonly notReady: boolean;
};

/** What became of one node: the records that it answered, or why there are none, as a whole phrase. */
export type ProbeOutcome = {readonly node: string; readonly records: string} | {readonly node: string; readonly unknown: string};

/**
A way to the nodes of a fleet. It runs the collect script once on every target and reports each outcome exactly once, in any
order; it owns how many it asks at a time. It rejects only when no node at all can be asked (admission, permission) or when
it was aborted, and whatever it created is removed before it settles.
*/
export type Transport = {
	readonly probe: (
		targets: readonly ProbeTarget[],
		onOutcome: (outcome: ProbeOutcome) => void,
		signal: AbortSignal,
	) => Promise<void>;
};
