import type {NodeSetup} from './embedded-cluster.ts';
import {confFile, containerdFiles, plugin, referencePlugins} from './host-files.ts';
import {heldImage} from './images.ts';
import {commonImages} from './node-object.ts';
import {sandboxes, treeNode} from './tree-node.ts';

const binDir = '/opt/cni/bin';

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

/** An image-based host without a shell: the probe cannot run there. */
export function shellLessNode(name = 'bottlerocket-1', address = '10.10.0.31'): NodeSetup {
	return treeNode({
		name,
		address,
		system: 'bottlerocket',
		runtime: 'containerd://1.7.27+bottlerocket',
		commands: [],
		object: {images: [heldImage('docker.io/flannel/flannel:v0.26.1', 78.2), ...commonImages]},
		files: containerdFiles({version: '1.7.27+bottlerocket', crictl: false}),
	});
}
