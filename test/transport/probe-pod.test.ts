import test from 'ava';
import {podState} from '../../lib/transport/pod-status.ts';
import {chooseLaunch} from '../../lib/transport/probe-image.ts';
import {type ProbePodOptions, probePod} from '../../lib/transport/probe-pod.ts';

const options: ProbePodOptions = {
	namespace: 'cni-upgrade',
	name: 'cni-upgrade-abcdefghij-7',
	node: 'worker-1',
	uid: 'b9c1',
	runtime: 'containerd://2.2.1',
	run: 'abcdefghij',
	index: 7,
	launch: {image: 'registry.k8s.io/pause:3.9', hostDirs: ['/bin', '/usr']},
	pull: true,
	pullSecret: undefined,
	deadlineSeconds: 90,
	configMap: {name: 'cni-upgrade-abcdefghij', uid: 'c0'},
};
const pod = probePod(options);

test('the probe pod can read the host and nothing more', t => {
	const [container] = pod.spec.containers;
	t.deepEqual(container?.securityContext, {
		privileged: false,
		allowPrivilegeEscalation: false,
		readOnlyRootFilesystem: true,
		runAsUser: 0,
		runAsGroup: 0,
		capabilities: {drop: ['ALL'], add: ['SYS_CHROOT']},
		seLinuxOptions: {type: 'spc_t'},
	});
	t.true(container?.volumeMounts.every(({readOnly}) => readOnly));
	t.false(pod.spec.automountServiceAccountToken);
	t.false('hostPID' in pod.spec);
});

test('the probe finds chroot by a search path of its own: that of the image may be any', t => {
	t.deepEqual(pod.spec.containers[0]?.env, [{name: 'PATH', value: '/usr/sbin:/usr/bin:/sbin:/bin'}]);
});

test('what is mounted below the root is read-only too, but for CRI-O, which does not start such a container', t => {
	const mountOf = (runtime: string) => probePod({...options, runtime}).spec.containers[0]?.volumeMounts[0];
	t.like(mountOf('containerd://2.2.1'), {mountPath: '/host', readOnly: true, recursiveReadOnly: 'IfPossible'});
	t.deepEqual(mountOf('cri-o://1.36.3'), {name: 'host', mountPath: '/host', readOnly: true});
});

test('the probe pod goes to its node whatever its taints, and ends by itself', t => {
	t.is(pod.spec.nodeName, 'worker-1');
	t.deepEqual(pod.spec.tolerations, [{operator: 'Exists'}]);
	t.is(pod.spec.activeDeadlineSeconds, 90);
	t.is(pod.spec.restartPolicy, 'Never');
	t.deepEqual(pod.metadata.labels, {
		'app.kubernetes.io/managed-by': 'kubectl-cni-upgrade',
		'cni-upgrade/run': 'abcdefghij',
		'cni-upgrade/probe': '7',
	});
});

test('host directories are mounted only where they exist', t => {
	t.deepEqual(
		pod.spec.volumes.filter(volume => 'hostPath' in volume).map(volume => volume.hostPath),
		[
			{path: '/', type: 'Directory'},
			{path: '/bin', type: 'Directory'},
			{path: '/usr', type: 'Directory'},
		],
	);
});

const images = [
	{names: ['docker.io/library/app@sha256:1', 'docker.io/library/app:1'], sizeBytes: 10},
	{names: ['registry.k8s.io/kube-proxy@sha256:2', 'registry.k8s.io/kube-proxy:v1.34.0'], sizeBytes: 30_000_000},
	{names: ['registry.k8s.io/pause@sha256:3', 'registry.k8s.io/pause:3.9'], sizeBytes: 320_000},
];
const cilium = {names: ['quay.io/cilium/cilium:v1.17.0'], sizeBytes: 200_000_000};

const chooses = test.macro((t, arch: string, osImage: string, held: typeof images, expected: ReturnType<typeof chooseLaunch>) => {
	t.deepEqual(chooseLaunch({arch, osImage}, held), expected);
});

test('amd64 Debian: the pause image with the host’s directories', chooses, 'amd64', 'Debian GNU/Linux 12 (bookworm)', images, {
	image: 'registry.k8s.io/pause:3.9',
	hostDirs: ['/bin', '/lib', '/lib64', '/usr'],
});
test('arm64 Debian has no /lib64', chooses, 'arm64', 'Ubuntu 24.04.1 LTS', images, {
	image: 'registry.k8s.io/pause:3.9',
	hostDirs: ['/bin', '/lib', '/usr'],
});
test('arm64 Fedora has one', chooses, 'arm64', 'Fedora Linux 41', images, {
	image: 'registry.k8s.io/pause:3.9',
	hostDirs: ['/bin', '/lib', '/lib64', '/usr'],
});
test('without pause or kube-proxy the smallest image is taken', chooses, 'amd64', 'Debian GNU/Linux 12', images.slice(0, 1), {
	image: 'docker.io/library/app:1',
	hostDirs: ['/bin', '/lib', '/lib64', '/usr'],
});
test('a host without known directories needs an image with a shell', chooses, 'amd64', 'NixOS 24.05', [...images, cilium], {
	image: 'quay.io/cilium/cilium:v1.17.0',
	hostDirs: [],
});
test(
	'a host without known directories and without such an image needs --image',
	chooses,
	'amd64',
	'Bottlerocket OS 1.20',
	images,
	undefined,
);
test('a node that holds no image needs --image', chooses, 'amd64', 'Debian GNU/Linux 12', [], undefined);

const reads = test.macro((t, status: object, expected: ReturnType<typeof podState>) => {
	t.deepEqual(podState({status}, 'img:1'), expected);
});
const waiting = (reason: string, message: string): object => ({
	phase: 'Pending',
	startTime: 'now',
	containerStatuses: [{state: {waiting: {reason, message}}}],
});
const terminated = (exitCode: number, reason: string, message: string): object => ({
	phase: exitCode === 0 ? 'Succeeded' : 'Failed',
	startTime: 'now',
	containerStatuses: [{state: {terminated: {exitCode, reason, message}}}],
});

test('a pod that no kubelet took up is pending', reads, {phase: 'Pending'}, {state: 'pending'});
test('a pod that its kubelet took up has started', reads, waiting('ContainerCreating', ''), {state: 'started'});
test('an image that is being pulled is waited for', reads, waiting('ErrImagePull', 'try again'), {state: 'started'});
test('an image that cannot be pulled fails the node', reads, waiting('ImagePullBackOff', 'Back-off pulling image "img:1"'), {
	state: 'failed',
	again: false,
	noImage: true,
	reason:
		'image img:1 could not be had on this node: ImagePullBackOff: Back-off pulling image "img:1"; name one that can be with --image',
});
test('a pod that ended holds its message', reads, terminated(0, 'Completed', 'frame'), {
	state: 'ended',
	exitCode: 0,
	message: 'frame',
});
test(
	'an evicted pod may be tried again',
	reads,
	{phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.'},
	{
		state: 'failed',
		again: true,
		reason: 'the node refused or ended the probe pod: Evicted: The node was low on resource: memory.',
	},
);
test('a pod killed for memory may be tried again', reads, terminated(137, 'OOMKilled', ''), {
	state: 'failed',
	again: true,
	reason: 'the probe was killed on the node for want of memory (OOMKilled)',
});
test(
	'a host without a shell is told as that',
	reads,
	terminated(
		128,
		'StartError',
		'failed to create containerd task: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown',
	),
	{
		state: 'failed',
		again: false,
		reason: 'the node has no shell to run the probe in (as Talos and Bottlerocket); only its API half is known',
	},
);
