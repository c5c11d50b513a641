/**
A fact that could not be read, and why. It is a value of its own: never false, empty or a crash.
The reason is a whole phrase that can stand in a report, such as `crictl is not on the node`.
*/
export type Unknown = {readonly unknown: string};

export type Known<T> = T | Unknown;

export function isUnknown(value: unknown): value is Unknown {
	return typeof value === 'object' && value !== null && typeof (value as {unknown?: unknown}).unknown === 'string';
}

/** The value, or the fallback where it is not known. */
export function knownOr<T, F>(value: Known<T>, fallback: F): T | F {
	return isUnknown(value) ? fallback : value;
}
