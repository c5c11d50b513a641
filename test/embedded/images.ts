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

/** Images without /bin/sh: distroless, or made from scratch. */
const withoutShell: readonly RegExp[] = [
	/(^|\/)pause(:|@|$)/,
	/(^|\/)kube-(proxy|apiserver|controller-manager|scheduler)(:|@)/,
	/(^|\/)(coredns|etcd|metrics-server)(:|@)/,
	/(^|\/)calico\//,
	/(^|\/)distroless\//,
	/(^|\/)service-\d+(:|@)/,
];

export function imageHasShell(image: string): boolean {
	return !withoutShell.some(pattern => pattern.test(image));
}
