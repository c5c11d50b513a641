/** Who runs a node's software, and so how it is upgraded there. */
export type Provider = {
	/** Stable kebab-case; stands in NodeFacts. */
	readonly id: string;
	readonly title: string;
	/** The right way to upgrade runtime and plugins there, in the imperative. */
	readonly upgrade: string;
	/** The operating system's files are replaced as a whole: what is installed by hand is lost or impossible. */
	readonly immutable: boolean;
	/** Whether the node has a shell in which commands can be run. */
	readonly shell: boolean;
};

export type ProviderTraits = {
	readonly labels: Readonly<Record<string, string>>;
	readonly annotations: Readonly<Record<string, string>>;
	readonly osImage: string;
	readonly kubeletVersion: string;
	/** `containerRuntimeVersion`. */
	readonly runtime: string;
	/** `spec.providerID`, where it is known. */
	readonly providerId?: string;
};

/** The id of the node's provider; `none` where an operator owns the software. */
export function providerOf(traits: ProviderTraits): string {
	return providers.find(({matches}) => matches(traits))?.id ?? 'none';
}

/** The row of an id; undefined for `none` and for ids that this release does not know. */
export function providerRow(id: string): Provider | undefined {
	return providers.find(row => row.id === id);
}

type ProviderRow = Provider & {readonly matches: (traits: ProviderTraits) => boolean};

const labelled =
	(...prefixes: readonly string[]) =>
	({labels}: ProviderTraits) =>
		Object.keys(labels).some(label => prefixes.some(prefix => label.startsWith(prefix)));

/** The suffix that a distribution gives its kubelet, as in `v1.34.2+k3s1`. */
const kubelet =
	(suffix: RegExp) =>
	({kubeletVersion}: ProviderTraits) =>
		suffix.test(kubeletVersion);

const system =
	(name: RegExp) =>
	({osImage}: ProviderTraits) =>
		name.test(osImage);

const any =
	(...tests: readonly ((traits: ProviderTraits) => boolean)[]) =>
	(traits: ProviderTraits) =>
		tests.some(test => test(traits));

/** The first that matches counts: an operating system without a shell matters more than the cloud it runs in. */
const providers: readonly ProviderRow[] = [
	{
		id: 'talos',
		title: 'Talos Linux',
		matches: system(/^Talos/i),
		upgrade: 'Upgrade its image:\n  talosctl upgrade --nodes ADDRESS --image IMAGE',
		immutable: true,
		shell: false,
	},
	{
		id: 'bottlerocket',
		title: 'Bottlerocket',
		matches: system(/^Bottlerocket/i),
		upgrade: 'Replace the node by one of a newer image, or let the Bottlerocket update operator do so.',
		immutable: true,
		shell: false,
	},
	{
		id: 'eks',
		title: 'Amazon EKS',
		matches: any(labelled('eks.amazonaws.com/'), kubelet(/-eks-/)),
		upgrade:
			'Replace its nodes by those of a newer image:\n  aws eks update-nodegroup-version --cluster-name CLUSTER --nodegroup-name GROUP',
		immutable: true,
		shell: true,
	},
	{
		id: 'gke',
		title: 'Google Kubernetes Engine',
		matches: any(labelled('cloud.google.com/gke-'), kubelet(/-gke\./), system(/^Container-Optimized OS/)),
		upgrade: 'Upgrade the node pool:\n  gcloud container clusters upgrade CLUSTER --node-pool POOL',
		immutable: true,
		shell: true,
	},
	{
		id: 'aks',
		title: 'Azure Kubernetes Service',
		matches: labelled('kubernetes.azure.com/'),
		upgrade:
			'Upgrade the node image:\n  az aks nodepool upgrade --node-image-only --resource-group GROUP --cluster-name CLUSTER --name POOL',
		immutable: true,
		shell: true,
	},
	{
		id: 'openshift',
		title: 'OpenShift',
		matches: any(labelled('node.openshift.io/'), system(/Red Hat Enterprise Linux CoreOS/)),
		upgrade: 'Upgrade the cluster; its machine config operator moves the nodes:\n  oc adm upgrade',
		immutable: true,
		shell: true,
	},
	{
		id: 'k3s',
		title: 'k3s',
		matches: kubelet(/\+k3s/),
		upgrade: 'Upgrade k3s, which holds runtime and plugins in one, such as by its system-upgrade-controller.',
		immutable: false,
		shell: true,
	},
	{
		id: 'rke2',
		title: 'RKE2',
		matches: kubelet(/\+rke2/),
		upgrade: 'Upgrade RKE2, which holds runtime and plugins in one, such as by its system-upgrade-controller.',
		immutable: false,
		shell: true,
	},
	{
		id: 'microk8s',
		title: 'MicroK8s',
		matches: labelled('microk8s.io/'),
		upgrade: 'Refresh the snap:\n  sudo snap refresh microk8s --channel CHANNEL',
		immutable: false,
		shell: true,
	},
	{
		id: 'k0s',
		title: 'k0s',
		matches: kubelet(/\+k0s/),
		upgrade: 'Upgrade k0s, which holds the runtime, such as by its autopilot.',
		immutable: false,
		shell: true,
	},
	{
		id: 'minikube',
		title: 'minikube',
		matches: labelled('minikube.k8s.io/'),
		upgrade: 'Make the cluster anew with a newer minikube.',
		immutable: true,
		shell: true,
	},
	{
		id: 'kind',
		title: 'kind',
		matches: ({providerId = ''}) => providerId.startsWith('kind://'),
		upgrade: 'Make the cluster anew with a newer node image of kind.',
		immutable: true,
		shell: true,
	},
	{
		id: 'flatcar',
		title: 'Flatcar Container Linux',
		matches: system(/^Flatcar/i),
		upgrade: 'Upgrade its image:\n  update_engine_client -update',
		immutable: true,
		shell: true,
	},
	{
		id: 'fedora-coreos',
		title: 'Fedora CoreOS',
		matches: system(/^Fedora CoreOS/i),
		upgrade: 'Upgrade its image:\n  rpm-ostree upgrade --reboot',
		immutable: true,
		shell: true,
	},
];
