import {referencePlugins} from '../../host-files.ts';
import type {Package, PackageFile} from './package.ts';

const program = (content: string): PackageFile => ({content, mode: 0o755});
const text = (content: string): PackageFile => ({content, mode: 0o644});

/** containerd as Debian packages it: `version` is the package's, `1.7.24~ds1-6`. */
export function containerdPackage(version: string): Package {
	const release = version.split('-')[0] ?? version;
	return {
		name: 'containerd',
		version,
		starts: ['containerd.service'],
		files: {
			'/usr/bin/containerd': program(`containerd ${version}\n`),
			'/.stand-in/containerd-version': text(
				`containerd github.com/containerd/containerd v${release} 7c3aca7a610df76212171d200ca3811ff6096eb8\n`,
			),
		},
	};
}

export function kubeletPackage(version: string): Package {
	return {
		name: 'kubelet',
		version,
		starts: ['kubelet.service'],
		files: {'/usr/bin/kubelet': program(`kubelet ${version}\n`)},
	};
}

/** Reference plugins as a package: kubernetes-cni in /opt/cni/bin, which it may wipe, or containernetworking-plugins in /usr/lib/cni. */
export function pluginsPackage(
	name: 'kubernetes-cni' | 'containernetworking-plugins',
	version: string,
	types: readonly string[],
	more: Pick<Package, 'wipes' | 'depends' | 'fails'> = {},
): Package {
	const directory = name === 'kubernetes-cni' ? '/opt/cni/bin' : '/usr/lib/cni';
	return {name, version, files: referencePlugins(directory, version.split(/[+~-]/)[0] ?? '', types) as Package['files'], ...more};
}
