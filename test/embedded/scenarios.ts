import type {NodeSetup} from './embedded-cluster.ts';
import {confFile, containerdFiles, crioFiles, plugin, referencePlugins, type Sandbox, systemFiles} from './host-files.ts';
import {heldImage} from './images.ts';
import {commonImages, nodeObject} from './node-object.ts';
import type {TreeFiles} from './tree.ts';

const systems = {
	debian12: {osImage: 'Debian GNU/Linux 12 (bookworm)', kernel: '6.1.0-28-amd64', family: 'deb'},
	ubuntu2204: {osImage: 'Ubuntu 22.04.5 LTS', kernel: '5.15.0-126-generic', family: 'deb'},
	ubuntu2404: {osImage: 'Ubuntu 24.04.1 LTS', kernel: '6.8.0-49-generic', family: 'deb'},
	fedora41: {osImage: 'Fedora Linux 41 (Server Edition)', kernel: '6.11.10-300.fc41.x86_64', family: 'rpm'},
	amazon2023: {osImage: 'Amazon Linux 2023.6.20241121', kernel: '6.1.115-126.197.amzn2023.x86_64', family: 'rpm'},
} as const;

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
	object,
	faults,
}: HostSpec): NodeSetup {
	const {osImage, kernel, family} = systems[system];
	return {
		object: nodeObject({name, address, osImage, kernel, kubelet, runtime, ...object}),
		host: {
			kind: 'tree',
			files: {...systemFiles({hostname: name, prettyName: osImage, family, kernel}), ...files},
			commands: [...(family === 'deb' ? ['dpkg', 'dpkg-query'] : ['rpm']), 'journalctl', ...commands],
		},
		...(faults && {faults}),
	};
}

const binDir = '/opt/cni/bin';
const bridgePlugins = ['bridge', 'host-local', 'loopback', 'portmap', 'bandwidth', 'firewall', 'tuning'];

/** The docs page's own example: a bridge with host-local addresses and port mappings. */
export function bridgeConf(
	cniVersion: string | undefined,
	options: {readonly name?: string; readonly extra?: readonly object[]} = {},
): object {
	return {
		...(cniVersion !== undefined && {cniVersion}),
		name: options.name ?? 'mynet',
		plugins: [
			{
				type: 'bridge',
				bridge: 'cni0',
				isGateway: true,
				ipMasq: true,
				promiscMode: true,
				ipam: {type: 'host-local', ranges: [[{subnet: '10.244.0.0/16'}]], routes: [{dst: '0.0.0.0/0'}]},
			},
			{type: 'portmap', capabilities: {portMappings: true}, externalSetMarkChain: 'KUBE-MARK-MASQ'},
			...(options.extra ?? []),
		],
	};
}

function sandboxes(count: number, ...more: readonly Sandbox[]): readonly Sandbox[] {
	const ready = Array.from({length: count}, (_, index) => ({
		id: (index + 1).toString(16).padStart(2, '0').repeat(32),
		namespace: 'default',
		name: `web-${index + 1}`,
	}));
	return [...ready, ...more];
}

/** host-local's leases of a network: one file an address, which holds the sandbox's id and the interface. */
function leases(network: string, ids: readonly string[]): TreeFiles {
	const files = ids.map((id, index) => [`/var/lib/cni/networks/${network}/10.244.0.${index + 2}`, `${id}\r\neth0`]);
	return {
		...Object.fromEntries(files),
		[`/var/lib/cni/networks/${network}/last_reserved_ip.0`]: `10.244.0.${ids.length + 1}`,
		[`/var/lib/cni/networks/${network}/lock`]: '',
	};
}

/** Files owned by packages, for dpkg and rpm: lines of `PACKAGE VERSION PATH`. */
function packages(rows: readonly (readonly [name: string, version: string, paths: readonly string[]])[]): TreeFiles {
	return {
		'/.stand-in/packages': rows.flatMap(([name, version, paths]) => paths.map(path => `${name} ${version} ${path}\n`)).join(''),
	};
}

/** Lines of `journalctl -o short-unix`, `secondsAgo` before now. */
function journal(lines: readonly (readonly [secondsAgo: number, unit: string, message: string])[]): TreeFiles {
	const now = Math.floor(Date.now() / 1000);
	return {'/.stand-in/journal': lines.map(([ago, unit, message]) => `${now - ago}.500000 node ${unit}: ${message}\n`).join('')};
}

const readyNetwork = (cniVersion: string) => ({name: 'mynet', cniVersion, types: ['bridge', 'portmap'], source: '{}'});

const bridgeHost = (release: string): TreeFiles => ({
	...referencePlugins(binDir, release, bridgePlugins),
	...packages([['kubernetes-cni', `${release}-1.1`, bridgePlugins.map(type => `${binDir}/${type}`)]]),
	...journal([[3600, 'kubelet[812]', 'I1124 10:00:00.000000 Starting kubelet']]),
});

