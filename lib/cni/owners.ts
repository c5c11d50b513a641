import type {NodeFacts} from '../facts/node-facts.ts';
import {isUnknown} from '../facts/unknown.ts';
import type {ConfigList} from './config-list.ts';
import {pluginTypes} from './config-list.ts';
import {referencePlugins} from './reference-plugins.ts';
import type {SpecVersion} from './spec-version.ts';

/** Who writes a config file, and so where it has to be changed. */
export type Owner = {
	/** Stable kebab-case, such as `calico`; `hand` where reference plugins run from a file that nobody rewrites. */
	readonly id: string;
	readonly title: string;
	/**
	What becomes of a hand edit. `always`: it is undone at once, or whenever its source changes; `at-start`: when the owner's pod or service
	starts; `when-not-ready`: when the node's network is not ready; `with-package`: a package may replace it; `never`: it stays.
	*/
	readonly rewrites: 'always' | 'at-start' | 'when-not-ready' | 'with-package' | 'never';
	/** One sentence for people: who undoes a hand edit and when. */
	readonly rewriting: string;
	/** What to do so that a change stays, in the imperative; commands stand on lines of their own, indented by two spaces. */
	readonly change: (path: string) => string;
	/** The highest spec version that any release of its plugins supports, where there is such an end. */
	readonly maxSpec?: SpecVersion;
	/** Another sentence that a person should know. */
	readonly note?: string;
};

/** The owner of a config by its plugins, file name and network name; undefined where nobody that is known wrote it. */
export function ownerOf(list: ConfigList, facts: NodeFacts): Owner | undefined {
	return find(facts, {
		types: new Set(list.plugins.flatMap(({type}) => type ?? [])),
		ipams: new Set(list.plugins.flatMap(({ipam}) => ipam ?? [])),
		all: pluginTypes(list).map(({type}) => type),
		path: list.path,
	});
}

/** What network add-ons call their files, and the plugin in them: all that a file tells which cannot be read as a config. */
const usualFiles: readonly (readonly [file: RegExp, type: string])[] = [
	[/calico|canal/, 'calico'],
	[/flannel/, 'flannel'],
	[/cilium/, 'cilium-cni'],
	[/weave/, 'weave-net'],
	[/antrea/, 'antrea'],
	[/\d-aws\./, 'aws-cni'],
	[/\d-azure/, 'azure-vnet'],
	[/ovn-kubernetes/, 'ovn-k8s-cni-overlay'],
	[/multus/, 'multus'],
];

/** The owner of a file that is no config as it stands, by its name alone. */
export function ownerOfFile(path: string, facts: NodeFacts): Owner | undefined {
	const file = path.slice(path.lastIndexOf('/') + 1);
	const types = usualFiles.flatMap(([pattern, type]) => (pattern.test(file) ? [type] : []));
	return find(facts, {types: new Set(types), ipams: new Set(), all: types, path});
}

function find(
	{runtime: {confTemplate}, via}: NodeFacts,
	of: Pick<Traits, 'types' | 'ipams' | 'all' | 'path'>,
): Owner | undefined {
	const traits: Traits = {
		...of,
		file: of.path.slice(of.path.lastIndexOf('/') + 1),
		hasTemplate: !isUnknown(confTemplate) && confTemplate !== '',
		isAtHand: via === 'file',
	};
	return owners.find(({matches}) => matches(traits));
}

type Traits = {
	readonly types: ReadonlySet<string>;
	readonly ipams: ReadonlySet<string>;
	/** Delegates and ipam among them. */
	readonly all: readonly string[];
	readonly path: string;
	readonly file: string;
	readonly hasTemplate: boolean;
	/** Files at hand have no node on which somebody would rewrite them. */
	readonly isAtHand: boolean;
};

type OwnerRow = Owner & {readonly matches: (traits: Traits) => boolean};

