export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object, or an empty one where it is none. */
export function asObject(value: unknown): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function asList(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

/** The value as text, or empty where it is none. */
export function asText(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

export function textOrUndefined(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A field by the object's own key: `constructor` and `__proto__` are names like any other. */
export function field(value: unknown, ...path: readonly string[]): unknown {
	let at = value;
	for (const key of path) {
		const object = asObject(at);
		at = Object.hasOwn(object, key) ? object[key] : undefined;
	}

	return at;
}
