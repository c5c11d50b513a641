import type {ConfigFile, JsonValue, NodeFacts, PluginFacts} from '../../lib/facts/node-facts.ts';

/** The spec versions that reference plugins 1.0.0 to 1.5.1 answer with. */
export const upTo100: readonly string[] = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0'];
export const upTo040: readonly string[] = upTo100.slice(0, 5);
export const upTo110: readonly string[] = [...upTo100, '1.1.0'];

export const confDir = '/etc/cni/net.d';
export const bridgePath = `${confDir}/10-bridge.conflist`;

/** A config list as operators write it by hand: bridge with host-local, then portmap. */
export const bridgeList = {
	cniVersion: '1.0.0',
	name: 'mynet',
	plugins: [
		{type: 'bridge', bridge: 'cni0', ipam: {type: 'host-local'}},
		{type: 'portmap', capabilities: {portMappings: true}},
	],
} as const satisfies JsonValue;

/** A file of the conf dir that holds this JSON. */
export function configFile(json: JsonValue, path = bridgePath): ConfigFile {
	return {path, entry: 'file', mode: '0644', size: 400, sha256: 'a'.repeat(64), content: {json}};
}

/** A reference plugin in /opt/cni/bin that answers to VERSION. */
export function plugin(type: string, overrides: Partial<PluginFacts> = {}): PluginFacts {
	return {
		type,
		path: `/opt/cni/bin/${type}`,
		elsewhere: [],
		kind: 'elf',
		executable: true,
		sha256: 'b'.repeat(64),
		supportedVersions: upTo100,
		release: 'v1.5.1',
		package: null,
		...overrides,
	};
}

/** A node at which nothing is to be found: containerd 2.2, a bridge config of 1.0.0 and plugins that support it. */
export const healthyFacts: NodeFacts = {
	apiVersion: 'cni-upgrade/v1',
	kind: 'NodeFacts',
	via: 'pod',
	collectedAt: '2026-09-01T02:00:00Z',
	node: {
		name: 'worker-1',
		uid: '6a1d2c66-0000-4000-8000-000000000001',
		os: 'linux',
		arch: 'amd64',
		osImage: 'Debian GNU/Linux 12 (bookworm)',
		kernel: '6.1.0-37-amd64',
		kubeletVersion: 'v1.35.2',
		newestKubelet: 'v1.35.2',
		ready: {status: 'True'},
		cordoned: false,
		provider: 'none',
	},
	runtime: {
		name: 'containerd',
		version: '2.2.1',
		source: 'runtime',
		confDirs: [confDir],
		binDirs: ['/opt/cni/bin'],
		maxConfNum: 1,
		confTemplate: '',
		internalLoopback: false,
		defaultNetwork: '',
		networkReady: {ready: true, message: ''},
		lastLoadStatus: 'OK',
		networks: [{name: 'mynet', cniVersion: '1.0.0', types: ['bridge', 'portmap']}],
	},
	configFiles: [configFile(bridgeList)],
	plugins: [plugin('bridge'), plugin('host-local'), plugin('portmap'), plugin('loopback')],
	sandboxes: {total: 12, notReady: []},
	journal: {incompatible: {count: 0, last: null}, emptyVersion: {count: 0, last: null}},
	leases: [{network: 'mynet', leases: 12, orphans: 0}],
};

export type FactsOverrides = Partial<Omit<NodeFacts, 'node' | 'runtime'>> & {
	readonly node?: Partial<NodeFacts['node']>;
	readonly runtime?: Partial<NodeFacts['runtime']>;
	/** Instead of `configFiles`: one file that holds this. What the runtime holds in memory is then not known. */
	readonly config?: JsonValue;
};

/** A healthy node but for these facts. */
export function facts({node, runtime, config, ...rest}: FactsOverrides = {}): NodeFacts {
	const changesConfig = config !== undefined || rest.configFiles !== undefined;
	return {
		...healthyFacts,
		...(config !== undefined && {configFiles: [configFile(config)]}),
		...rest,
		node: {...healthyFacts.node, ...node},
		runtime: {
			...healthyFacts.runtime,
			...(changesConfig && {networks: {unknown: 'crictl is not on the node'}}),
			...runtime,
		},
	};
}

/** The same node with CRI-O, whose `crictl info` says nothing of networks. */
export function crioFacts(version: string, {runtime, ...rest}: FactsOverrides = {}): NodeFacts {
	const unknown = {unknown: 'CRI-O does not say'};
	return facts({
		...rest,
		runtime: {
			name: 'cri-o',
			version,
			maxConfNum: 1,
			lastLoadStatus: unknown,
			networks: unknown,
			...runtime,
		},
	});
}
