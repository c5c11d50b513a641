import {type ConfigList, type PluginUse, pluginTypes} from '../cni/config-list.ts';
import {effectiveVersion} from '../cni/effective-version.ts';
import type {NodeFacts} from '../facts/node-facts.ts';
import {isUnknown} from '../facts/unknown.ts';
import {releaseOf} from '../runtime/releases.ts';

/** Every plugin that runs because of a config, with the version with which this node's runtime has it called. */
export function usesOf(list: ConfigList, {runtime: {name, version}}: NodeFacts): readonly PluginUse[] {
	const release = isUnknown(name) || isUnknown(version) ? undefined : releaseOf(name, version);
	const effective = effectiveVersion(list, release);
	const called = effective.because === 'default' ? list.version : ({state: 'set', value: effective.version} as const);
	return pluginTypes({...list, version: called});
}
