/** What was asked for on the command line. Where nothing is named, the plan does what the findings ask for. */
export type UpgradeRequest = {
	/** Ten characters of [a-z0-9]. */
	readonly run: string;
	/** Where the new plugins come from. */
	readonly plugins?: 'archive' | 'package' | undefined;
	/** `auto`, `keep` or a version; undefined: changed only where it has to be. */
	readonly cniVersion?: string | undefined;
	/** `--package NAME=VERSION`. */
	readonly packages: readonly {readonly name: string; readonly version: string}[];
	/** `--package-file PATH`. */
	readonly packageFiles: readonly StagedFile[];
	/** A crictl for a node that has none; its name on the node is `crictl`. */
	readonly crictl?: StagedFile | undefined;
	/** Run `kubeadm upgrade node`. */
	readonly kubeadm: boolean;
	readonly hooks: {readonly before?: StagedFile | undefined; readonly after?: StagedFile | undefined};
	readonly allowControlPlane: boolean;
	/** Leave the node cordoned at the end. */
	readonly keepCordoned: boolean;
	/** Seconds in which the section on the node has to be over; after them the node takes all of it back. */
	readonly deadline: number;
};

/**
A file of this machine that is sent to the node.
@public
*/
export type StagedFile = {
	/** Its name on the node. */
	readonly name: string;
	readonly sha256: string;
	/** Bytes. */
	readonly size: number;
};
