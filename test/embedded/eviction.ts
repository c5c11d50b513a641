import type {Budget} from './budget.ts';
import {isReady} from './budget.ts';
import {deleteObject, requirePreconditions} from './deletion.ts';
import {selects} from './label-selector.ts';
import {keyOf, type Pod, timestamp} from './objects.ts';
import {resourceRow} from './resources.ts';
import {ApiStatus, refuse} from './status.ts';
import type {Store} from './store.ts';
import {readDeleteOptions, readDryRun, type Write} from './writes.ts';

/**
POST of a pod's eviction, in the order of kubernetes/kubernetes:pkg/registry/core/pod/storage/eviction.go: the budget is asked
(and charged) before the preconditions are looked at.
*/
export function answerEviction({store, admission, info, body}: Write): unknown {
	const eviction = (body ?? {}) as {readonly metadata?: {readonly name?: string}; readonly deleteOptions?: object};
	if (eviction.metadata?.name !== info.name) {
		throw refuse.badRequest('name in URL does not match name in Eviction object');
	}

	const options = readDeleteOptions({...info, query: new URLSearchParams()}, eviction.deleteOptions);
	const isDryRun = options.isDryRun || readDryRun(info.query.getAll('dryRun'));
	admission.admitEviction(info);
	const key = keyOf({namespace: info.namespace, name: info.name});
	const pod = store.get('pods', key) as Pod | undefined;
	if (pod === undefined) {
		throw refuse.notFound({group: '', resource: 'pods', name: info.name});
	}

	if (!isPastBudgets(pod)) {
		askBudget(store, pod, isDryRun);
	}

	requirePreconditions(pod, resourceRow('pods'), options.preconditions);
	if (!isDryRun) {
		const evicted = store.update<Pod>('pods', key, current => withCondition(current)) ?? pod;
		deleteObject(store, resourceRow('pods'), evicted, options.gracePeriodSeconds);
	}

	return {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201};
}

/** It ended, never ran, or is going already: no budget is asked. */
function isPastBudgets({status: {phase}, metadata}: Pod): boolean {
	return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || metadata.deletionTimestamp !== undefined;
}

function askBudget(store: Store, pod: Pod, isDryRun: boolean): void {
	const budgets = (store.list('poddisruptionbudgets', pod.metadata.namespace) as readonly Budget[]).filter(({spec}) =>
		selects(spec?.selector, pod.metadata.labels),
	);
	if (budgets.length > 1) {
		throw new ApiStatus(
			500,
			'',
			'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
		);
	}

	const [budget] = budgets;
	if (budget === undefined || (!isReady(pod) && mayGoUnready(budget))) {
		return;
	}

	requireAllowance(budget);
	if (!isDryRun) {
		charge(store, budget, pod.metadata.name);
	}
}

function mayGoUnready({spec, status: {currentHealthy, desiredHealthy}}: Budget): boolean {
	return spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (currentHealthy >= desiredHealthy && desiredHealthy > 0);
}

function requireAllowance({metadata: {name, generation = 0}, status}: Budget): void {
	const text = "Cannot evict pod as it would violate the pod's disruption budget.";
	if ((status.observedGeneration ?? 0) < generation) {
		throw refuse.tooManyRequests(text, `The disruption budget ${name} is still being processed by the server.`, 10);
	}

	if (status.disruptionsAllowed > 0) {
		return;
	}

	const condition = status.conditions?.find(({type, status}) => type === 'DisruptionAllowed' && status === 'False');
	const why =
		condition?.reason === 'SyncFailed'
			? ` does not allow evicting pods currently because it failed sync: ${condition.message}`
			: status.currentHealthy <= status.desiredHealthy
				? ` needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`
				: ' does not allow evicting pods currently';
	throw refuse.tooManyRequests(text, `The disruption budget ${name}${why}`, 0);
}

function charge(store: Store, {metadata}: Budget, pod: string): void {
	store.update<Budget>('poddisruptionbudgets', keyOf(metadata), budget => ({
		...budget,
		status: {
			...budget.status,
			disruptionsAllowed: budget.status.disruptionsAllowed - 1,
			disruptedPods: {...budget.status.disruptedPods, [pod]: timestamp()},
		},
	}));
}

function withCondition(pod: Pod): Pod {
	const conditions = ((pod.status['conditions'] ?? []) as readonly {readonly type: string}[]).filter(
		({type}) => type !== 'DisruptionTarget',
	);
	const condition = {
		type: 'DisruptionTarget',
		status: 'True',
		lastProbeTime: null,
		lastTransitionTime: timestamp(),
		reason: 'EvictionByEvictionAPI',
		message: 'Eviction API: evicting',
	};
	return {...pod, status: {...pod.status, conditions: [...conditions, condition]}};
}
