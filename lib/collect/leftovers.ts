import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {deleteConfigMap} from '../cluster/config-maps.ts';
import {asText, field} from '../cluster/json.ts';
import {listMetadata, type ObjectMetadata} from '../cluster/metadata.ts';
import {deleteNamespace, getNamespace} from '../cluster/namespaces.ts';
import {deletePods} from '../cluster/pods.ts';
import {labels, managedBy} from '../transport/probe-pod.ts';

export type CleanupOptions = {
	readonly namespace: string;
	/** Milliseconds: runs that began later are let alone. */
	readonly olderThan: number;
	readonly deleteNamespace: boolean;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onNotice: (message: string) => void;
};

/** Removes what runs left behind, by label and age, and gives back the names of what is gone, in `TYPE/name` form. */
export async function removeLeftovers(api: Api, options: CleanupOptions): Promise<readonly string[]> {
	const {namespace, olderThan, clock, signal, onNotice} = options;
	const labelSelector = `${labels.managedBy}=${managedBy},${labels.run}`;
	const of = async (resource: 'pods' | 'configmaps') => listMetadata(api, {resource, namespace, labelSelector, signal});
	const [pods, configMaps] = await Promise.all([of('pods'), of('configmaps')]);
	const before = clock.now() - olderThan;
	const old = oldRuns([...pods, ...configMaps], before);
	const isOld = ({labels: own}: ObjectMetadata) => old.has(own[labels.run] ?? '');
	const removed: string[] = [];
	for (const run of old) {
		await deletePods(api, {namespace, labelSelector: `${labels.run}=${run}`, signal});
	}

	removed.push(...pods.filter(isOld).map(({name}) => `pod/${name}`));
	for (const {name} of configMaps.filter(isOld)) {
		await deleteConfigMap(api, {namespace, name, signal});
		removed.push(`configmap/${name}`);
	}

	const young = new Set([...pods, ...configMaps].filter(object => !isOld(object)).map(({labels: own}) => own[labels.run]));
	if (young.size > 0) {
		onNotice(`${young.size === 1 ? 'a younger run was' : `${young.size} younger runs were`} let alone`);
	}

	if (options.deleteNamespace) {
		const reason = await reasonToKeep(api, namespace, signal);
		if (reason === undefined) {
			await deleteNamespace(api, namespace, signal);
			removed.push(`namespace/${namespace}`);
		} else {
			onNotice(`namespace/${namespace} stays: ${reason}`);
		}
	}

	return removed;
}

/** A run is as old as its oldest object. An age that cannot be read counts as young: nothing is removed on a guess. */
function oldRuns(objects: readonly ObjectMetadata[], before: number): ReadonlySet<string> {
	const began = new Map<string, number>();
	for (const {labels: own, creationTimestamp} of objects) {
		const run = own[labels.run];
		const at = Date.parse(creationTimestamp);
		if (run !== undefined && /^[a-z0-9]{1,63}$/.test(run) && !Number.isNaN(at)) {
			began.set(run, Math.min(began.get(run) ?? Number.POSITIVE_INFINITY, at));
		}
	}

	return new Set([...began].filter(([, at]) => at <= before).map(([run]) => run));
}

/** Why a namespace is not deleted: it is somebody else's, or something is in it that is not ours. */
async function reasonToKeep(api: Api, namespace: string, signal: AbortSignal): Promise<string | undefined> {
	const found = await getNamespace(api, namespace, signal);
	if (found === undefined) {
		return 'it does not exist';
	}

	if (asText(field(found, 'metadata', 'labels', labels.managedBy)) !== managedBy) {
		return `it is not labelled ${labels.managedBy}=${managedBy}, so this plugin did not make it`;
	}

	const pods = await listMetadata(api, {resource: 'pods', namespace, labelSelector: `${labels.managedBy}!=${managedBy}`, signal});
	const [first] = pods;
	if (first !== undefined) {
		return `pod/${first.name} is in it, which this plugin did not make`;
	}

	const left = await listMetadata(api, {resource: 'pods', namespace, labelSelector: labels.run, signal});
	return left.length === 0 ? undefined : `pod/${left[0]?.name ?? ''} of a run is in it still`;
}
