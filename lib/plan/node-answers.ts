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
	readonly packages: readonly PackageState[];
	/** Files that were sent, and what they are. */
	readonly files: readonly {readonly staged: string; readonly name: string; readonly version: string}[];
	/** What installing all that was asked for would do, dependencies included, in order. */
	readonly changes: readonly {
		readonly manager: PackageManager;
		readonly name: string;
		readonly to: string;
		readonly from: string | null;
	}[];
	readonly removes: readonly {readonly name: string; readonly from: string}[];
	/** Why it cannot be done: the node's own sentences. */
	readonly problems: readonly string[];
};

export type PackageManager = 'apt' | 'dnf' | 'zypper';

type PackageState = {
	readonly name: string;
	/** Null where it is not installed. */
	readonly installed: string | null;
	/** Versions that can be fetched, the newest first. */
	readonly candidates: readonly string[];
	readonly held: boolean;
};

/** What else the node says of itself before anything is planned. */
export type HostFacts = {
	readonly systemd: Known<boolean>;
	/** Where crictl is; null where it is not. */
	readonly crictl: Known<string | null>;
	/** The container runtime's socket as the kubelet has it, `unix://PATH`. */
	readonly endpoint?: string | undefined;
	/** Every regular file of the bin dirs; without it only plugins that a config uses are replaced. */
	readonly binaries?: readonly {readonly dir: string; readonly name: string; readonly sha256: string}[] | undefined;
	/** The spec versions of the results that are cached for pods that run. */
	readonly cachedVersions?: Known<readonly string[]>;
	/** containerd's configuration file, the version of its form; null where there is none. */
	readonly runtimeConfig?: {readonly sha256: string; readonly version: number} | null;
};
