import {isUnknown} from '../facts/unknown.ts';
import {floors, type RuntimeRelease} from '../runtime/releases.ts';
import type {Check, Outcome} from './check.ts';
import {docs} from './docs.ts';
import {runtimeTitle} from './effects.ts';
import {upgradeRuntime} from './remedies.ts';
import {compareNumbers, type Runtime, type Subject, subjectOf} from './subject.ts';

/** The runtime's release and what it does with CNI. */
export const runtimeChecks: readonly Check[] = [
	{
		id: 'runtime-known',
		title: 'the runtime is containerd or CRI-O',
		why: `The docs page and the rules here are about containerd and CRI-O. Docker by cri-dockerd has CNI settings of its own (--cni-conf-dir, --cni-bin-dir, --network-plugin), and kubenet, which kept no CNI config, went away with dockershim in Kubernetes 1.24.`,
		fix: 'Move the node to containerd. With cri-dockerd, upgrade it to 0.3.4 or later, which reads spec 1.0.0.',
		doc: docs.dockershim,
		run: facts => otherRuntime(subjectOf(facts)),
	},
	{
		id: 'runtime-meets-floor',
		title: 'the runtime is containerd 1.6 or later, or CRI-O 1.24 or later',
		why: `From these releases on the docs page "Upgrading and configuring CNI plugins" speaks. Earlier ones read no results of spec 1.0.0, fail to tear down pods of a config without a version, and have no support of any kind. The kubelet from 1.26 on does not work with containerd before 1.6 at all.`,
		fix: 'Drain the node and upgrade the runtime, to a release that is supported.',
		doc: docs.troubleshooting,
		run: facts => belowFloor(subjectOf(facts)),
	},
	{
		id: 'runtime-handles-versions',
		title: 'the runtime handles configs and results without a version',
		why: `containerd 1.6.0 to 1.6.3 cannot tear down pods of a config without a version. containerd up to 1.6.4 and CRI-O 1.24.0 and 1.24.1 misread a plugin's result that names no version, as Weave Net's does: its pods fail. containerd 1.6.5, CRI-O 1.24.2 and CRI-O 1.23.4 have both mended.`,
		fix: 'Upgrade to containerd 1.6.5 or CRI-O 1.24.2 or later. Where that has to wait: configs with a version, and no Weave Net.',
		doc: docs.containerdResult,
		run: facts => belowSafe(subjectOf(facts)),
	},
	{
		id: 'runtime-supported',
		title: "the runtime's release is still maintained",
		why: 'containerd names the last day of support of each release. After it there are no fixes, not even for security. Its pods go on running.',
		fix: 'Plan to move to a release that is maintained. One with long-term support moves least often.',
		doc: docs.containerdReleases,
		run: facts => endOfLife(subjectOf(facts)),
	},
	{
		id: 'runtime-fits-next-kubelet',
		title: 'the runtime will work with the kubelets to come',
		why: `The kubelet of Kubernetes 1.38 asks the runtime for its configuration (RuntimeConfig) and does not start without. containerd 2.0 and CRI-O 1.28 answer.`,
		fix: 'Upgrade the runtime before the kubelet gets to 1.38.',
		doc: docs.containerRuntimes,
		run: facts => belowNextKubelet(subjectOf(facts)),
	},
];

const known = ['containerd', 'cri-o'];

function otherRuntime({runtime}: Subject): readonly Outcome[] {
	if (runtime === undefined || known.includes(runtime.name)) {
		return [];
	}

	const isDocker = runtime.name === 'docker';
	return [
		{
			severity: 'warning',
			object: `runtime/${runtime.name}`,
			message: isDocker
				? `the runtime is Docker ${runtime.version}, by cri-dockerd`
				: `the runtime is ${runtime.name} ${runtime.version}`,
			expected: 'containerd or CRI-O',
			effect: isDocker
				? 'cri-dockerd before 0.3.4 reads results up to 0.4.0 and tears down no pods of a config without a version; which cri-dockerd runs here the node does not say.'
				: 'How it treats CNI configs is not known here.',
			remedy: isDocker
				? 'See its version with: cri-dockerd --version\nUpgrade it to 0.3.4 or later, or move the node to containerd.'
				: 'Move the node to containerd or CRI-O.',
		},
	];
}

type FloorOf = {
	readonly runtime: Runtime;
	readonly name: RuntimeRelease['runtime'];
	readonly numbers: readonly [number, number, number];
};

/** Undefined where the runtime is another, or its version none. */
function floorOf({runtime}: Subject): FloorOf | undefined {
	if (runtime?.numbers === undefined || (runtime.name !== 'containerd' && runtime.name !== 'cri-o')) {
		return undefined;
	}

	return {runtime, name: runtime.name, numbers: runtime.numbers};
}

