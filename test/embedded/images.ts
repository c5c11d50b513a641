import {createHash} from 'node:crypto';

export type HeldImage = {readonly names: readonly string[]; readonly sizeBytes: number};

/** An image as a node's kubelet lists it: by digest and by tag. */
export function heldImage(name: string, megabytes: number): HeldImage {
	const repository = name.replace(/:[^:/]+$/, '');
	const digest = createHash('sha256').update(name).digest('hex');
	return {
		names: [`${repository}@sha256:${digest}`, name],
		sizeBytes: Math.round(megabytes * 1_000_000),
	};
}

/** Images that hold /bin/sh. All others are distroless or made from scratch, as kube-proxy, CoreDNS and the pause image are. */
const withShell: readonly RegExp[] = [
	/(^|\/)(busybox|alpine|debian|ubuntu|fedora|toolbox)(:|@|$)/,
	/(^|\/)flannel\/flannel(:|@)/,
	/(^|\/)cilium\/cilium(:|@)/,
	/(^|\/)kube-router(:|@)/,
	/(^|\/)amazon-k8s-cni(:|@)/,
];

export function imageHasShell(image: string): boolean {
	return withShell.some(pattern => pattern.test(image));
}
