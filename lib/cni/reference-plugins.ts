import type {SpecVersion} from './spec-version.ts';

/** The plugins that containernetworking/plugins has released, flannel (up to v0.9.1) left out. */
export const referencePlugins: readonly string[] = [];

/** The first release of containernetworking/plugins whose plugin of that type supports the spec version: `v1.0.0`; undefined where none does. */
export function releaseThatSupports(type: string, specVersion: SpecVersion): string | undefined {
	throw new Error(`not yet: ${type} ${specVersion}`);
}

/** What the plugin of that type answers to VERSION in a release such as `v1.1.1`; undefined where that is not known. */
export function supportedByRelease(type: string, release: string): readonly SpecVersion[] | undefined {
	throw new Error(`not yet: ${type} ${release}`);
}
