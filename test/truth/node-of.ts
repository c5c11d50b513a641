import type {Finding} from '../../lib/check/check.ts';
import {runChecks} from '../../lib/check/run-checks.ts';
import type {NodeFacts, PluginFacts} from '../../lib/facts/node-facts.ts';
import {type RuntimeRelease, releases} from '../../lib/runtime/releases.ts';
import {facts, plugin} from '../check/healthy-facts.ts';
import {type Combination, configOf, ownPlugins, pluginTypes} from './combinations.ts';
import {readPlugins} from './table.ts';

const answers = readPlugins();

/** What `preflight` would collect of a node that has this combination: the first release of the runtime that is built with this libcni. */
export function nodeOf(combination: Combination, runtime: RuntimeRelease['runtime']): NodeFacts {
	return facts({
		config: configOf(combination),
		plugins: pluginTypes.map(type => pluginOf(type, combination.plugins)),
		runtime: {name: runtime, version: releaseWith(combination.libcni, runtime).from.join('.'), binDirs: ['/run/cni/bin']},
	});
}

export function releaseWith(libcni: string, runtime: RuntimeRelease['runtime']): RuntimeRelease {
	const found = releases.find(release => release.runtime === runtime && release.libcni === libcni);
	if (found === undefined) {
		throw new Error(`no release of ${runtime} has libcni ${libcni}`);
	}

	return found;
}

function pluginOf(type: string, release: string): PluginFacts {
	// containerd runs loopback whatever else there is.
	const from = type === 'loopback' && release === ownPlugins ? '1.9.1' : release;
	const answer = answers.find(row => row.plugins === from && row.type === type);
	const unknown = {unknown: 'it is not there'};
	return answer === undefined
		? plugin(type, {
				path: null,
				kind: unknown,
				executable: unknown,
				sha256: unknown,
				supportedVersions: unknown,
				release: unknown,
			})
		: plugin(type, {path: `/run/cni/bin/${type}`, supportedVersions: answer.supported, release: `v${from}`});
}

/** What the checks find, without what is only said for information. */
export function findingsOf(node: NodeFacts): readonly Finding[] {
	return runChecks(node).filter(({severity}) => severity !== 'info');
}