const edit = (resource: string, key: string, namespace: string, daemonSet: string) =>
	`edit key ${key}, then let its pods write the file again:\n  kubectl -n ${namespace} edit configmap ${resource}\n  kubectl -n ${namespace} rollout restart daemonset ${daemonSet}`;

/**
One row an owner; the first that matches counts, so whoever wraps another stands before it. From the installers of each project at the
releases of August 2026: what they write, when they write it again, and what their source is.
*/
const owners: readonly OwnerRow[] = [
	{
		id: 'multus',
		title: 'Multus',
		matches: ({types}) => types.has('multus') || types.has('multus-shim'),
		rewrites: 'always',
		rewriting: 'Multus copies the version from the config that it wraps, watches that file and writes its own again.',
		change: () => 'change the config of the network add-on that it wraps; Multus follows.',
	},
	{
		id: 'k3s',
		title: 'k3s',
		matches: ({path}) => path.startsWith('/var/lib/rancher/k3s/'),
		rewrites: 'at-start',
		rewriting: 'k3s writes it at each start of its agent.',
		change: () => 'upgrade k3s, or give its agent a file of your own with --flannel-cni-conf.',
	},
	{
		id: 'microk8s',
		title: 'MicroK8s',
		matches: ({path}) => path.startsWith('/var/snap/microk8s/'),
		rewrites: 'at-start',
		rewriting: 'MicroK8s writes it from args/cni-network/cni.yaml.',
		change: () =>
			'edit the ConfigMap in that manifest and apply it:\n  microk8s kubectl apply -f /var/snap/microk8s/current/args/cni-network/cni.yaml',
	},
	{
		id: 'canal',
		title: 'Canal',
		matches: ({types, ipams, file}) => types.has('calico') && (/canal/.test(file) || ipams.has('host-local')),
		rewrites: 'at-start',
		rewriting: 'the install-cni container writes it at each start of a canal pod.',
		change: () => edit('canal-config', 'cni_network_config', 'kube-system', 'canal'),
		maxSpec: '1.0.0',
	},
	{
		id: 'calico',
		title: 'Calico',
		matches: ({types}) => types.has('calico'),
		rewrites: 'at-start',
		rewriting: 'the install-cni container writes it at each start of a calico-node pod.',
		change: () =>
			`where the operator runs Calico (namespace/calico-system is there), upgrade the operator and leave its ConfigMap alone; else ${edit('calico-config', 'cni_network_config', 'kube-system', 'calico-node')}`,
		maxSpec: '1.0.0',
		note: 'Calico 3.22 and earlier support up to 0.3.1 only; from 3.23 on up to 1.0.0.',
	},
	{
		id: 'flannel',
		title: 'Flannel',
		matches: ({types}) => types.has('flannel'),
		rewrites: 'at-start',
		rewriting: 'the install-cni container writes it at each start of a kube-flannel pod.',
		change: () => edit('kube-flannel-cfg', 'cni-conf.json', 'kube-flannel', 'kube-flannel-ds'),
		note: 'Flannel runs the bridge and host-local of this node: they have to support the version too.',
	},
	{
		id: 'cilium',
		title: 'Cilium',
		matches: ({types}) => types.has('cilium-cni'),
		rewrites: 'always',
		rewriting: 'the Cilium agent watches the directory, writes its file again at once and renames others to *.cilium_bak.',
		change: () => 'change it by the Helm values cni.customConf and cni.configMap, or upgrade Cilium.',
	},
	{
		id: 'weave',
		title: 'Weave Net',
		matches: ({types}) => types.has('weave-net'),
		rewrites: 'never',
		rewriting: 'Weave Net writes it only where it is absent.',
		change: path => `edit ${path} on each node.`,
		maxSpec: '0.3.0',
		note: 'Weave Net has been without maintenance since November 2022 and supports no version above 0.3.0: plan to replace it.',
	},
	{
		id: 'antrea',
		title: 'Antrea',
		matches: ({types}) => types.has('antrea'),
		rewrites: 'at-start',
		rewriting: 'the install-cni container writes it at each start of an antrea-agent pod.',
		change: () => edit('antrea-config', 'antrea-cni.conflist', 'kube-system', 'antrea-agent'),
		note: 'Antrea puts its own loopback, portmap and bandwidth over those of the node.',
	},
	{
		id: 'aws-vpc-cni',
		title: 'the Amazon VPC CNI',
		matches: ({types}) => types.has('aws-cni'),
		rewrites: 'at-start',
		rewriting: 'the aws-node pod writes it at each start.',
		change: () =>
			'upgrade the add-on:\n  aws eks update-addon --cluster-name CLUSTER --addon-name vpc-cni --addon-version VERSION',
	},
	{
		id: 'azure-cni',
		title: 'Azure CNI',
		matches: ({types}) => types.has('azure-vnet'),
		rewrites: 'always',
		rewriting: 'AKS brings it with the node image.',
		change: () =>
			'upgrade the node image:\n  az aks nodepool upgrade --node-image-only --resource-group GROUP --cluster-name CLUSTER --name POOL',
	},
	{
		id: 'ovn-kubernetes',
		title: 'OVN-Kubernetes',
		matches: ({types}) => types.has('ovn-k8s-cni-overlay'),
		rewrites: 'always',
		rewriting: 'ovnkube-node compares it with its own and writes it again.',
		change: () => 'upgrade OVN-Kubernetes, on OpenShift by upgrading the cluster.',
	},
	{
		id: 'kube-router',
		title: 'kube-router',
		matches: ({file}) => file.includes('kuberouter'),
		rewrites: 'never',
		rewriting: 'kube-router writes it only where it is absent.',
		change: path =>
			`edit ${path} on each node, and for new nodes key cni-conf.json of configmap/kube-router-cfg in namespace/kube-system.`,
		note: 'kube-router installs plugins only where they are missing, so old ones stay: upgrade them on the node.',
	},
	{
		id: 'kindnet',
		title: 'kindnet',
		matches: ({file}) => file.includes('kindnet'),
		rewrites: 'always',
		rewriting: 'the kindnet pod writes it again.',
		change: () => 'make the cluster anew with a newer node image of kind.',
	},
	{
		id: 'gke-netd',
		title: 'GKE',
		matches: ({file, types}) => file.includes('gke') || types.has('gke'),
		rewrites: 'always',
		rewriting: 'GKE writes it by its netd pod.',
		change: () => 'upgrade the node pool:\n  gcloud container clusters upgrade CLUSTER --node-pool POOL',
	},
	{
		id: 'containerd-template',
		title: "containerd's conf_template",
		matches: ({file, hasTemplate}) => file === '10-containerd-net.conflist' && hasTemplate,
		rewrites: 'when-not-ready',
		rewriting: 'containerd writes it from its template where the network is not ready.',
		change: path => `edit the template that conf_template in containerd's configuration names, then ${path} itself.`,
	},
	{
		id: 'cri-o-sample',
		title: "CRI-O's package",
		matches: ({file}) => /^\d+-crio-.*\.conf(?:list)?$/.test(file),
		rewrites: 'with-package',
		rewriting: "CRI-O's package brings it as a sample and may replace it.",
		change: path => `put a file of your own that sorts before it into the same directory, and remove ${path}.`,
	},
	{
		id: 'podman',
		title: 'Podman',
		matches: ({file}) => file.includes('podman'),
		rewrites: 'with-package',
		rewriting: "Podman's package brings it, for containers that are no pods of Kubernetes.",
		change: path => `remove ${path}, or let a file of your own sort before it.`,
	},
	{
		id: 'hand',
		title: 'an operator',
		matches: ({all}) => all.length > 0 && all.every(type => referencePlugins.includes(type)),
		rewrites: 'never',
		rewriting: 'nobody who is known rewrites it.',
		change: path => `edit ${path} on the node.`,
	},
];