const dotted = (numbers: readonly number[]) => numbers.join('.');

function belowFloor(subject: Subject): readonly Outcome[] {
	const found = floorOf(subject);
	if (found === undefined || compareNumbers(found.numbers, floors[found.name].page) >= 0) {
		return [];
	}

	const {name, runtime} = found;
	const {release} = runtime;
	const least = dotted(floors[name].page.slice(0, 2));
	const hasFixes = release !== undefined && release.emptyVersion === 'acts-as-0.1.0' && release.resultWithoutVersion === 'ok';
	const reads = release === undefined ? '' : ` It reads results up to spec ${release.maxSpec}.`;
	return [
		{
			severity: hasFixes ? 'warning' : 'error',
			object: `runtime/${name}`,
			message: `${runtimeTitle(name)} is ${runtime.version}`,
			expected: `${runtimeTitle(name)} ${least} or later`,
			effect: hasFixes
				? `None for configs as they are: ${runtimeTitle(name)} ${runtime.version} has the fixes of 1.24.2.${reads}`
				: `Pods of a config without a version ${release?.emptyVersion === 'add-fails' ? 'do not start, and those that run ' : ''}cannot be torn down.${reads}${release?.resultWithoutVersion === 'misread' ? ` ${misread}` : ''}`,
			remedy: upgradeRuntime(subject, `${dotted(floors[name].safe)} or later`),
		},
	];
}

const misread = "A plugin's result without a version, as Weave Net's, is misread, and its pods fail.";

/** The page's floor is met and pods can break all the same. It matters where a config or a plugin gives cause. */
function belowSafe(subject: Subject): readonly Outcome[] {
	const found = floorOf(subject);
	if (found === undefined || compareNumbers(found.numbers, floors[found.name].page) < 0) {
		return [];
	}

	const {name, runtime} = found;
	if (compareNumbers(found.numbers, floors[name].safe) >= 0 || runtime.release === undefined) {
		return [];
	}

	const {emptyVersion, resultWithoutVersion} = runtime.release;
	const usesWeave = subject.active.some(list => list.plugins.some(({type}) => type === 'weave-net'));
	const misreads = resultWithoutVersion === 'misread';
	return [
		{
			severity: misreads && usesWeave ? 'error' : 'warning',
			object: `runtime/${name}`,
			message: `${runtimeTitle(name)} is ${runtime.version}`,
			expected: `${runtimeTitle(name)} ${dotted(floors[name].safe)} or later`,
			effect: [
				...(emptyVersion === 'acts-as-0.1.0' ? [] : ['Pods of a config without a version cannot be torn down.']),
				...(misreads ? [misread] : []),
			].join(' '),
			remedy: upgradeRuntime(subject, `${dotted(floors[name].safe)} or later`),
		},
	];
}

/** By the day on which the facts were collected, so that saved facts are judged as they were. */
function endOfLife(subject: Subject): readonly Outcome[] {
	const {runtime, facts} = subject;
	const last = runtime?.release?.endOfLife;
	if (runtime === undefined || last === undefined || facts.via === 'file' || facts.collectedAt.slice(0, 10) <= last) {
		return [];
	}

	return [
		{
			severity: 'info',
			object: `runtime/${runtime.name}`,
			message: `${runtimeTitle(runtime.name)} ${runtime.numbers?.slice(0, 2).join('.') ?? runtime.version} was supported until ${last}`,
			expected: 'a release that is maintained',
			effect: 'No fixes any more, also not for security. Pods go on running.',
			remedy: upgradeRuntime(subject, 'a release with support (https://containerd.io/releases/)'),
		},
	];
}

/** kubelets: KEP-4033 at 837b984 of May 2026. */
const nextKubelet = {kubernetes: '1.38', containerd: [2, 0, 0], 'cri-o': [1, 28, 0]} as const;

function belowNextKubelet(subject: Subject): readonly Outcome[] {
	const found = floorOf(subject);
	if (found === undefined || isUnknown(subject.facts.node.kubeletVersion)) {
		return [];
	}

	const {name, numbers} = found;
	if (compareNumbers(numbers, nextKubelet[name]) >= 0) {
		return [];
	}

	const least = dotted(nextKubelet[name].slice(0, 2));
	return [
		{
			severity: 'info',
			object: `runtime/${name}`,
			message: `${runtimeTitle(name)} is older than ${least}`,
			expected: `${runtimeTitle(name)} ${least} or later before Kubernetes ${nextKubelet.kubernetes}`,
			effect: `None now. The kubelet of Kubernetes ${nextKubelet.kubernetes} does not start with it.`,
			remedy: upgradeRuntime(subject, `${least} or later, before the kubelet`),
		},
	];
}
