import {type DrainPod, keyOfPod, type PodRef, toRef} from './pod.ts';

/** kubectl's flags of drain, by their meaning. */
export type DrainFlags = {
	/** Pods without a controller go too, and those whose DaemonSet is gone. */
	readonly force: boolean;
	readonly ignoreDaemonSets: boolean;
	readonly deleteEmptyDirData: boolean;
	/** Negative: each pod's own. 0 deletes at once. */
	readonly gracePeriodSeconds: number;
	/** Milliseconds from the first eviction on; 0 is no limit. */
	readonly timeout: number;
	/** Labels of the pods that are looked at; undefined: all. */
	readonly podSelector: string | undefined;
	/** DELETE instead of evictions: no budget is asked. */
	readonly disableEviction: boolean;
	/** Pods that were deleted longer ago than this are not waited for; 0: all are. */
	readonly skipWaitForDeleteSeconds: number;
	/** Pods in one answer of the list; 0: all. */
	readonly chunkSize: number;
};

/** What kubectl drain does where nobody says else (kubernetes/kubectl:pkg/cmd/drain/drain.go@v0.36.3). */
export const defaultDrainFlags: DrainFlags = {
	force: false,
	ignoreDaemonSets: false,
	deleteEmptyDirData: false,
	gracePeriodSeconds: -1,
	timeout: 0,
	podSelector: undefined,
	disableEviction: false,
	skipWaitForDeleteSeconds: 0,
	chunkSize: 500,
};

/** What was found of a pod's DaemonSet; the text is the server's. */
export type DaemonSetLook =
	| {readonly kind: 'there'}
	| {readonly kind: 'gone'; readonly text: string}
	| {readonly kind: 'unread'; readonly text: string};

export type FilterContext = {
	readonly flags: DrainFlags;
	/** Milliseconds since 1970. */
	readonly now: number;
	/** By `NAMESPACE/NAME`. */
	readonly daemonSets: ReadonlyMap<string, DaemonSetLook>;
	/** Pods that are none of the drain's business, such as the one that carries it out. */
	readonly exclude: (pod: DrainPod) => boolean;
};

/** Pods of which the same is to be said. */
export type PodGroup = {readonly text: string; readonly pods: readonly PodRef[]};

export type Selection = {
	readonly evict: readonly DrainPod[];
	readonly stay: readonly {readonly pod: PodRef; readonly why: string}[];
	/** Any of them, and nothing at all may be evicted. */
	readonly errors: readonly PodGroup[];
	readonly warnings: readonly PodGroup[];
};

/** Why a pod stays that is excluded. */
export const ofThisRun = 'it belongs to this run';

type Status =
	| {readonly kind: 'okay'}
	| {readonly kind: 'warn'; readonly text: string}
	| {readonly kind: 'stay'; readonly why: string; readonly warning?: string}
	| {readonly kind: 'refuse'; readonly text: string};

type Filter = {readonly name: string; readonly judge: (pod: DrainPod, context: FilterContext) => Status};

const okay: Status = {kind: 'okay'};

/**
kubectl's filters in their order, with its texts (kubernetes/kubectl:pkg/drain/filters.go@v0.36.3): the first that keeps or refuses a pod
has the last word. What kubectl leaves as a TODO: no warning of an earlier filter is lost.
*/
const filters: readonly Filter[] = [
	{
		name: 'excluded',
		judge: (pod, {exclude}) => (exclude(pod) ? {kind: 'stay', why: ofThisRun} : okay),
	},
	{
		name: 'deleted',
		judge: (pod, {flags, now}) => (isLongDeleted(pod, flags, now) ? {kind: 'stay', why: longDeletedText(pod, flags)} : okay),
	},
	{
		name: 'daemonset',
		judge(pod, {flags, daemonSets}) {
			const key = daemonSetOf(pod);
			if (key === undefined) {
				return okay;
			}

			const look = daemonSets.get(key) ?? {kind: 'unread', text: `daemonset/${key} was not read`};
			if (look.kind !== 'there') {
				return look.kind === 'gone' && flags.force ? {kind: 'warn', text: look.text} : {kind: 'refuse', text: look.text};
			}

			const ignored = 'ignoring DaemonSet-managed Pods';
			return flags.ignoreDaemonSets
				? {kind: 'stay', why: 'its DaemonSet would make it again at once', warning: ignored}
				: {kind: 'refuse', text: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)'};
		},
	},
	{
		name: 'mirror',
		judge: ({isMirror}) => (isMirror ? {kind: 'stay', why: "it is a static pod of the node's kubelet"} : okay),
	},
	{
		name: 'local storage',
		judge: (pod, {flags}) =>
			!pod.hasEmptyDir || hasEnded(pod)
				? okay
				: flags.deleteEmptyDirData
					? {kind: 'warn', text: 'deleting Pods with local storage'}
					: {kind: 'refuse', text: 'Pods with local storage (use --delete-emptydir-data to override)'},
	},
	{
		name: 'unreplicated',
		judge: (pod, {flags}) =>
			pod.controller !== undefined || hasEnded(pod)
				? okay
				: flags.force
					? {kind: 'warn', text: 'deleting Pods that declare no controller'}
					: {kind: 'refuse', text: 'Pods that declare no controller (use --force to override)'},
	},
];

