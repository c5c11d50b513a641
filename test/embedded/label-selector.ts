/** A selector as it stands in an object: a PodDisruptionBudget's. */
export type LabelSelector = {
	readonly matchLabels?: Readonly<Record<string, string>>;
	readonly matchExpressions?: readonly {
		readonly key: string;
		readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
		readonly values?: readonly string[];
	}[];
};

/** Whether it selects what has these labels; one that is left out selects nothing, an empty one all. */
export function selects(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>> = {}): boolean {
	if (selector === undefined) {
		return false;
	}

	const {matchLabels = {}, matchExpressions = []} = selector;
	const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
	return (
		equal &&
		matchExpressions.every(({key, operator, values = []}) => {
			const value = labels[key];
			switch (operator) {
				case 'In':
					return value !== undefined && values.includes(value);
				case 'NotIn':
					return value === undefined || !values.includes(value);
				case 'Exists':
					return value !== undefined;
				default:
					return value === undefined;
			}
		})
	);
}
