import type {NodeSetup} from './embedded-cluster.ts';
import {type Sandbox, systemFiles} from './host-files.ts';
import {nodeObject} from './node-object.ts';
import type {TreeFiles} from './tree.ts';

const systems = {
	debian12: {osImage: 'Debian GNU/Linux 12 (bookworm)', kernel: '6.1.0-28-amd64', family: 'deb'},
	ubuntu2204: {osImage: 'Ubuntu 22.04.5 LTS', kernel: '5.15.0-126-generic', family: 'deb'},
	ubuntu2404: {osImage: 'Ubuntu 24.04.1 LTS', kernel: '6.8.0-49-generic', family: 'deb'},
	fedora41: {osImage: 'Fedora Linux 41 (Server Edition)', kernel: '6.11.10-300.fc41.x86_64', family: 'rpm'},
	amazon2023: {osImage: 'Amazon Linux 2023.6.20241121', kernel: '6.1.115-126.197.amzn2023.x86_64', family: 'rpm'},
	bottlerocket: {osImage: 'Bottlerocket OS 1.29.0 (aws-k8s-1.31)', kernel: '6.1.115', family: 'none'},
} as const;

const packageManagers = {deb: ['dpkg', 'dpkg-query', 'journalctl'], rpm: ['rpm', 'journalctl'], none: []} as const;

export type SystemId = keyof typeof systems;

/** A node that is not special in any way; scenarios say what they change. */
export type HostSpec = {
	readonly name: string;
	readonly address: string;
	readonly system?: SystemId;
	readonly kubelet?: string;
	readonly runtime?: string;
	readonly files: TreeFiles;
	/** Stand-ins on its PATH beside the package manager's and journalctl. */
	readonly commands?: readonly string[];
	readonly object?: Partial<Parameters<typeof nodeObject>[0]>;
	readonly faults?: NodeSetup['faults'];
};

/** A node with a directory tree, in which the real script runs. */
export function treeNode({
	name,
	address,
	system = 'debian12',
	kubelet = 'v1.34.2',
	runtime = 'containerd://1.7.24',
	files,
	commands = ['crictl', 'containerd'],
	object: more,
	faults,
}: HostSpec): NodeSetup {
	const {osImage, kernel, family} = systems[system];
	const object = nodeObject({name, address, osImage, kernel, kubelet, runtime, ...more});
	const {bootID: bootId, machineID: machineId} = object.status.nodeInfo;
	return {
		object,
		host: {
			kind: 'tree',
			files: {...systemFiles({hostname: name, prettyName: osImage, family, kernel, bootId, machineId}), ...files},
			commands: [...packageManagers[family], ...commands],
		},
		...(faults && {faults}),
	};
}

/** So many sandboxes that are ready, and others. */
export function sandboxes(count: number, ...more: readonly Sandbox[]): readonly Sandbox[] {
	const ready = Array.from({length: count}, (_, index) => ({
		id: (index + 1).toString(16).padStart(2, '0').repeat(32),
		namespace: 'default',
		name: `web-${index + 1}`,
	}));
	return [...ready, ...more];
}

/** host-local's leases of a network: one file an address, which holds the sandbox's id and the interface. */
export function leases(network: string, ids: readonly string[]): TreeFiles {
	const files = ids.map((id, index) => [`/var/lib/cni/networks/${network}/10.244.0.${index + 2}`, `${id}\r\neth0`]);
	return {
		...Object.fromEntries(files),
		[`/var/lib/cni/networks/${network}/last_reserved_ip.0`]: `10.244.0.${ids.length + 1}`,
		[`/var/lib/cni/networks/${network}/lock`]: '',
	};
}

/** Files owned by packages, for dpkg and rpm: lines of `PACKAGE VERSION PATH`. */
export function packages(rows: readonly (readonly [name: string, version: string, paths: readonly string[]])[]): TreeFiles {
	return {
		'/.stand-in/packages': rows.flatMap(([name, version, paths]) => paths.map(path => `${name} ${version} ${path}\n`)).join(''),
	};
}

/** Lines of `journalctl -o short-unix`, `secondsAgo` before now. */
export function journal(lines: readonly (readonly [secondsAgo: number, unit: string, message: string])[]): TreeFiles {
	const now = Math.floor(Date.now() / 1000);
	return {'/.stand-in/journal': lines.map(([ago, unit, message]) => `${now - ago}.500000 node ${unit}: ${message}\n`).join('')};
}