/** Which pods go, which stay and why, and what stands in the way. Groups are sorted by their text, pods by namespace and name. */
export function filterPods(pods: readonly DrainPod[], context: FilterContext): Selection {
	const evict: DrainPod[] = [];
	const stay: {pod: PodRef; why: string}[] = [];
	const errors = new Map<string, PodRef[]>();
	const warnings = new Map<string, PodRef[]>();
	for (const pod of pods.toSorted(byKey)) {
		const {status, warned} = judge(pod, context);
		if (status.kind === 'refuse') {
			add(errors, status.text, pod);
		} else if (status.kind === 'stay') {
			stay.push({pod: toRef(pod), why: status.why});
			if (status.warning !== undefined) {
				add(warnings, status.warning, pod);
			}
		} else {
			evict.push(pod);
			for (const text of warned) {
				add(warnings, text, pod);
			}
		}
	}

	return {evict, stay, errors: groups(errors), warnings: groups(warnings)};
}

/** `NAMESPACE/NAME` of the DaemonSet that has to be read before the pod can be judged. */
export function daemonSetOf(pod: DrainPod): string | undefined {
	const {controller, namespace} = pod;
	return controller?.kind === 'DaemonSet' && controller.apiVersion === 'apps/v1' && !hasEnded(pod)
		? keyOfPod({namespace, name: controller.name})
		: undefined;
}

/** Whether `--skip-wait-for-delete-timeout` gives it up. */
export function isLongDeleted(pod: DrainPod, flags: DrainFlags, now: number): boolean {
	return now >= longDeletedAt(pod, flags);
}

/** When that is, in milliseconds since 1970: in kubectl's words, once more than so many whole seconds have passed. Infinity: never. */
export function longDeletedAt({deletion}: DrainPod, {skipWaitForDeleteSeconds: limit}: DrainFlags): number {
	return limit > 0 && deletion !== undefined && !Number.isNaN(deletion.at)
		? deletion.at + (limit + 1) * 1000
		: Number.POSITIVE_INFINITY;
}

export function longDeletedText({name}: PodRef, {skipWaitForDeleteSeconds: limit}: DrainFlags): string {
	return `pod "${name}" has DeletionTimestamp older than ${limit} seconds, skipping`;
}

function judge(pod: DrainPod, context: FilterContext): {readonly status: Status; readonly warned: readonly string[]} {
	const warned: string[] = [];
	for (const filter of filters) {
		const status = filter.judge(pod, context);
		if (status.kind === 'stay' || status.kind === 'refuse') {
			return {status, warned};
		}

		if (status.kind === 'warn') {
			warned.push(status.text);
		}
	}

	return {status: okay, warned};
}

function hasEnded({phase}: DrainPod): boolean {
	return phase === 'Succeeded' || phase === 'Failed';
}

function add(groups: Map<string, PodRef[]>, text: string, pod: DrainPod): void {
	groups.set(text, [...(groups.get(text) ?? []), toRef(pod)]);
}

function groups(by: ReadonlyMap<string, readonly PodRef[]>): readonly PodGroup[] {
	return [...by].map(([text, pods]) => ({text, pods})).sort((a, b) => (a.text < b.text ? -1 : 1));
}

function byKey(a: DrainPod, b: DrainPod): number {
	return keyOfPod(a) < keyOfPod(b) ? -1 : 1;
}
