import {hasLibcni, type RuntimeRelease} from '../runtime/releases.ts';
import type {ConfigList} from './config-list.ts';
import {compareSpecVersions, isSpecVersion, specVersions} from './spec-version.ts';

/** The version with which plugins are called. */
export type EffectiveVersion = {
	/** As it stands in the file: it may be no spec version. */
	readonly version: string;
	/** `default`: the config names none, and plugins take it for 0.1.0. */
	readonly because: 'cniVersion' | 'cniVersions' | 'default';
};

/**
The version that a release of a runtime takes from a config; as the newest libcni does where the release is not known. libcni 1.2.0 and
later take the highest of `cniVersions` and `cniVersion` that they know; earlier ones read `cniVersion` alone (libcni/conf.go@v1.2.0).
*/
export function effectiveVersion({version, cniVersions}: ConfigList, release: RuntimeRelease | undefined): EffectiveVersion {
	const own = version.state === 'set' ? version.value : undefined;
	const max = release?.maxSpec ?? specVersions[specVersions.length - 1] ?? '1.1.0';
	const listed = hasLibcni(release, [1, 2, 0]) ? cniVersions : [];
	const highest = [...listed, ...(own === undefined ? [] : [own])]
		.filter(isSpecVersion)
		.filter(candidate => compareSpecVersions(candidate, max) <= 0)
		.sort(compareSpecVersions)
		.at(-1);
	if (listed.length > 0 && highest !== undefined && highest !== own) {
		return {version: highest, because: 'cniVersions'};
	}

	return own === undefined ? {version: '0.1.0', because: 'default'} : {version: own, because: 'cniVersion'};
}
