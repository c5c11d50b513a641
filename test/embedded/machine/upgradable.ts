import type {NodeSetup} from '../embedded-cluster.ts';
import {confFile, referencePlugins} from '../host-files.ts';
import {heldImage} from '../images.ts';
import {commonImages} from '../node-object.ts';
import type {Store} from '../store.ts';
import type {TreeFiles} from '../tree.ts';
import {runControllers} from './controllers.ts';
import {machineNode} from './machine-nodes.ts';
import {makeObject} from './make-object.ts';

const pluginTypes = ['bridge', 'host-local', 'loopback', 'portmap', 'bandwidth', 'firewall', 'tuning'];
const binDir = '/opt/cni/bin';
const images = [...commonImages, heldImage('registry.example/web:1', 40)];

/** The docs page's bridge, with the addresses of one node. */
export function nodeConf(cniVersion: string | undefined, lastPart: number, name = 'mynet'): object {
	return {
		...(cniVersion !== undefined && {cniVersion}),
		name,
		plugins: [
			{
				type: 'bridge',
				bridge: 'cni0',
				isGateway: true,
				ipMasq: true,
				promiscMode: true,
				ipam: {type: 'host-local', ranges: [[{subnet: `10.244.${lastPart}.0/24`}]], routes: [{dst: '0.0.0.0/0'}]},
			},
			{type: 'portmap', capabilities: {portMappings: true}, externalSetMarkChain: 'KUBE-MARK-MASQ'},
		],
	};
}

/** Plugins 0.8.7, which know 0.4.0 at most, and a config of 1.0.0: no new pod starts. */
export function oldPlugins(name = 'worker-1', lastPart = 21, more: TreeFiles = {}): NodeSetup {
	return machineNode({
		name,
		address: `10.10.0.${lastPart}`,
		runtime: {kind: 'containerd', version: '1.7.24'},
		files: {
			...referencePlugins(binDir, '0.8.7', pluginTypes),
			...confFile('/etc/cni/net.d/10-mynet.conflist', nodeConf('1.0.0', lastPart)),
			...more,
		},
		object: {images},
	});
}

/** Plugins 0.8.7 and a config that they support: pods come and go, and all of it is old. The node for whoever wants nothing else to go wrong. */
export function oldButWorking(name = 'worker-1', lastPart = 21, more: TreeFiles = {}): NodeSetup {
	return oldPlugins(name, lastPart, {...confFile('/etc/cni/net.d/10-mynet.conflist', nodeConf('0.4.0', lastPart)), ...more});
}

/** No cniVersion, on a containerd that refuses that at pod deletion: no pod goes. */
export function missingVersion(name = 'worker-2', lastPart = 22, more: TreeFiles = {}): NodeSetup {
	return machineNode({
		name,
		address: `10.10.0.${lastPart}`,
		runtime: {kind: 'containerd', version: '1.6.3'},
		kubelet: 'v1.31.14',
		files: {
			...referencePlugins(binDir, '1.1.1', pluginTypes),
			...confFile('/etc/cni/net.d/10-mynet.conflist', nodeConf(undefined, lastPart)),
			...more,
		},
		object: {images},
	});
}

/** CRI-O with a config of 0.4.0 and plugins that know more. */
export function oldConfigOnCrio(name = 'worker-3', lastPart = 23, more: TreeFiles = {}): NodeSetup {
	return machineNode({
		name,
		address: `10.10.0.${lastPart}`,
		runtime: {kind: 'cri-o', version: '1.34.1'},
		files: {
			...referencePlugins(binDir, '0.9.1', pluginTypes),
			...confFile('/etc/cni/net.d/11-crio-ipv4-bridge.conflist', nodeConf('0.4.0', lastPart, 'crio')),
			...more,
		},
		object: {images},
	});
}

/** Nothing wrong with it: where evicted pods go. */
export function healthyMachine(name = 'worker-4', lastPart = 24, more: TreeFiles = {}): NodeSetup {
	return machineNode({
		name,
		address: `10.10.0.${lastPart}`,
		runtime: {kind: 'containerd', version: '1.7.24'},
		files: {
			...referencePlugins(binDir, '1.6.2', pluginTypes),
			...confFile('/etc/cni/net.d/10-mynet.conflist', nodeConf('1.0.0', lastPart)),
			...more,
		},
		object: {images},
	});
}

/** Three nodes as the docs page's readers have them. */
export function upgradable(): readonly NodeSetup[] {
	return [oldPlugins(), missingVersion(), oldConfigOnCrio()];
}

const container = {name: 'main', image: 'registry.example/web:1', command: ['web']};

function labelled(app: string) {
	return {
		selector: {matchLabels: {app}},
		template: {metadata: {labels: {app}}, spec: {containers: [container], terminationGracePeriodSeconds: 1}},
	};
}

/**
What runs in the cluster: a Deployment's ReplicaSet of two pods with a budget of which one may be away, a DaemonSet on the pod network,
and the Services of DNS and of the API. Returns how to end its controllers.
*/
export function runWorkloads(
	store: Store,
	{replicas = 2, minAvailable = 1}: {readonly replicas?: number; readonly minAvailable?: number} = {},
): () => void {
	makeObject(store, 'replicasets', 'default', {metadata: {name: 'web-5d9c7b8f6d'}, spec: {replicas, ...labelled('web')}});
	makeObject(store, 'poddisruptionbudgets', 'default', {
		metadata: {name: 'web'},
		spec: {minAvailable, selector: {matchLabels: {app: 'web'}}},
	});
	makeObject(store, 'daemonsets', 'kube-system', {metadata: {name: 'log-agent'}, spec: labelled('log-agent')});
	makeObject(store, 'services', 'kube-system', {
		metadata: {name: 'kube-dns', labels: {'k8s-app': 'kube-dns'}},
		spec: {clusterIP: '10.96.0.10', ports: [{name: 'dns', port: 53, protocol: 'UDP'}], selector: {'k8s-app': 'kube-dns'}},
	});
	makeObject(store, 'services', 'default', {
		metadata: {name: 'kubernetes'},
		spec: {clusterIP: '10.96.0.1', ports: [{name: 'https', port: 443}]},
	});
	return runControllers(store);
}
