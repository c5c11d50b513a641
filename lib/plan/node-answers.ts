import type {Known} from '../facts/unknown.ts';

/** What setting a config's version would do, as the node's `edit` answers; or why it cannot be done. */
export type ConfigEdit = {readonly path: string; readonly version: string} & (
	| {
			readonly oldSha256: string;
			readonly newSha256: string;
			/** The line that changes, from 1; an inserted key stands on it. */
			readonly line: number;
			readonly way: 'replace' | 'insert';
			/** As it stands in the file, quotes included; empty where the key is inserted. */
			readonly oldToken: string;
			readonly newToken: string;
			/** White space before the key. */
			readonly indent: string;
	  }
	/** The node's own sentence. */
	| {readonly refused: string}
);

/** What the node's package manager says, as its `packages` answers. */
export type PackageFacts = {
	/** `none`: the node has no package manager that is known here. */
	readonly manager: 'apt' | 'dnf' | 'zypper' | 'none';
	readonly packages: readonly PackageState[];
	/** Who holds its lock; null where it is free. */
	readonly lockedBy: string | null;
	/** An earlier run of it was cut off, and has to be ended first. */
	readonly interrupted: boolean;
	/** containerd's configuration file; null where there is none. */
	readonly runtimeConfig?: {readonly sha256: string; readonly version: number} | null;
};

export type PackageState = {
	readonly name: string;
	/** Null where it is not installed. */
	readonly installed: string | null;
	/** Every version that can be fetched. */
	readonly available: Known<readonly string[]>;
	readonly held: boolean;
	/** Directories that it deletes or replaces as a whole: kubernetes-cni does so with /opt/cni/bin. */
	readonly clears: readonly string[];
};

/** What else the node says of itself before anything is planned. */
export type HostFacts = {
	readonly systemd: Known<boolean>;
	/** Where crictl is; null where it is not. */
	readonly crictl: Known<string | null>;
	/** The container runtime's socket as the kubelet has it, `unix://PATH`. */
	readonly endpoint?: string | undefined;
	/** Every regular file of the bin dirs; without it only plugins that a config uses are replaced. */
	readonly binaries?: readonly {readonly dir: string; readonly name: string; readonly sha256: string}[];
	/** The spec versions of the results that are cached for pods that run. */
	readonly cachedVersions?: Known<readonly string[]>;
};
