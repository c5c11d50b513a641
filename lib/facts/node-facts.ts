import type {Known, Unknown} from './unknown.ts';

/**
What is known of one node and how it is known: plain JSON, saved by `--save` and judged again by `lint`.
It has two halves: what the API says of the node (`node`), and what the node says of itself (all the rest).
*/
export type NodeFacts = {
	readonly apiVersion: 'cni-upgrade/v1';
	readonly kind: 'NodeFacts';
	/** The way in which the node half came, or was sought. `api`: only the API was asked, as told. `file`: `lint`. */
	readonly via: Via;
	/** When the facts were collected, RFC 3339 in UTC. */
	readonly collectedAt: string;
	readonly node: NodeIdentity;
	readonly runtime: RuntimeFacts;
	/** Every entry of every conf dir, in no particular order; `lib/cni/load-order.ts` says which of them the runtime takes. */
	readonly configFiles: Known<readonly ConfigFile[]>;
	/** Every plugin that an active config names, and loopback. */
	readonly plugins: Known<readonly PluginFacts[]>;
	readonly sandboxes: Known<SandboxFacts>;
	readonly journal: Known<JournalFacts>;
	/** Leases of host-local, one entry a network. */
	readonly leases: Known<readonly LeaseFacts[]>;
};

export type Via = 'api' | 'pod' | 'ssh' | 'file';

export type NodeIdentity = {
	readonly name: string;
	readonly uid: Known<string>;
	/** `linux` or `windows`. */
	readonly os: Known<string>;
	/** As Kubernetes writes it: `amd64`, `arm64`. */
	readonly arch: Known<string>;
	/** Such as `Debian GNU/Linux 12 (bookworm)`. */
	readonly osImage: Known<string>;
	readonly kernel: Known<string>;
	/** With its leading v, such as `v1.34.2`. */
	readonly kubeletVersion: Known<string>;
	/** The newest kubelet of the cluster: the API server is at least as new, since a kubelet may not be newer than it. */
	readonly newestKubelet: Known<string>;
	readonly ready: Known<NodeReady>;
	readonly cordoned: Known<boolean>;
	/** Who runs the node's software: a row id of `lib/facts/providers.ts`, or `none` where an operator owns it. */
	readonly provider: Known<string>;
};

export type NodeReady = {
	/** The status of the node's Ready condition; `Unknown` means that the kubelet is silent. */
	readonly status: 'True' | 'False' | 'Unknown';
	/** The condition's message, where it was asked for. */
	readonly message?: string;
};

type RuntimeName = 'containerd' | 'cri-o' | 'docker';

export type RuntimeFacts = {
	/** `containerd`, `cri-o`, `docker` (cri-dockerd), or whatever else the kubelet named. */
	readonly name: Known<RuntimeName | (string & {})>;
	/** As the kubelet or the runtime writes it, without the scheme: `1.6.20~ds1`. */
	readonly version: Known<string>;
	/** Where the settings below come from: the runtime itself, its files, or its compiled-in defaults. */
	readonly source: Known<'runtime' | 'files' | 'defaults'>;
	/** In the order in which the runtime reads them; nearly always one. */
	readonly confDirs: Known<readonly string[]>;
	readonly binDirs: Known<readonly string[]>;
	/** containerd's max_conf_num; 0 means all. */
	readonly maxConfNum: Known<number>;
	/** containerd's conf_template, empty when unset. */
	readonly confTemplate: Known<string>;
	/** containerd's use_internal_loopback. */
	readonly internalLoopback: Known<boolean>;
	/** CRI-O's cni_default_network, empty when unset. */
	readonly defaultNetwork: Known<string>;
	/** The runtime's own NetworkReady condition. */
	readonly networkReady: Known<{readonly ready: boolean; readonly message: string}>;
	/** containerd's lastCNILoadStatus: `OK`, or the error in full. */
	readonly lastLoadStatus: Known<string>;
	/** The networks that the runtime holds in memory, its internal loopback left out. */
	readonly networks: Known<readonly LoadedNetwork[]>;
};

export type LoadedNetwork = {
	readonly name: string;
	/** Empty: the config names no version. */
	readonly cniVersion: string;
	readonly types: readonly string[];
};

/** One entry of a conf dir. */
export type ConfigFile = {
	/** Absolute path as the runtime sees it. */
	readonly path: string;
	readonly entry: 'file' | 'symlink' | 'directory' | 'other';
	/** Octal permission bits, such as `0600`. */
	readonly mode: Known<string>;
	/** Bytes. */
	readonly size: Known<number>;
	/** SHA-256 of the whole file, lower-case hex. */
	readonly sha256: Known<string>;
	/**
	The file's JSON, reduced on the node to the fields of an allow-list, so that no secret leaves it.
	Absent where the name's extension is none that a runtime loads.
	*/
	readonly content?: Known<ConfigContent>;
};

export type ConfigContent = {readonly json: JsonValue} | {readonly invalid: string};

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | {readonly [key: string]: JsonValue};

/** One plugin executable, by the name that a config's `type` uses. */
export type PluginFacts = {
	readonly type: string;
	/** Where the runtime finds it: the first of its bin dirs that holds a regular file of that name. */
	readonly path: Known<string | null>;
	/** The same name in directories where this runtime does not look. */
	readonly elsewhere: readonly string[];
	readonly kind: Known<'elf' | 'foreign-elf' | 'script' | 'other'>;
	readonly executable: Known<boolean>;
	readonly sha256: Known<string>;
	/** What it answered to VERSION. */
	readonly supportedVersions: Known<readonly string[]>;
	/** Its own release, such as `v1.1.1`. */
	readonly release: Known<string>;
	/** The package that owns the file, `NAME VERSION`, or null where no package does. */
	readonly package: Known<string | null>;
};

export type SandboxFacts = {
	readonly total: Known<number>;
	/** Sandboxes that are stopped or cannot be stopped and are still there. */
	readonly notReady: readonly SandboxRef[];
};

type SandboxRef = {readonly id: string; readonly namespace: string; readonly name: string; readonly createdAt: string};

/** How often the docs page's two error texts stand in the node's journal, newest 5,000 lines of the last 24 hours. */
export type JournalFacts = {
	readonly incompatible: JournalCount;
	readonly emptyVersion: JournalCount;
};

/** `last`: RFC 3339, null where the count is 0. */
export type JournalCount = {readonly count: number; readonly last: string | null};

export type LeaseFacts = {readonly network: string; readonly leases: number; readonly orphans: Known<number>};

/** Everything on the node's own side, where it could not be asked. */
export function unknownNodeHalf(reason: string): Omit<NodeFacts, 'apiVersion' | 'kind' | 'via' | 'collectedAt' | 'node'> {
	const unknown: Unknown = {unknown: reason};
	return {
		runtime: {
			name: unknown,
			version: unknown,
			source: unknown,
			confDirs: unknown,
			binDirs: unknown,
			maxConfNum: unknown,
			confTemplate: unknown,
			internalLoopback: unknown,
			defaultNetwork: unknown,
			networkReady: unknown,
			lastLoadStatus: unknown,
			networks: unknown,
		},
		configFiles: unknown,
		plugins: unknown,
		sandboxes: unknown,
		journal: unknown,
		leases: unknown,
	};
}
