/** One daemon of the table, and where its programs are. */
export type Daemon = {
	/** Names it in rows and on the command line: `containerd-1.6.3`, `containerd-1.7.24-debian`. */
	readonly id: string;
	readonly runtime: 'containerd' | 'cri-o';
	/** A line of test/programs/releases, or Debian's, of a root that test/cluster/rig makes. */
	readonly from: {readonly program: string} | {readonly root: string};
};

export const daemons: readonly Daemon[] = [
	debian('1.4.13', 'daemon-bullseye'),
	...['1.5.18', '1.6.0', '1.6.1', '1.6.2', '1.6.3', '1.6.4', '1.6.5'].map(built),
	debian('1.6.20', 'node-bookworm'),
	debian('1.7.24', 'node-trixie'),
	...['2.0.0', '2.0.1', '2.1.9', '2.2.9', '2.3.4'].map(built),
	...['1.34.0', '1.36.3'].map(release => program('cri-o', release)),
];

function built(release: string): Daemon {
	return program('containerd', release);
}

function program(runtime: Daemon['runtime'], release: string): Daemon {
	return {id: `${runtime}-${release}`, runtime, from: {program: `${runtime}-${release}`}};
}

function debian(release: string, root: string): Daemon {
	return {id: `containerd-${release}-debian`, runtime: 'containerd', from: {root}};
}
