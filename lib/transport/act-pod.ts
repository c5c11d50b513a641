import {hostDirsOf, type Launch} from './probe-image.ts';
import {labels, managedBy} from './probe-pod.ts';

/** What every act pod is labelled with, by the run that it serves. */
export const actLabel = 'cni-upgrade/act';

export const actContainer = 'act';

const host = '/host';

export type ActPodOptions = {
	readonly namespace: string;
	readonly node: string;
	readonly run: string;
	readonly launch: Launch;
	/** Whether the image may be fetched from its registry where the node does not hold it. */
	readonly pull: boolean;
	readonly pullSecret: string | undefined;
	/** Seconds after which the kubelet ends it, whatever became of us. */
	readonly deadlineSeconds: number;
};

/**
The pod through which a node is worked on: root in all but name, as long as it lasts. It does nothing but sleep, in the node's process
namespace, where a signal ends it at once; what is done is done by exec. It has the node's network and no token, starts where the pod network
is broken, and stays where the kubelet and the runtime are stopped.
*/
export function actPod({namespace, node, run, launch, pull, pullSecret, deadlineSeconds}: ActPodOptions) {
	const hostDirs = hostDirsOf(launch);
	return {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: {
			name: `cni-upgrade-act-${run}`,
			namespace,
			labels: {[labels.managedBy]: managedBy, [labels.run]: run, [actLabel]: run},
		},
		spec: {
			nodeName: node,
			restartPolicy: 'Never',
			activeDeadlineSeconds: deadlineSeconds,
			terminationGracePeriodSeconds: 0,
			automountServiceAccountToken: false,
			enableServiceLinks: false,
			hostNetwork: true,
			hostPID: true,
			tolerations: [{operator: 'Exists'}],
			...(pullSecret !== undefined && {imagePullSecrets: [{name: pullSecret}]}),
			containers: [
				{
					name: actContainer,
					image: launch.image,
					imagePullPolicy: pull ? 'IfNotPresent' : 'Never',
					command: ['chroot', host, '/bin/sleep', String(deadlineSeconds)],
					// An image's own may leave out where the host keeps chroot, and where people put crictl.
					env: [{name: 'PATH', value: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'}],
					// Commands that are run by exec count against it too; a package manager is the largest.
					resources: {requests: {cpu: '10m', memory: '32Mi'}, limits: {cpu: '2', memory: '1Gi'}},
					securityContext: {privileged: true, runAsUser: 0, runAsGroup: 0},
					volumeMounts: [{name: 'host', mountPath: host, mountPropagation: 'HostToContainer'}, ...hostDirs.mounts],
				},
			],
			volumes: [{name: 'host', hostPath: {path: '/', type: 'Directory'}}, ...hostDirs.volumes],
		},
	};
}

/** Leaves the container's namespaces for those of the node's first process, with the node's own nsenter. */
export function inNode(words: readonly string[]): readonly string[] {
	return ['chroot', host, 'nsenter', '-t', '1', '-m', '-u', '-i', '-n', '-p', '--', ...words];
}
