import {releaseOfNode} from '../facts/release-of-node.ts';
import {knownOr} from '../facts/unknown.ts';
import type {Changes} from './changes.ts';
import type {ConfigDecision} from './config-decisions.ts';

/** Configs whose pods cannot be torn down as the node is now: a plugin refuses their version, or the runtime that there is none. */
export function hangingConfigs(changes: Changes): readonly ConfigDecision[] {
	return changes.decisions.filter(decision => isRefusedByPlugin(decision, changes) || isRefusedByRuntime(decision, changes));
}

/**
Whether such pods go once the plan is carried out, so that a drain need not wait for them. CRI-O takes pods down with the config with which they
were made, to which nobody gives a version any more.
*/
export function hangingPodsGoAfterwards(changes: Changes): boolean {
	const hanging = hangingConfigs(changes);
	const isCrio = changes.input.facts.runtime.name === 'cri-o';
	return hanging.length > 0 && !(isCrio && hanging.some(decision => isRefusedByRuntime(decision, changes)));
}

function isRefusedByPlugin({types, now}: ConfigDecision, {future}: Changes): boolean {
	return types.some(type => !knownOr(future.before(type), [now]).includes(now));
}

function isRefusedByRuntime({list}: ConfigDecision, {input: {facts}}: Changes): boolean {
	const held = releaseOfNode(facts)?.emptyVersion;
	return list.version.state !== 'set' && held !== undefined && held !== 'acts-as-0.1.0';
}
