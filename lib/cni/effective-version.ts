import type {RuntimeRelease} from '../runtime/releases.ts';
import type {ConfigList} from './config-list.ts';

/** The version with which plugins are called. */
export type EffectiveVersion = {
	/** As it stands in the file: it may be no spec version. */
	readonly version: string;
	/** `default`: the config names none, and plugins take it for 0.1.0. */
	readonly because: 'cniVersion' | 'cniVersions' | 'default';
};

/** The version that a release of a runtime takes from a config; as the newest libcni does where the release is not known. */
export function effectiveVersion(list: ConfigList, release: RuntimeRelease | undefined): EffectiveVersion {
	throw new Error(`not yet: ${list.path} ${release?.from}`);
}
