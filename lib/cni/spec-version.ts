/**
Every spec version there has been, in order. Plugin releases such as 1.0.1 or 1.1.1 are none of them.
containernetworking/cni:pkg/types/{020,040,100}@v1.3.0 and SPEC.md of each spec-v* tag.
*/
export const specVersions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

export type SpecVersion = (typeof specVersions)[number];

export function isSpecVersion(text: string): text is SpecVersion {
	return (specVersions as readonly string[]).includes(text);
}

/** Below zero where `a` is older than `b`. */
export function compareSpecVersions(a: SpecVersion, b: SpecVersion): number {
	return specVersions.indexOf(a) - specVersions.indexOf(b);
}

/** The newest spec version that is in every list; undefined where there is none, or no list. */
export function highestCommon(lists: readonly (readonly string[])[]): SpecVersion | undefined {
	return lists.length === 0 ? undefined : specVersions.findLast(version => lists.every(list => list.includes(version)));
}
