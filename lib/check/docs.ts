/** Public pages to read on. Each check names one. */
export const docs = {
	troubleshooting:
		'https://kubernetes.io/docs/tasks/administer-cluster/migrating-from-dockershim/troubleshooting-cni-plugin-related-errors/',
	networkPlugins: 'https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/',
	containerRuntimes: 'https://kubernetes.io/docs/setup/production-environment/container-runtimes/',
	dockershim: 'https://kubernetes.io/docs/tasks/administer-cluster/migrating-from-dockershim/change-runtime-containerd/',
	skew: 'https://kubernetes.io/releases/version-skew-policy/',
	nodeStatus: 'https://kubernetes.io/docs/reference/node/node-status/',
	cniSpec: 'https://www.cni.dev/docs/spec/',
	cniSpecUpgrades: 'https://www.cni.dev/docs/spec-upgrades/',
	containerdReleases: 'https://containerd.io/releases/',
	containerdConfig: 'https://github.com/containerd/containerd/blob/main/docs/cri/config.md',
	containerdLoopback: 'https://github.com/containerd/containerd/issues/6876',
	containerdResult: 'https://github.com/containerd/containerd/issues/6575',
	emptyVersion: 'https://github.com/containernetworking/cni/issues/882',
	crioConfig: 'https://github.com/cri-o/cri-o/blob/main/docs/crio.conf.5.md',
	pluginReleases: 'https://github.com/containernetworking/plugins/releases',
} as const;
