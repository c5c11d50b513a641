import type {NodeSetup} from './embedded-cluster.ts';
import {confFile, containerdFiles, crioFiles, referencePlugins} from './host-files.ts';
import {calicoNode, managedNode} from './provider-nodes.ts';
import type {TreeFiles} from './tree.ts';
import {journal, leases, packages, sandboxes, treeNode} from './tree-node.ts';

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
