import {hostDirsOf, type Launch} from './probe-image.ts';

export const managedBy = 'kubectl-cni-upgrade';

export const labels = {managedBy: 'app.kubernetes.io/managed-by', run: 'cni-upgrade/run', probe: 'cni-upgrade/probe'} as const;

/** Where the pod sees the node's root, the script, and where its answer goes. */
const paths = {host: '/host', script: '/cni-upgrade/collect.sh', answer: '/dev/termination-log'} as const;

/** Opens the answer's file, then enters the host's root and runs the script there. It is the whole of what the container does. */
const launchScript = 'exec chroot "$1" /bin/sh -s -- "$4" "$5" <"$2" 3>"$3"';

export type ProbePodOptions = {
	readonly namespace: string;
	readonly name: string;
	readonly node: string;
	readonly uid: string;
	/** As the kubelet reports it: `cri-o://1.36.3`. */
	readonly runtime: string;
	readonly run: string;
	readonly index: number;
	readonly launch: Launch;
	/** Whether the image may be fetched from its registry where the node does not hold it. */
	readonly pull: boolean;
	readonly pullSecret: string | undefined;
	/** Seconds after which the kubelet ends it, whatever became of us. */
	readonly deadlineSeconds: number;
	/** The ConfigMap with the script: its deletion takes the pods along. Absent in the rehearsal, where there is none yet. */
	readonly configMap: {readonly name: string; readonly uid: string} | undefined;
};

/**
The pod that asks one node. It is not privileged: it may change its root (SYS_CHROOT) and nothing else, sees the host's root
read-only, has no token, no writable file system and a deadline. spc_t lets it read the host where SELinux is on, and is
ignored where it is off. It has the node's network, so it starts where the pod network is broken.
*/
export function probePod({
	namespace,
	name,
	node,
	uid,
	runtime,
	run,
	index,
	launch,
	pull,
	pullSecret,
	deadlineSeconds,
	configMap,
}: ProbePodOptions) {
	const hostDirs = hostDirsOf(launch);
	return {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: {
			name,
			namespace,
			labels: {[labels.managedBy]: managedBy, [labels.run]: run, [labels.probe]: String(index)},
			...(configMap && {ownerReferences: [{apiVersion: 'v1', kind: 'ConfigMap', name: configMap.name, uid: configMap.uid}]}),
		},
		spec: {
			nodeName: node,
			restartPolicy: 'Never',
			activeDeadlineSeconds: deadlineSeconds,
			terminationGracePeriodSeconds: 0,
			automountServiceAccountToken: false,
			enableServiceLinks: false,
			hostNetwork: true,
			tolerations: [{operator: 'Exists'}],
			securityContext: {seccompProfile: {type: 'RuntimeDefault'}},
			...(pullSecret !== undefined && {imagePullSecrets: [{name: pullSecret}]}),
			containers: [
				{
					name: 'collect',
					image: launch.image,
					imagePullPolicy: pull ? 'IfNotPresent' : 'Never',
					command: ['/bin/sh', '-c', launchScript, 'cni-upgrade', paths.host, paths.script, paths.answer, run, uid],
					// An image's own may leave out where the host keeps chroot.
					env: [{name: 'PATH', value: '/usr/sbin:/usr/bin:/sbin:/bin'}],
					terminationMessagePath: paths.answer,
					terminationMessagePolicy: 'File',
					resources: {requests: {cpu: '10m', memory: '32Mi'}, limits: {cpu: '1', memory: '256Mi'}},
					securityContext: {
						privileged: false,
						allowPrivilegeEscalation: false,
						readOnlyRootFilesystem: true,
						runAsUser: 0,
						runAsGroup: 0,
						capabilities: {drop: ['ALL'], add: ['SYS_CHROOT']},
						seLinuxOptions: {type: 'spc_t'},
					},
					volumeMounts: [
						{name: 'host', mountPath: paths.host, readOnly: true, ...recursively(runtime)},
						{name: 'script', mountPath: '/cni-upgrade', readOnly: true},
						...hostDirs.mounts,
					],
				},
			],
			volumes: [
				{name: 'host', hostPath: {path: '/', type: 'Directory'}},
				{name: 'script', configMap: {name: configMap?.name ?? `cni-upgrade-${run}`}},
				...hostDirs.volumes,
			],
		},
	};
}

/**
Read-only for all that is mounted below, too. CRI-O makes every mount that holds its own storage a slave of the host's, and then refuses
to make it read-only in this way (cri-o/cri-o:server/container_create_linux.go@v1.34.0 to v1.36.3).
*/
function recursively(runtime: string): {readonly recursiveReadOnly?: 'IfPossible'} {
	return runtime.startsWith('cri-o://') ? {} : {recursiveReadOnly: 'IfPossible'};
}

/** The script, once a run, instead of 15 KB in every pod and its watch events. */
export function scriptConfigMap(namespace: string, run: string, script: string) {
	return {
		apiVersion: 'v1',
		kind: 'ConfigMap',
		metadata: {name: `cni-upgrade-${run}`, namespace, labels: {[labels.managedBy]: managedBy, [labels.run]: run}},
		immutable: true,
		data: {'collect.sh': script},
	};
}
