/** Major, minor, patch. */
export type ReleaseNumbers = readonly [number, number, number];

export type RuntimeVersion = {
	/** `containerd`, `cri-o`, `docker`, or another. */
	readonly name: string;
	/** Without the scheme, suffix and all: `1.6.20~ds1`. */
	readonly version: string;
	/** As it was given: `containerd://1.6.20~ds1`. */
	readonly text: string;
	/** Undefined where the version is no release, such as `v2.3.0-12-gdeadbee` of a build without tags. */
	readonly release: ReleaseNumbers | undefined;
};

/** Reads a node's `containerRuntimeVersion`; undefined where it is none. */
export function parseRuntimeVersion(text: string): RuntimeVersion | undefined {
	throw new Error(`not yet: ${text}`);
}

/** The numbers of `1.6.20~ds1`, `v1.7.12-0ubuntu1`, `2.0.4-k3s2`; undefined where it does not start with a release. */
export function releaseNumbers(version: string): ReleaseNumbers | undefined {
	throw new Error(`not yet: ${version}`);
}

/** Below zero where `a` is older than `b`. */
export function compareReleases(a: ReleaseNumbers, b: ReleaseNumbers): number {
	return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
