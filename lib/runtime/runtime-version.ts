/** Major, minor, patch. */
export type ReleaseNumbers = readonly [number, number, number];

export type RuntimeVersion = {
	/** `containerd`, `cri-o`, `docker`, or another. */
	readonly name: string;
	/** Without the scheme, suffix and all: `1.6.20~ds1`. */
	readonly version: string;
	/** As it was given: `containerd://1.6.20~ds1`. */
	readonly text: string;
	/** Undefined where the version is none, such as `Unknown`. */
	readonly release: ReleaseNumbers | undefined;
};

/** Reads a node's `containerRuntimeVersion`, which the kubelet writes as NAME://VERSION; undefined where it is none. */
export function parseRuntimeVersion(text: string): RuntimeVersion | undefined {
	const [, name, version] = /^([a-z][\w.-]{0,62}):\/\/(\S{1,128})$/i.exec(text.trim()) ?? [];
	if (name === undefined || version === undefined) {
		return undefined;
	}

	return {name: nameOf(name), version, text: text.trim(), release: releaseNumbers(version)};
}

/**
The numbers of `1.6.20~ds1`, `v1.7.12-0ubuntu1`, `2.0.4-k3s2`: a release, and whatever a packager added. Of a pre-release too, such as
`2.0.0-rc.1`, whose code is the release's but for fixes. Undefined where it does not start with a release.
*/
export function releaseNumbers(version: string): ReleaseNumbers | undefined {
	const [, major, minor, patch] = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.]*\d{5})/.exec(version) ?? [];
	return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor), Number(patch ?? 0)];
}

/** Below zero where `a` is older than `b`. */
export function compareReleases(a: ReleaseNumbers, b: ReleaseNumbers): number {
	return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** CRI-O calls itself `cri-o`; some of its packages and people say `crio`. */
function nameOf(scheme: string): string {
	const name = scheme.toLowerCase();
	return name === 'crio' ? 'cri-o' : name;
}
