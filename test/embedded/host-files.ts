import {randomUUID} from 'node:crypto';
import {nodeArchitecture, type PluginAnswer, shellHead, simulatedPlugin} from './simulated-plugin.ts';
import type {TreeFiles} from './tree.ts';

/** What every host has: an operating system, and except for `none` a shell and the directories that its programs lie in. */
export function systemFiles({
	hostname,
	prettyName,
	family,
	kernel,
	bootId = randomUUID(),
	machineId = randomUUID().replaceAll('-', ''),
}: {
	readonly hostname: string;
	readonly prettyName: string;
	readonly family: 'deb' | 'rpm' | 'none';
	readonly kernel: string;
	readonly bootId?: string | undefined;
	readonly machineId?: string | undefined;
}): TreeFiles {
	const hasLib64 = family === 'rpm' || nodeArchitecture === 'amd64';
	return {
		'/etc/os-release': `PRETTY_NAME="${prettyName}"\n`,
		'/etc/hostname': `${hostname}\n`,
		'/proc/sys/kernel/hostname': `${hostname}\n`,
		'/proc/sys/kernel/osrelease': `${kernel}\n`,
		'/proc/sys/kernel/random/boot_id': `${bootId}\n`,
		...(family !== 'none' && {
			'/bin/sh': {content: shellHead(), mode: 0o755},
			'/bin/sleep': {content: shellHead(), mode: 0o755},
			'/etc/machine-id': `${machineId}\n`,
			'/lib': {directory: true},
			...(hasLib64 && {'/lib64': {directory: true}}),
			'/usr/bin': {directory: true},
		}),
		...(family === 'deb' && {'/var/lib/dpkg/status': ''}),
	};
}

export type ContainerdSpec = {
	/** Without a leading v. */
	readonly version: string;
	readonly binDir?: string;
	readonly confDir?: string;
	/** Whether crictl is on the node. */
	readonly crictl?: boolean;
	/** What the runtime holds; undefined: nothing was loaded, for the reason that follows. */
	readonly network?: LoadedNetwork;
	readonly loadError?: string;
	readonly sandboxes?: readonly Sandbox[];
};

export type LoadedNetwork = {
	readonly name: string;
	readonly cniVersion: string;
	readonly types: readonly string[];
	readonly source: string;
};

export type Sandbox = {
	readonly id: string;
	readonly namespace: string;
	readonly name: string;
	readonly state?: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
	readonly createdAt?: string;
};

/** containerd with its configuration, and what `crictl info` and `containerd config dump` say of it (shapes seen on 1.6.20 and 1.7). */
export function containerdFiles({
	version,
	binDir = '/opt/cni/bin',
	confDir = '/etc/cni/net.d',
	crictl = true,
	network,
	loadError,
	sandboxes = [],
}: ContainerdSpec): TreeFiles {
	const config = `version = 2\n\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "registry.k8s.io/pause:3.10"\n\n  [plugins."io.containerd.grpc.v1.cri".cni]\n    bin_dir = "${binDir}"\n    conf_dir = "${confDir}"\n`;
	const dump = `${config}    conf_template = ""\n    ip_pref = ""\n    max_conf_num = 1\n`;
	return {
		'/etc/containerd/config.toml': config,
		'/run/containerd/containerd.sock': '',
		'/var/lib/kubelet/config.yaml':
			'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n',
		'/.stand-in/containerd-version': `containerd github.com/containerd/containerd v${version} 7c3aca7a610df76212171d200ca3811ff6096eb8\n`,
		'/.stand-in/containerd-config-dump.toml': dump,
		...(crictl && {
			'/.stand-in/crictl-version': crictlVersion('containerd', `v${version}`),
			'/.stand-in/crictl-info.json': json(containerdInfo({binDir, confDir, network, loadError})),
			...crictlPods(sandboxes),
		}),
	};
}

export function containerdInfo({
	binDir,
	confDir,
	network,
	loadError,
}: {
	binDir: string;
	confDir: string;
	network: LoadedNetwork | undefined;
	loadError: string | undefined;
}) {
	const ready = network !== undefined;
	return {
		status: {conditions: conditions(ready, ready ? '' : 'Network plugin returns error: cni plugin not initialized')},
		cniconfig: {
			PluginDirs: [binDir],
			PluginConfDir: confDir,
			PluginMaxConfNum: 1,
			Prefix: 'eth',
			Networks: [
				{
					Config: {
						Name: 'cni-loopback',
						CNIVersion: '0.3.1',
						Plugins: [{Network: {type: 'loopback', ipam: {}, dns: {}}, Source: '{"type":"loopback"}'}],
						Source: '{}',
					},
					IFName: 'lo',
				},
				...(network === undefined
					? []
					: [
							{
								Config: {
									Name: network.name,
									CNIVersion: network.cniVersion,
									Plugins: network.types.map(type => ({Network: {type, ipam: {}, dns: {}}, Source: json({type})})),
									Source: network.source,
								},
								IFName: 'eth0',
							},
						]),
			],
		},
		config: {cni: {binDir, confDir, maxConfNum: 1, confTemplate: '', ipPref: ''}, sandboxImage: 'registry.k8s.io/pause:3.10'},
		golang: 'go1.22.9',
		lastCNILoadStatus: loadError ?? 'OK',
		'lastCNILoadStatus.default': loadError ?? 'OK',
	};
}

