/** What goes wrong on a machine. All may be changed while it runs; undefined: nothing. */
export type MachineFaults = {
	/** What the runtime's process says before it ends. */
	runtimeDoesNotStart?: string | undefined;
	/** The kubelet runs and its node stays NotReady, for this reason. */
	kubeletNotReady?: string | undefined;
	/** libcni's error at every ADD, CHECK is not touched. */
	addFails?: string | undefined;
	deleteFails?: string | undefined;
	/** The runtime starts and holds no network, for this reason. */
	configNotLoaded?: string | undefined;
	/** Who holds the package manager's lock. */
	packagesLocked?: {readonly pid: number; readonly program: string} | undefined;
	/** What the package manager says instead of installing. */
	packageFails?: string | undefined;
	/** Where `ping` and TCP reach nothing. */
	unreachable?: boolean | undefined;
};