/** Everything fits: containerd 1.7, a bridge config of 1.0.0, plugins 1.6.2. */
export function healthyNode(name = 'control-1', address = '10.10.0.11'): NodeSetup {
	const pods = sandboxes(3);
	return treeNode({
		name,
		address,
		object: {
			labels: {'node-role.kubernetes.io/control-plane': ''},
			taints: [{key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule'}],
		},
		files: {
			...bridgeHost('1.6.2'),
			...containerdFiles({version: '1.7.24', network: readyNetwork('1.0.0'), sandboxes: pods}),
			...confFile('/etc/cni/net.d/10-containerd-net.conflist', bridgeConf('1.0.0')),
			...leases(
				'mynet',
				pods.map(({id}) => id),
			),
		},
	});
}

/** The config says 1.0.0, plugins 0.8.7 know up to 0.4.0: each new pod fails, and the node stays Ready. */
export function configNewerThanPlugins(name = 'worker-1', address = '10.10.0.21'): NodeSetup {
	const error =
		'plugin type="bridge" failed (add): incompatible CNI versions; config is "1.0.0", plugin supports ["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0"]';
	return treeNode({
		name,
		address,
		files: {
			...referencePlugins(binDir, '0.8.7', bridgePlugins),
			...containerdFiles({version: '1.7.24', network: readyNetwork('1.0.0'), sandboxes: sandboxes(2)}),
			...confFile('/etc/cni/net.d/10-mynet.conflist', bridgeConf('1.0.0')),
			...journal([
				[
					7200,
					'containerd[700]',
					`level=error msg="RunPodSandbox failed" error="failed to setup network for sandbox \\"ab\\": ${error}"`,
				],
				[
					120,
					'kubelet[812]',
					`E1124 CreatePodSandbox for pod failed: rpc error: code = Unknown desc = failed to setup network for sandbox "cd": ${error}`,
				],
			]),
		},
	});
}

/** No cniVersion, on a containerd whose libcni refuses that at pod deletion; no crictl on the node. */
export function versionMissingOnOldContainerd(name = 'worker-2', address = '10.10.0.22'): NodeSetup {
	return treeNode({
		name,
		address,
		system: 'ubuntu2204',
		kubelet: 'v1.31.14',
		runtime: 'containerd://1.6.2',
		commands: ['containerd'],
		files: {
			...bridgeHost('1.1.1'),
			...containerdFiles({version: '1.6.2', crictl: false}),
			...confFile('/etc/cni/net.d/10-mynet.conflist', bridgeConf(undefined)),
			...journal([
				[900, 'kubelet[812]', 'E1124 failed to destroy network for sandbox "ef": invalid version "": the version is empty'],
			]),
		},
	});
}

/** No cniVersion, on a containerd that takes it for 0.1.0. */
export function versionMissingOnNewContainerd(name = 'worker-3', address = '10.10.0.23'): NodeSetup {
	return treeNode({
		name,
		address,
		system: 'ubuntu2404',
		runtime: 'containerd://1.7.28',
		files: {
			...bridgeHost('1.4.0'),
			...containerdFiles({version: '1.7.28', network: readyNetwork(''), sandboxes: sandboxes(2)}),
			...confFile('/etc/cni/net.d/10-mynet.conflist', bridgeConf(undefined)),
		},
	});
}

/** CRI-O on Fedora, with the distribution's plugins beside /opt/cni/bin, and podman's network that sorts last. */
export function crioNode(name = 'worker-4', address = '10.10.0.24'): NodeSetup {
	const directory = '/usr/libexec/cni';
	return treeNode({
		name,
		address,
		system: 'fedora41',
		runtime: 'cri-o://1.34.1',
		commands: ['crictl', 'crio'],
		files: {
			...referencePlugins(directory, '1.5.1', bridgePlugins),
			...packages([['containernetworking-plugins', '1.5.1-1.fc41', bridgePlugins.map(type => `${directory}/${type}`)]]),
			...crioFiles({version: '1.34.1', pluginDirs: ['/opt/cni/bin/', `${directory}/`], sandboxes: sandboxes(2)}),
			'/opt/cni/bin': {directory: true},
			...confFile('/etc/cni/net.d/11-crio-ipv4-bridge.conflist', bridgeConf('1.0.0', {name: 'crio'})),
			...confFile('/etc/cni/net.d/87-podman-bridge.conflist', bridgeConf('0.4.0', {name: 'podman'})),
			...journal([[60, 'crio[640]', 'time="2026-11-24" level=info msg="Updated default CNI network name to crio"']]),
		},
	});
}

/** Calico writes its config again at each start of its DaemonSet's pod: a change by hand does not stay. */
export function calicoNode(name = 'worker-5', address = '10.10.0.25'): NodeSetup {
	const supported = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0'];
	return treeNode({
		name,
		address,
		object: {
			annotations: {'projectcalico.org/IPv4Address': `${address}/24`, 'projectcalico.org/IPv4VXLANTunnelAddr': '10.244.25.0'},
			images: [
				...commonImages,
				heldImage('docker.io/calico/cni:v3.29.1', 97.6),
				heldImage('docker.io/calico/node:v3.29.1', 142.9),
			],
		},
		files: {
			...referencePlugins(binDir, '1.6.2', ['bridge', 'host-local', 'loopback', 'portmap', 'tuning']),
			...referencePlugins(binDir, '0.9.1', ['bandwidth']),
			...plugin(binDir, 'calico', {version: supported}),
			...plugin(binDir, 'calico-ipam', {version: supported}),
			...containerdFiles({
				version: '1.7.24',
				network: {name: 'k8s-pod-network', cniVersion: '0.3.1', types: ['calico', 'bandwidth', 'portmap'], source: '{}'},
				sandboxes: sandboxes(4),
			}),
			...confFile('/etc/cni/net.d/10-calico.conflist', {
				name: 'k8s-pod-network',
				cniVersion: '0.3.1',
				plugins: [
					{
						type: 'calico',
						log_level: 'info',
						datastore_type: 'kubernetes',
						nodename: name,
						mtu: 0,
						ipam: {type: 'calico-ipam'},
						policy: {type: 'k8s'},
						kubernetes: {kubeconfig: '/etc/cni/net.d/calico-kubeconfig'},
					},
					{type: 'bandwidth', capabilities: {bandwidth: true}},
					{type: 'portmap', snat: true, capabilities: {portMappings: true}},
				],
			}),
			...confFile(
				'/etc/cni/net.d/calico-kubeconfig',
				'apiVersion: v1\nkind: Config\nusers:\n- name: calico\n  user:\n    token: a-secret-that-must-stay-here\n',
			),
		},
	});
}

/** A node of EKS: its software is the provider's. */
export function managedNode(name = 'ip-10-10-3-17.eu-central-1.compute.internal', address = '10.10.3.17'): NodeSetup {
	const supported = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];
	return treeNode({
		name,
		address,
		system: 'amazon2023',
		kubelet: 'v1.34.1-eks-113cf36',
		runtime: 'containerd://2.1.4',
		object: {
			providerID: 'aws:///eu-central-1a/i-0c3f5b7d9e1a2b4c6',
			labels: {
				'eks.amazonaws.com/nodegroup': 'general',
				'eks.amazonaws.com/capacityType': 'ON_DEMAND',
				'node.kubernetes.io/instance-type': 'm6i.large',
				'topology.kubernetes.io/region': 'eu-central-1',
				'topology.kubernetes.io/zone': 'eu-central-1a',
			},
			images: [
				heldImage('602401143452.dkr.ecr.eu-central-1.amazonaws.com/amazon-k8s-cni:v1.20.4', 48.6),
				heldImage('602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks/kube-proxy:v1.34.1-eksbuild.2', 31.4),
				heldImage('602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks/pause:3.10', 0.32),
			],
		},
		files: {
			...referencePlugins(binDir, '1.7.1', ['host-local', 'loopback', 'portmap', 'bandwidth', 'tuning']),
			...plugin(binDir, 'aws-cni', {version: supported, about: 'AWS CNI v1.20.4'}),
			...plugin(binDir, 'egress-cni', {version: supported}),
			...containerdFiles({
				version: '2.1.4',
				network: {name: 'aws-cni', cniVersion: '0.4.0', types: ['aws-cni', 'egress-cni', 'portmap'], source: '{}'},
				sandboxes: sandboxes(5),
			}),
			...confFile('/etc/cni/net.d/10-aws.conflist', {
				cniVersion: '0.4.0',
				name: 'aws-cni',
				disableCheck: true,
				plugins: [
					{
						name: 'aws-cni',
						type: 'aws-cni',
						vethPrefix: 'eni',
						mtu: '9001',
						podSGEnforcingMode: 'strict',
						pluginLogFile: '/var/log/aws-routed-eni/plugin.log',
						pluginLogLevel: 'DEBUG',
						capabilities: {io: true},
					},
					{
						name: 'egress-cni',
						type: 'egress-cni',
						mtu: '9001',
						enabled: 'false',
						ipam: {
							type: 'host-local',
							ranges: [[{subnet: 'fd00::ac:00/118'}]],
							routes: [{dst: '::/0'}],
							dataDir: '/run/cni/v4pd/egress-v6-ipam',
						},
					},
					{type: 'portmap', capabilities: {portMappings: true}, snat: true},
				],
			}),
		},
	});
}

/** Its kubelet stopped an hour ago: no pod starts there. */
export function silentNode(name = 'worker-6', address = '10.10.0.26'): NodeSetup {
	return treeNode({
		name,
		address,
		runtime: 'containerd://1.6.20~ds1',
		object: {ready: 'Unknown'},
		files: {...bridgeHost('1.1.1'), ...containerdFiles({version: '1.6.20~ds1', binDir: '/usr/lib/cni'})},
		faults: [{kind: 'silent'}],
	});
}

/** The eight nodes of the demo. */
export function demoFleet(): readonly NodeSetup[] {
	return [
		healthyNode(),
		configNewerThanPlugins(),
		versionMissingOnOldContainerd(),
		versionMissingOnNewContainerd(),
		crioNode(),
		calicoNode(),
		managedNode(),
		silentNode(),
	];
}
