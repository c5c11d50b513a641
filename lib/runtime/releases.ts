import type {SpecVersion} from '../cni/spec-version.ts';
import type {ReleaseNumbers} from './runtime-version.ts';

/** What a span of releases of a runtime does with CNI. */
export type RuntimeRelease = {
	readonly runtime: 'containerd' | 'cri-o';
	/** The first and the last release of the span; a last of Infinity means that the minor release still goes on. */
	readonly from: ReleaseNumbers;
	readonly to: ReleaseNumbers;
	/** The libcni that it is built with. */
	readonly libcni: string;
	/** The newest spec version whose results it can read. */
	readonly maxSpec: SpecVersion;
	/**
	A config without cniVersion. `del-fails`: pods start and cannot be torn down; `add-fails`: pods do not start, since the CHECK after ADD fails;
	`not-loaded`: the file is left out; `acts-as-0.1.0`: all is done by the rules of 0.1.0.
	*/
	readonly emptyVersion: 'del-fails' | 'add-fails' | 'not-loaded' | 'acts-as-0.1.0';
	/** A plugin's result without cniVersion: taken for 0.1.0, so that pods fail, or for the config's version. */
	readonly resultWithoutVersion: 'misread' | 'ok';
	/** The spec version that the loopback plugin has to support; `internal`: the runtime brings lo up by itself, always. */
	readonly loopback: '0.3.1' | '1.0.0' | 'internal';
	/** Whether it asks plugins for their STATUS where the config's version is 1.1.0 or later. */
	readonly status: boolean;
	/** Whether plugins are asked for their versions before a config is taken. */
	readonly validates: boolean;
	/** The last day of support, where it is known. */
	readonly endOfLife?: string;
};

/** The row for a release; undefined where the tables do not have it. `docker` has none: the kubelet names Docker's version, not cri-dockerd's. */
export function releaseOf(name: string, version: string): RuntimeRelease | undefined {
	throw new Error(`not yet: ${name} ${version}`);
}

/** The floors of the Kubernetes docs page, and those below which a version-less config or result still breaks pods. */
export const floors = {
	containerd: {page: [1, 6, 0], safe: [1, 6, 5]},
	'cri-o': {page: [1, 24, 0], safe: [1, 24, 2]},
} as const satisfies Record<string, {page: ReleaseNumbers; safe: ReleaseNumbers}>;
