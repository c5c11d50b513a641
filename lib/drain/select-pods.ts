import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {ApiError} from '../cluster/errors.ts';
import {listAll} from '../cluster/paging.ts';
import {podsPath} from '../cluster/pods.ts';
import {exitCode, messageOf, UserError} from '../errors.ts';
import {Window} from '../window.ts';
import {askAgain} from './ask-again.ts';
import {type DaemonSetLook, type DrainFlags, daemonSetOf, filterPods, isLongDeleted, type Selection} from './filters.ts';
import {type DrainPod, readPod} from './pod.ts';

export type SelectPods = {
	/** The node's name. */
	readonly node: string;
	readonly flags: DrainFlags;
	readonly exclude: (pod: DrainPod) => boolean;
	readonly clock: Clock;
	readonly signal: AbortSignal;
};

/** DaemonSets that are read at the same time. */
const width = 8;

/** Lists the node's pods and judges each: one request for each page, and one for each DaemonSet that has a pod there. */
export async function selectPods(api: Api, options: SelectPods): Promise<Selection & {readonly resourceVersion: string}> {
	const {flags, exclude, clock, signal} = options;
	const {pods, resourceVersion} = await askAgain(clock, signal, async () => listNodePods(api, options));
	const now = clock.now();
	const judged = pods.filter(pod => !exclude(pod) && !isLongDeleted(pod, flags, now));
	const daemonSets = await readDaemonSets(api, judged, {clock, signal});
	return {...filterPods(pods, {flags, now, daemonSets, exclude}), resourceVersion};
}

/** What every list and watch of a node's pods asks for. */
export function onNode(node: string): string {
	return `spec.nodeName=${node}`;
}

async function listNodePods(
	api: Api,
	{node, flags: {podSelector, chunkSize}, signal}: SelectPods,
): Promise<{readonly pods: readonly DrainPod[]; readonly resourceVersion: string}> {
	const pods: DrainPod[] = [];
	try {
		const resourceVersion = await listAll(
			api,
			{
				path: podsPath(undefined),
				query: {labelSelector: podSelector, fieldSelector: onNode(node)},
				...(chunkSize > 0 && {limit: chunkSize}),
				kinds: ['PodList'],
				signal,
				restart: () => pods.splice(0),
			},
			page => {
				pods.push(...page.flatMap(item => readPod(item) ?? []).filter(({nodeName}) => nodeName === node));
			},
		);
		return {pods, resourceVersion};
	} catch (error) {
		throw error instanceof ApiError && error.status === 400 && podSelector !== undefined
			? new UserError(`--pod-selector=${podSelector} must be a valid label selector: ${error.message}`, {
					remedy: 'Such as app=web,tier!=cache. To look at all pods of the node, leave it out.',
					exitCode: exitCode.usage,
					cause: error,
				})
			: error;
	}
}

async function readDaemonSets(
	api: Api,
	pods: readonly DrainPod[],
	{clock, signal}: Pick<SelectPods, 'clock' | 'signal'>,
): Promise<ReadonlyMap<string, DaemonSetLook>> {
	const window = new Window(width);
	const keys = [...new Set(pods.flatMap(pod => daemonSetOf(pod) ?? []))];
	const looks = keys.map(async key => {
		await window.acquire(signal);
		try {
			return [
				key,
				await readDaemonSet(async request => askAgain(clock, signal, async () => api.request(request)), key, signal),
			] as const;
		} finally {
			window.release();
		}
	});
	return new Map(await Promise.all(looks));
}

async function readDaemonSet(ask: Api['request'], key: string, signal: AbortSignal): Promise<DaemonSetLook> {
	const [namespace = '', name = ''] = key.split('/').map(encodeURIComponent);
	try {
		await ask({
			path: `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`,
			accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
			signal,
		});
		return {kind: 'there'};
	} catch (error) {
		signal.throwIfAborted();
		return {kind: error instanceof ApiError && error.status === 404 ? 'gone' : 'unread', text: messageOf(error)};
	}
}
