import {type ConfigList, type PluginUse, pluginTypes} from '../cni/config-list.ts';
import {effectiveVersion} from '../cni/effective-version.ts';
import type {NodeFacts} from '../facts/node-facts.ts';
import {releaseOfNode} from '../facts/release-of-node.ts';
import {isUnknown} from '../facts/unknown.ts';
import type {Subject} from './subject.ts';

/** Every plugin that runs because of a config, with the version with which this node's runtime has it called. */
export function usesOf(list: ConfigList, facts: NodeFacts): readonly PluginUse[] {
	const effective = effectiveVersion(list, releaseOfNode(facts));
	const called = effective.because === 'default' ? list.version : ({state: 'set', value: effective.version} as const);
	return pluginTypes({...list, version: called});
}

/** What a plugin is called with, where that is a version at all: without one it takes the config for 0.1.0. */
export function calledWith({version}: PluginUse): string {
	return version.state === 'set' ? version.value : '0.1.0';
}

/** Whether a plugin is there, is a program, and supports the version that it is called with; undefined where that is not known. */
export function canRun(use: PluginUse, {plugins}: Pick<Subject, 'plugins'>): boolean | undefined {
	const {path, executable, supportedVersions} = plugins.get(use.type) ?? {};
	if (path === null || executable === false) {
		return false;
	}

	return typeof path !== 'string' || supportedVersions === undefined || isUnknown(supportedVersions)
		? undefined
		: supportedVersions.includes(calledWith(use));
}

/**
Whether the first plugin of the chain, and what it runs, do their work at ADD. Where a later one fails, what they set up stays: DEL goes
from the last to the first, and ends where it fails.
*/
export function runsFirst(list: ConfigList, subject: Pick<Subject, 'facts' | 'plugins'>): boolean {
	return usesOf(list, subject.facts)
		.filter(({where}) => where.startsWith('plugins[0]'))
		.every(use => canRun(use, subject) === true);
}
