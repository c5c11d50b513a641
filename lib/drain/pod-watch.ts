import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {asText, field} from '../cluster/json.ts';
import {listAll} from '../cluster/paging.ts';
import {podsPath} from '../cluster/pods.ts';
import {type PodEvent, watchPods} from '../cluster/watch.ts';
import {type DrainPod, keyOfPod, readPod} from './pod.ts';
import {onNode} from './select-pods.ts';
import {TrackedPod} from './tracked-pod.ts';

export type PodWatchOptions = {
	readonly node: string;
	/** As listed at this version. */
	readonly pods: readonly DrainPod[];
	readonly resourceVersion: string;
	readonly clock: Clock;
};

/** Pods in one page, where the watch has to list anew. */
const pageSize = 500;

/**
One watch for all pods that are to go from a node. It has no label selector: a pod whose labels change is there still. A pod that is gone, was
replaced under its name, or is now on another node, is gone.
*/
export class PodWatch {
	readonly pods: readonly TrackedPod[];
	readonly #api: Api;
	readonly #options: PodWatchOptions;
	readonly #byUid: ReadonlyMap<string, TrackedPod>;
	readonly #byKey: ReadonlyMap<string, TrackedPod>;

	constructor(api: Api, options: PodWatchOptions) {
		this.#api = api;
		this.#options = options;
		this.pods = options.pods.map(pod => new TrackedPod(pod, options.clock));
		this.#byUid = new Map(this.pods.map(tracked => [tracked.pod.uid, tracked]));
		this.#byKey = new Map(this.pods.map(tracked => [keyOfPod(tracked.pod), tracked]));
	}

	/** Rejects with the signal's reason, or where the watch cannot go on; never settles otherwise. */
	async run(signal: AbortSignal): Promise<never> {
		const {node, resourceVersion, clock} = this.#options;
		const events = watchPods(this.#api, {
			namespace: undefined,
			fieldSelector: onNode(node),
			resourceVersion,
			clock,
			signal,
			relist: async () => this.#list(signal),
		});
		for (;;) {
			this.#take((await events.next()).value);
		}
	}

	#take(event: PodEvent): void {
		if (event.type === 'RELISTED') {
			const present = new Set(event.uids);
			for (const {pod, leave} of this.pods) {
				if (!present.has(pod.uid)) {
					leave();
				}
			}

			return;
		}

		const uid = asText(field(event.pod, 'metadata', 'uid'));
		const seen = readPod(event.pod);
		const namesake = seen && this.#byKey.get(keyOfPod(seen));
		if (namesake !== undefined && namesake.pod.uid !== uid) {
			namesake.leave();
		}

		const tracked = this.#byUid.get(uid);
		if (event.type === 'DELETED' || seen?.nodeName !== this.#options.node) {
			tracked?.leave();
		} else {
			tracked?.see(seen);
		}
	}

	async #list(signal: AbortSignal): Promise<{readonly pods: readonly unknown[]; readonly resourceVersion: string}> {
		const pods: unknown[] = [];
		const resourceVersion = await listAll(
			this.#api,
			{
				path: podsPath(undefined),
				query: {fieldSelector: onNode(this.#options.node)},
				limit: pageSize,
				kinds: ['PodList'],
				signal,
				restart: () => pods.splice(0),
			},
			page => {
				// Items of a list have no kind of their own.
				pods.push(...page);
			},
		);
		return {pods, resourceVersion};
	}
}
