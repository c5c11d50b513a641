import type {LabelSelector} from './label-selector.ts';
import type {KubeObject, Pod} from './objects.ts';

/** A PodDisruptionBudget, as far as evictions and its controller look into it. */
export type Budget = KubeObject & {
	readonly spec?: {
		readonly minAvailable?: number | string;
		readonly maxUnavailable?: number | string;
		readonly selector?: LabelSelector;
		readonly unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow';
	};
	readonly status: BudgetStatus;
};

export type BudgetStatus = {
	readonly observedGeneration?: number;
	readonly disruptionsAllowed: number;
	readonly currentHealthy: number;
	readonly desiredHealthy: number;
	readonly expectedPods: number;
	/** Pods whose eviction was granted and which are not marked as deleted yet: when that was, by name. */
	readonly disruptedPods?: Readonly<Record<string, string>>;
	readonly conditions?: readonly {
		readonly type: string;
		readonly status: string;
		readonly reason: string;
		readonly message: string;
	}[];
};

export function isReady({status}: Pod): boolean {
	const conditions = (status['conditions'] ?? []) as readonly {readonly type: string; readonly status: string}[];
	return conditions.some(({type, status}) => type === 'Ready' && status === 'True');
}
