/** What a drain would do, as dry-run evictions say: the part of lib/drain's preview that a plan shows. */
export type DrainPreview = {
	readonly evict: readonly PodName[];
	readonly stay: readonly {readonly pod: PodName; readonly why: string}[];
	/** Pods that keep the drain from beginning, by kubectl's text. */
	readonly errors: readonly {readonly text: string; readonly pods: readonly PodName[]}[];
	readonly warnings: readonly {readonly text: string; readonly pods: readonly PodName[]}[];
	readonly blocked: readonly {readonly pod: PodName; readonly budget?: string | undefined; readonly message: string}[];
};

export type PodName = {readonly namespace: string; readonly name: string};
