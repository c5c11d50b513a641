/** Gives the value that it was given before where that is equal, as JSON, to this one. */
export type Share = <T>(value: T) => T;

/**
Equal values as one. Most nodes of a fleet say the same of their plugins, configs and runtime, and so do findings on them: held for each
node, the facts of 5,000 took 35 MB and their report 22. The values must not change afterwards.
*/
export function shareEqual(): Share {
	const texts = new Map<unknown, unknown>();
	const others = new Map<unknown, unknown>();
	return <T>(value: T): T => {
		const [kept, key] = typeof value === 'string' ? [texts, value] : [others, JSON.stringify(value)];
		if (!kept.has(key)) {
			kept.set(key, value);
		}

		return kept.get(key) as T;
	};
}
