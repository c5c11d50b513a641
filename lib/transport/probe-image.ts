import type {ProbeTarget} from './transport.ts';

/** An image that a node holds already, as its kubelet reports it. */
export type NodeImage = {readonly names: readonly string[]; readonly sizeBytes: number};

/** What a probe pod runs from: its image, and the host's own directories that it sees at the same paths. */
export type Launch = {readonly image: string; readonly hostDirs: readonly string[]};

/**
The host's own directories that make its /bin/sh and chroot run inside any image, by architecture and OS image. Each must
exist, since they are mounted with `type: Directory` so that nothing is created on the node. The first row that fits is taken.
*/
const hostDirRows: readonly {readonly arch: string; readonly osImage: RegExp; readonly dirs: readonly string[]}[] = [
	{arch: '*', osImage: /talos|bottlerocket|nixos|guix|windows/i, dirs: []},
	{arch: '*', osImage: /alpine|postmarket/i, dirs: ['/bin', '/lib', '/usr']},
	{arch: 'amd64', osImage: /./, dirs: ['/bin', '/lib', '/lib64', '/usr']},
	{arch: 'ppc64le', osImage: /./, dirs: ['/bin', '/lib', '/lib64', '/usr']},
	{arch: '*', osImage: /debian|ubuntu|raspbian|mint|kali/i, dirs: ['/bin', '/lib', '/usr']},
	{
		arch: '*',
		osImage: /red hat|rhel|centos|fedora|rocky|alma|oracle|amazon|suse|flatcar|container-optimized/i,
		dirs: ['/bin', '/lib', '/lib64', '/usr'],
	},
];

/** Images of network add-ons that hold a shell and chroot: they do where the host's directories are not known. */
const imagesWithShell: readonly RegExp[] = [
	/(^|\/)flannel\/flannel(:|@)/,
	/(^|\/)cilium\/cilium(:|@)/,
	/(^|\/)(cloudnativelabs\/)?kube-router(:|@)/,
	/(^|\/)antrea-agent-ubuntu(:|@)/,
	/(^|\/)weave-kube(:|@)/,
	/(^|\/)kube-ovn(:|@)/,
];

/** Images that every node of a cluster holds, so that a node of the same kind will hold them too. */
const imagesEverywhere: readonly RegExp[] = [/(^|\/)pause[^/]*(:|@)/, /(^|\/)kube-proxy[^/]*(:|@)/];

/**
Chooses what the probe pod runs from so that nothing is pulled: with the host's own directories mounted any image will do,
even the pause image; elsewhere an image that is known to have a shell. Undefined: `--image` has to name one.
*/
export function chooseLaunch(target: Pick<ProbeTarget, 'arch' | 'osImage'>, images: readonly NodeImage[]): Launch | undefined {
	const named = images.flatMap(({names, sizeBytes}) => {
		const name = names.find(name => !name.includes('@')) ?? names[0];
		return name === undefined ? [] : [{name, sizeBytes}];
	});
	const hostDirs =
		hostDirRows.find(row => (row.arch === '*' || row.arch === target.arch) && row.osImage.test(target.osImage))?.dirs ?? [];
	if (hostDirs.length === 0) {
		const image = named.find(({name}) => imagesWithShell.some(pattern => pattern.test(name)));
		return image && {image: image.name, hostDirs: []};
	}

	const common = imagesEverywhere.flatMap(pattern => named.filter(({name}) => pattern.test(name)));
	const smallest = [...named].sort((a, b) => a.sizeBytes - b.sizeBytes);
	const image = common[0] ?? smallest[0];
	return image && {image: image.name, hostDirs};
}

/** Nodes of one kind get the same launch: the same OS image, architecture, kubelet and runtime. */
export function kindOf(target: ProbeTarget): string {
	return [target.osImage, target.arch, target.kubeletVersion, target.runtime].join('\n');
}

/** The host's own directories of a launch as a pod sees them: at the same paths, read-only, and never made where they are not. */
export function hostDirsOf({hostDirs}: Launch) {
	const dirs = hostDirs.map(path => ({name: `host${path.replaceAll('/', '-')}`, path}));
	return {
		mounts: dirs.map(({name, path}) => ({name, mountPath: path, readOnly: true})),
		volumes: dirs.map(({name, path}) => ({name, hostPath: {path, type: 'Directory'}})),
	};
}
