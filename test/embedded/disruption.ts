import {isDeepStrictEqual} from 'node:util';
import {type Budget, type BudgetStatus, isReady} from './budget.ts';
import {selects} from './label-selector.ts';
import {type KubeObject, keyOf, type Pod, timestamp} from './objects.ts';
import type {Store} from './store.ts';

/** A pod whose eviction was granted counts as gone for so long (disruption.go, DeletionTimeout). */
const deletionTimeoutMs = 120_000;

/** The controller that keeps the status of PodDisruptionBudgets; it acts a moment later, as the real one does. */
export class DisruptionController {
	readonly #store: Store;
	readonly #stops: readonly (() => void)[];
	readonly #due = new Set<string>();
	#immediate: NodeJS.Immediate | undefined;

	constructor(store: Store) {
		this.#store = store;
		const later = ({object}: {readonly object: KubeObject}) => this.#later(object.metadata.namespace ?? '');
		this.#stops = [store.subscribe('pods', later), store.subscribe('poddisruptionbudgets', later)];
	}

	stop(): void {
		clearImmediate(this.#immediate);
		for (const stop of this.#stops) {
			stop();
		}
	}

	#later(namespace: string): void {
		if (this.#store.size('poddisruptionbudgets') === 0) {
			return;
		}

		this.#due.add(namespace);
		this.#immediate ??= setImmediate(() => {
			this.#immediate = undefined;
			const namespaces = [...this.#due];
			this.#due.clear();
			for (const budget of namespaces.flatMap(name => this.#store.list('poddisruptionbudgets', name))) {
				this.#sync(budget as Budget);
			}
		});
	}

	#sync(budget: Budget): void {
		const pods = (this.#store.list('pods', budget.metadata.namespace) as readonly Pod[]).filter(({metadata}) =>
			selects(budget.spec?.selector, metadata.labels),
		);
		const status = budgetStatus(this.#store, budget, pods);
		if (!isDeepStrictEqual(withoutTimes(status), withoutTimes(budget.status))) {
			this.#store.update<Budget>('poddisruptionbudgets', keyOf(budget.metadata), current => ({...current, status}));
		}
	}
}

/** As pkg/controller/disruption/disruption.go counts. */
function budgetStatus(store: Store, {metadata, spec, status}: Budget, pods: readonly Pod[]): BudgetStatus {
	const expected = expectedPods(store, spec, pods);
	if (typeof expected === 'string') {
		return {...status, disruptionsAllowed: 0, conditions: [condition('False', 'SyncFailed', expected)]};
	}

	const limit = Date.now() - deletionTimeoutMs;
	const disrupted = Object.entries(status.disruptedPods ?? {}).filter(
		([name, time]) =>
			Date.parse(time) > limit && pods.some(({metadata}) => metadata.name === name && metadata.deletionTimestamp === undefined),
	);
	const currentHealthy = pods.filter(
		pod =>
			pod.metadata.deletionTimestamp === undefined && isReady(pod) && !disrupted.some(([name]) => name === pod.metadata.name),
	).length;
	const desiredHealthy =
		spec?.maxUnavailable === undefined
			? scaled(spec?.minAvailable ?? 1, expected)
			: Math.max(0, expected - scaled(spec.maxUnavailable, expected));
	const allowed = expected > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
	return {
		...(disrupted.length > 0 && {disruptedPods: Object.fromEntries(disrupted)}),
		observedGeneration: metadata.generation ?? 0,
		disruptionsAllowed: allowed,
		currentHealthy,
		desiredHealthy,
		expectedPods: expected,
		conditions: [allowed > 0 ? condition('True', 'SufficientPods', '') : condition('False', 'InsufficientPods', '')],
	};
}

/** How many pods there should be, or why that cannot be said. Only a whole number of available pods counts pods without a controller. */
function expectedPods(store: Store, spec: Budget['spec'], pods: readonly Pod[]): number | string {
	if (spec?.maxUnavailable === undefined && typeof spec?.minAvailable !== 'string') {
		return pods.length;
	}

	const scales = new Map<string, number>();
	for (const {metadata} of pods) {
		const owner = metadata.ownerReferences?.find(({controller}) => controller === true);
		const controller =
			owner?.kind === 'ReplicaSet'
				? store.get('replicasets', keyOf({namespace: metadata.namespace, name: owner.name}))
				: undefined;
		if (owner?.kind === 'DaemonSet') {
			return 'daemonsets.apps does not implement the scale subresource';
		}

		if (owner !== undefined && controller?.metadata.uid !== owner.uid) {
			return `found no controllers for pod "${metadata.name}"`;
		}

		if (controller !== undefined) {
			scales.set(controller.metadata.uid, (controller['spec'] as {readonly replicas?: number} | undefined)?.replicas ?? 1);
		}
	}

	return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
}

/** Percentages round up. */
function scaled(value: number | string, whole: number): number {
	return typeof value === 'number' ? value : Math.ceil((Number(value.replace(/%$/, '')) * whole) / 100);
}

function condition(status: 'True' | 'False', reason: string, message: string) {
	return {type: 'DisruptionAllowed', status, reason, message, lastTransitionTime: timestamp()};
}

function withoutTimes({conditions = [], ...rest}: BudgetStatus): unknown {
	return {...rest, conditions: conditions.map(({type, status, reason, message}) => ({type, status, reason, message}))};
}
