import type {NodeFacts} from '../facts/node-facts.ts';
import {isUnknown} from '../facts/unknown.ts';
import type {Finding, Verdict} from './check.ts';
import {subjectOf} from './subject.ts';
import {usesOf} from './uses.ts';

/**
The worst of what was found; where nothing is an error, `unknown` if a fact is missing without which nobody can say that pods will
start and stop. Findings of severity info do not count.
*/
export function verdictOf(facts: NodeFacts, findings: readonly Finding[]): Verdict {
	if (findings.some(({severity}) => severity === 'error')) {
		return 'error';
	}

	if (unknownFacts(facts).length > 0) {
		return 'unknown';
	}

	return findings.some(({severity}) => severity === 'warning') ? 'warning' : 'ok';
}

/**
The facts that a verdict needs and that are unknown, each as a phrase with its reason. `lint` judges what it was given: a runtime that was
not named and plugins that were not asked are no gap there.
*/
export function unknownFacts(facts: NodeFacts): string[] {
	const {runtime, configFiles, plugins} = facts;
	const given = facts.via === 'file';
	const gaps: (readonly [string, unknown])[] = [
		...(given ? [] : [['runtime', runtime.name] as const, ['runtime version', runtime.version] as const]),
		['config files', configFiles],
		...(given ? [] : [['plugins', plugins] as const]),
		...unreadConfigs(facts),
		...(isUnknown(plugins) ? [] : silentPlugins(facts)),
	];
	const phrases = gaps.flatMap(([what, value]) => (isUnknown(value) ? [`${what}: ${value.unknown}`] : []));
	return [...new Set(phrases)];
}

/** Where the load order itself cannot be told. */
function unreadConfigs(facts: NodeFacts): (readonly [string, unknown])[] {
	return isUnknown(facts.configFiles) ? [] : [['active config', subjectOf(facts).load]];
}

/** Plugins of the config in use whose place or supported versions are not known. */
function silentPlugins(facts: NodeFacts): (readonly [string, unknown])[] {
	const {active, plugins} = subjectOf(facts);
	const types = new Set(active.flatMap(list => usesOf(list, facts)).map(({type}) => type));
	return [...types].flatMap((type): (readonly [string, unknown])[] => {
		const plugin = plugins.get(type);
		if (plugin === undefined) {
			return [[`plugin/${type}`, {unknown: 'it was not looked up'}]];
		}

		return plugin.path === null ? [] : [[`plugin/${type}`, isUnknown(plugin.path) ? plugin.path : plugin.supportedVersions]];
	});
}
