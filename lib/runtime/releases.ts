import type {SpecVersion} from '../cni/spec-version.ts';
import {compareReleases, type ReleaseNumbers, releaseNumbers} from './runtime-version.ts';

/** What a span of releases of a runtime does with CNI. */
export type RuntimeRelease = {
	readonly runtime: 'containerd' | 'cri-o';
	/** The first and the last release of the span; a last patch of Infinity means the whole minor release. */
	readonly from: ReleaseNumbers;
	readonly to: ReleaseNumbers;
	/** The libcni that it is built with. */
	readonly libcni: string;
	/** The newest spec version whose results it can read. */
	readonly maxSpec: SpecVersion;
	/**
	A config without cniVersion. `del-fails`: pods start and cannot be torn down; `add-fails`: pods do not start, since CRI-O's CHECK
	after ADD fails in the same way; `acts-as-0.1.0`: all is done by the rules of 0.1.0.
	*/
	readonly emptyVersion: 'del-fails' | 'add-fails' | 'acts-as-0.1.0';
	/** A plugin's result without cniVersion (weave-net): taken for 0.1.0, so that pods fail, or for the config's own version. */
	readonly resultWithoutVersion: 'misread' | 'ok';
	/** The spec version that the loopback plugin has to support; `internal`: the runtime always brings lo up by itself. */
	readonly loopback: '0.3.1' | '1.0.0' | 'internal';
	/** Whether it asks plugins for their STATUS where the config's version is 1.1.0 or later. */
	readonly status: boolean;
	/** Whether it asks every plugin of the chain for its versions before it takes a config (ocicni's ValidateNetworkList). */
	readonly validates: boolean;
	/** The last day of support, where its project names one. */
	readonly endOfLife?: string;
};

/**
The row for a release such as `1.6.20~ds1`; undefined where the tables do not have it. `docker` has none: the kubelet names Docker's
version, and which cri-dockerd stands before it nobody says.
*/
export function releaseOf(name: string, version: string): RuntimeRelease | undefined {
	const numbers = releaseNumbers(version);
	return numbers === undefined
		? undefined
		: releases.find(
				({runtime, from, to}) => runtime === name && compareReleases(numbers, from) >= 0 && compareReleases(numbers, to) <= 0,
			);
}

/**
Two floors a runtime: the one of the Kubernetes docs page on upgrading CNI plugins, and the one from which configs and results without a
version break no pods. CRI-O 1.23.4 and 1.23.5 are below the first and have the fixes of the second.
*/
export const floors = {
	containerd: {page: [1, 6, 0], safe: [1, 6, 5]},
	'cri-o': {page: [1, 24, 0], safe: [1, 24, 2]},
} as const satisfies Record<RuntimeRelease['runtime'], {page: ReleaseNumbers; safe: ReleaseNumbers}>;

/** Whether the release has this libcni or a later one; as the newest does where it is not known. */
export function hasLibcni(release: RuntimeRelease | undefined, least: ReleaseNumbers): boolean {
	const own = release === undefined ? undefined : releaseNumbers(release.libcni);
	return own === undefined || compareReleases(own, least) >= 0;
}

type Traits = Omit<RuntimeRelease, 'runtime' | 'from' | 'to'>;

/**
How each libcni treats a missing version: containernetworking/cni:pkg/version/plugin.go and pkg/invoke/exec.go at each tag. The version
is empty-safe from v1.1.0 (commit 1054f8e), results are repaired from v1.1.1 on (`fixupResultVersion`); before v1.0.0 they took the config's.
*/
const libcni = {
	'0.7.1': {libcni: '0.7.1', maxSpec: '0.4.0', emptyVersion: 'del-fails', resultWithoutVersion: 'ok'},
	'0.8.0': {libcni: '0.8.0', maxSpec: '0.4.0', emptyVersion: 'del-fails', resultWithoutVersion: 'ok'},
	'0.8.1': {libcni: '0.8.1', maxSpec: '0.4.0', emptyVersion: 'del-fails', resultWithoutVersion: 'ok'},
	'1.0.1': {libcni: '1.0.1', maxSpec: '1.0.0', emptyVersion: 'del-fails', resultWithoutVersion: 'misread'},
	'1.1.0': {libcni: '1.1.0', maxSpec: '1.0.0', emptyVersion: 'acts-as-0.1.0', resultWithoutVersion: 'misread'},
	'1.1.1': {libcni: '1.1.1', maxSpec: '1.0.0', emptyVersion: 'acts-as-0.1.0', resultWithoutVersion: 'ok'},
	'1.1.2': {libcni: '1.1.2', maxSpec: '1.0.0', emptyVersion: 'acts-as-0.1.0', resultWithoutVersion: 'ok'},
	'1.2.3': {libcni: '1.2.3', maxSpec: '1.1.0', emptyVersion: 'acts-as-0.1.0', resultWithoutVersion: 'ok'},
	'1.3.0': {libcni: '1.3.0', maxSpec: '1.1.0', emptyVersion: 'acts-as-0.1.0', resultWithoutVersion: 'ok'},
} as const satisfies Record<string, Pick<RuntimeRelease, 'libcni' | 'maxSpec' | 'emptyVersion' | 'resultWithoutVersion'>>;

