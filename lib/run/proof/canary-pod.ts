import {hostDirsOf, type Launch} from '../../transport/probe-image.ts';
import {labels, managedBy} from '../../transport/probe-pod.ts';

export type CanaryOptions = {
	readonly namespace: string;
	readonly name: string;
	readonly node: string;
	readonly run: string;
	readonly launch: Launch;
	/** Whether the image may be fetched from its registry. */
	readonly pull: boolean;
	readonly pullSecret: string | undefined;
	/** `stays`: on the pod network, until it is deleted. `looks`: on the node's own network, tries to reach an address and ends. */
	readonly role:
		| {readonly kind: 'stays'}
		| {readonly kind: 'looks'; readonly address: string; readonly others: readonly string[]};
};

/** Seconds after which the kubelet ends it, whatever became of us. */
const deadlineSeconds = 600;

/** Exit codes of the script below, besides 0. */
export const lookerExit = {onlyOthers: 1, nobody: 4, nothingToTry: 3} as const;

/**
Tries to reach the first address; where it does not answer the others, which tell whether pods of other nodes can be reached from here at all.
An answer of any kind is an answer: a refused connection comes from the pod's own kernel.
*/
const reachScript = `reach() {
	if command -v ping >/dev/null 2>&1; then ping -c 1 -W 3 "$1" >/dev/null 2>&1 && return 0; fi
	command -v bash >/dev/null 2>&1 && timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$1" 9 2>&1 | grep -q refused
}
command -v ping >/dev/null 2>&1 || command -v bash >/dev/null 2>&1 || exit ${lookerExit.nothingToTry}
reach "$1" && exit 0
shift
for address in "$@"; do reach "$address" && exit ${lookerExit.onlyOthers}; done
exit ${lookerExit.nobody}`;

/** A pod without any right, pinned to one node: it starts on a cordoned one, and its image is one that the node holds. */
export function canaryPod({namespace, name, node, run, launch, pull, pullSecret, role}: CanaryOptions) {
	const {mounts, volumes} = hostDirsOf(launch);
	const stays = role.kind === 'stays';
	return {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: {name, namespace, labels: {[labels.managedBy]: managedBy, [labels.run]: run, 'cni-upgrade/canary': role.kind}},
		spec: {
			nodeName: node,
			restartPolicy: 'Never',
			activeDeadlineSeconds: deadlineSeconds,
			// With 0 the server forgets the pod at once, and nothing is proved of its end.
			terminationGracePeriodSeconds: 1,
			automountServiceAccountToken: false,
			enableServiceLinks: false,
			hostNetwork: !stays,
			tolerations: [{operator: 'Exists'}],
			securityContext: {seccompProfile: {type: 'RuntimeDefault'}},
			...(pullSecret !== undefined && {imagePullSecrets: [{name: pullSecret}]}),
			containers: [
				{
					name: 'canary',
					image: launch.image,
					imagePullPolicy: pull ? 'IfNotPresent' : 'Never',
					command: stays
						? ['/bin/sh', '-c', `sleep ${deadlineSeconds}`]
						: ['/bin/sh', '-c', reachScript, 'cni-upgrade', role.address, ...role.others],
					env: [{name: 'PATH', value: '/usr/sbin:/usr/bin:/sbin:/bin'}],
					resources: {requests: {cpu: '10m', memory: '16Mi'}, limits: {cpu: '1', memory: '128Mi'}},
					securityContext: {
						privileged: false,
						allowPrivilegeEscalation: false,
						readOnlyRootFilesystem: true,
						runAsUser: 0,
						runAsGroup: 0,
						capabilities: {drop: ['ALL'], ...(!stays && {add: ['NET_RAW']})},
					},
					volumeMounts: mounts,
				},
			],
			volumes,
		},
	};
}