/** CRI-O, whose `crictl info` holds conditions only. */
export function crioFiles({
	version,
	pluginDirs = ['/opt/cni/bin/'],
	networkDir = '/etc/cni/net.d/',
	sandboxes = [],
}: {
	readonly version: string;
	readonly pluginDirs?: readonly string[];
	readonly networkDir?: string;
	readonly sandboxes?: readonly Sandbox[];
}): TreeFiles {
	const config = `[crio]\nroot = "/var/lib/containers/storage"\n\n[crio.network]\ncni_default_network = ""\nnetwork_dir = "${networkDir}"\nplugin_dirs = [\n${pluginDirs.map(dir => `\t"${dir}",\n`).join('')}]\n`;
	return {
		'/etc/crio/crio.conf.d/10-crio.conf': '[crio.image]\nsignature_policy = "/etc/crio/policy.json"\n',
		'/run/crio/crio.sock': '',
		'/var/lib/kubelet/config.yaml':
			'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///var/run/crio/crio.sock\n',
		'/.stand-in/crio-version': `crio version ${version}\nVersion:        ${version}\nGitCommit:      unknown\n`,
		'/.stand-in/crio-config.toml': config,
		'/.stand-in/crictl-version': crictlVersion('cri-o', version),
		'/.stand-in/crictl-info.json': json({
			status: {conditions: conditions(true, '')},
			config: {sandboxImage: 'registry.k8s.io/pause:3.10'},
		}),
		...crictlPods(sandboxes),
	};
}

/** A config file of the conf dir, as its owner writes it: root's alone. */
export function confFile(path: string, content: unknown): TreeFiles {
	return {[path]: {content: typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`, mode: 0o600}};
}

/** Spec versions that the reference plugins of a release support, newest release first; the first row that is not newer is taken. */
const releases: readonly {readonly from: string; readonly versions: readonly string[]}[] = [
	{from: '1.6.0', versions: ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0']},
	{from: '1.0.0', versions: ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0']},
	{from: '0.8.0', versions: ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0']},
	{from: '0.0.0', versions: ['0.1.0', '0.2.0', '0.3.0', '0.3.1']},
];

/** The oldest spec version of plugins that do not support all. */
const oldest: Readonly<Record<string, string>> = {bandwidth: '0.3.0', vrf: '0.3.1', firewall: '0.4.0'};

/** Reference plugins of one release (containernetworking/plugins) in a directory. */
export function referencePlugins(directory: string, release: string, types: readonly string[]): TreeFiles {
	const versions = releases.find(({from}) => !isOlder(release, from))?.versions ?? [];
	return Object.fromEntries(
		types.map(type => {
			const supported = versions.filter(version => !isOlder(version, oldest[type] ?? '0.0.0'));
			return pluginEntry(directory, type, {version: supported, about: `CNI ${type} plugin v${release}`});
		}),
	);
}

/** Any other plugin. */
export function plugin(directory: string, type: string, answer: PluginAnswer): TreeFiles {
	return Object.fromEntries([pluginEntry(directory, type, answer)]);
}

function pluginEntry(directory: string, type: string, answer: PluginAnswer) {
	return [`${directory}/${type}`, {content: simulatedPlugin(answer), mode: 0o755}] as const;
}

function isOlder(a: string, b: string): boolean {
	return a.localeCompare(b, 'en', {numeric: true}) < 0;
}

function crictlVersion(name: string, version: string): string {
	return `Version:  0.1.0\nRuntimeName:  ${name}\nRuntimeVersion:  ${version}\nRuntimeApiVersion:  v1\n`;
}

export function conditions(networkReady: boolean, message: string) {
	return [
		{type: 'RuntimeReady', status: true, reason: '', message: ''},
		{type: 'NetworkReady', status: networkReady, reason: networkReady ? '' : 'NetworkPluginNotReady', message},
	];
}

function crictlPods(sandboxes: readonly Sandbox[]): TreeFiles {
	const items = sandboxes
		.filter(({state}) => state === 'SANDBOX_NOTREADY')
		.map(({id, namespace, name, state, createdAt = '1732000000000000000'}) => ({
			id,
			metadata: {name, uid: id.slice(0, 8), namespace, attempt: 0},
			state,
			createdAt,
			labels: {},
			annotations: {},
			runtimeHandler: '',
		}));
	return {
		'/.stand-in/crictl-pods': sandboxes.map(({id}) => `${id}\n`).join(''),
		'/.stand-in/crictl-pods.json': json({items}),
	};
}

function json(value: unknown): string {
	return `${JSON.stringify(value, undefined, 2)}\n`;
}