/** containerd's part: go-cni's `WithLoNetwork` at each tag; neither CHECK nor validation. */
const containerd = {loopback: '0.3.1', status: false, validates: false} as const;

/** CRI-O's part since ocicni 82d6394 of April 2020: it brings lo up, validates, and follows ADD by CHECK. */
const crio = {loopback: 'internal', status: false, validates: true} as const;

const always = Number.POSITIVE_INFINITY;

/**
One row for each change that matters, oldest first. Versions of libcni and go-cni: containerd/containerd:go.mod (vendor.conf up to 1.4)
and cri-o/cri-o:go.mod at each tag; support of containerd: RELEASES.md@main, August 2026, where a month without a day means its last day.
*/
export const releases: readonly RuntimeRelease[] = [
	...rows('containerd', [
		[[1, 3, 0], [1, 3, always], {...containerd, ...libcni['0.7.1'], endOfLife: '2021-03-04'}],
		[[1, 4, 0], [1, 4, always], {...containerd, ...libcni['0.8.0'], endOfLife: '2022-03-03'}],
		[[1, 5, 0], [1, 5, always], {...containerd, ...libcni['0.8.1'], endOfLife: '2023-02-28'}],
		[[1, 6, 0], [1, 6, 2], {...containerd, ...libcni['1.0.1'], endOfLife: '2025-08-23'}],
		// go-cni v1.1.4 alone asks the loopback plugin for 1.0.0; reverted by 186662c (containerd/containerd#6876).
		[[1, 6, 3], [1, 6, 3], {...containerd, ...libcni['1.0.1'], loopback: '1.0.0', endOfLife: '2025-08-23'}],
		[[1, 6, 4], [1, 6, 4], {...containerd, ...libcni['1.1.0'], endOfLife: '2025-08-23'}],
		[[1, 6, 5], [1, 6, always], {...containerd, ...libcni['1.1.1'], endOfLife: '2025-08-23'}],
		[[1, 7, 0], [1, 7, always], {...containerd, ...libcni['1.1.2'], endOfLife: '2026-09-30'}],
		[[2, 0, 0], [2, 0, 0], {...containerd, ...libcni['1.2.3'], endOfLife: '2027-03-31'}],
		// go-cni v1.1.11 calls STATUS.
		[[2, 0, 1], [2, 0, always], {...containerd, ...libcni['1.2.3'], status: true, endOfLife: '2027-03-31'}],
		[[2, 1, 0], [2, 1, always], {...containerd, ...libcni['1.3.0'], status: true, endOfLife: '2026-07-03'}],
		[[2, 2, 0], [2, 2, always], {...containerd, ...libcni['1.3.0'], status: true, endOfLife: '2026-11-06'}],
		[[2, 3, 0], [2, 3, always], {...containerd, ...libcni['1.3.0'], status: true, endOfLife: '2028-04-30'}],
		// go.mod@v2.4.0-beta.0: read before its release.
		[[2, 4, 0], [2, 4, always], {...containerd, ...libcni['1.3.0'], status: true}],
	]),
	...rows('cri-o', [
		// ocicni 7762645: the loopback plugin, no validation; CHECK after ADD already.
		[[1, 16, 0], [1, 17, 4], {...crio, ...libcni['0.7.1'], emptyVersion: 'add-fails', loopback: '0.3.1', validates: false}],
		// libcni between 0.7.1 and 0.8.0 (4fae32b), which validates an empty version as 0.1.0 like 0.8.0.
		[[1, 17, 5], [1, 20, always], {...crio, ...libcni['0.8.0'], emptyVersion: 'add-fails'}],
		[[1, 21, 0], [1, 22, always], {...crio, ...libcni['0.8.1'], emptyVersion: 'add-fails'}],
		[[1, 23, 0], [1, 23, 3], {...crio, ...libcni['1.0.1'], emptyVersion: 'add-fails'}],
		[[1, 23, 4], [1, 23, always], {...crio, ...libcni['1.1.1']}],
		[[1, 24, 0], [1, 24, 1], {...crio, ...libcni['1.1.0']}],
		[[1, 24, 2], [1, 24, always], {...crio, ...libcni['1.1.1']}],
		[[1, 25, 0], [1, 30, always], {...crio, ...libcni['1.1.2']}],
		[[1, 31, 0], [1, 31, always], {...crio, ...libcni['1.2.3']}],
		// ocicni v0.4.3 calls STATUS and GC.
		[[1, 32, 0], [1, 32, always], {...crio, ...libcni['1.2.3'], status: true}],
		[[1, 33, 0], [1, 36, always], {...crio, ...libcni['1.3.0'], status: true}],
	]),
];

function rows(
	runtime: RuntimeRelease['runtime'],
	list: readonly (readonly [from: ReleaseNumbers, to: ReleaseNumbers, traits: Traits])[],
): readonly RuntimeRelease[] {
	return list.map(([from, to, traits]) => ({runtime, from, to, ...traits}));
}
