import {usesOf} from '../check/uses.ts';
import {referencePlugins} from '../cni/reference-plugins.ts';
import {knownOr} from '../facts/unknown.ts';
import {releaseNumbers} from '../runtime/runtime-version.ts';
import type {Changes} from './changes.ts';
import type {Direction} from './direction.ts';
import {type NodeStepId, nodeSteps} from './steps.ts';

/** The steps that the node carries out by itself, in order; none where nothing is to be changed. */
export function sectionSteps(changes: Changes, way: Direction['way']): readonly NodeStepId[] {
	const needed = (id: NodeStepId) => needs[id](changes);
	if (!nodeSteps.some(id => changing.includes(id) && needed(id))) {
		return [];
	}

	return inOrder(way).filter(needed);
}

/** Going down the config comes before the first plugin changes; all else stands as in an upgrade. */
function inOrder(way: Direction['way']): readonly NodeStepId[] {
	const without = nodeSteps.filter(id => id !== 'config');
	const first = without.indexOf('plugins');
	return way === 'up' ? nodeSteps : [...without.slice(0, first), 'config', ...without.slice(first)];
}

/** Steps that leave the node another than it was. The others stop, start and prove. */
const changing: readonly NodeStepId[] = [
	'hook-before',
	'plugins',
	'packages',
	'runtime-config',
	'config',
	'kubeadm',
	'hook-after',
];

const needs: Readonly<Record<NodeStepId, (changes: Changes) => boolean>> = {
	'stop-kubelet': () => true,
	'stop-sandboxes': hasCrictl,
	'stop-runtime': () => true,
	'hook-before': ({input}) => input.request.hooks.before !== undefined,
	plugins: ({future}) => future.plugins.length > 0,
	packages: ({future}) => future.packages.length > 0,
	'runtime-config': migratesConfig,
	config: ({decisions}) => decisions.some(({answer}) => answer.kind === 'change'),
	kubeadm: ({input}) => input.request.kubeadm,
	'hook-after': ({input}) => input.request.hooks.after !== undefined,
	'start-runtime': () => true,
	loaded: hasCrictl,
	sandbox: changes => hasCrictl(changes) && isReferenceChain(changes),
	'start-kubelet': () => true,
};

export function hasCrictl({input: {host, request}}: Changes): boolean {
	return request.crictl !== undefined || typeof host.crictl === 'string';
}

/** Whether every plugin that would run comes from containernetworking/plugins: others look the pod up in the API, and would not find ours. */
export function isReferenceChain({decisions, input: {facts}}: Changes): boolean {
	const types = decisions.flatMap(({list}) => usesOf(list, facts).map(({type}) => type));
	return types.length > 0 && types.every(type => referencePlugins.includes(type));
}

/** containerd 2 reads version 3 of its configuration, and what it makes of version 2 it does not write down. */
function migratesConfig({input: {facts, host}, future}: Changes): boolean {
	const major = (version: unknown) => (typeof version === 'string' ? releaseNumbers(version)?.[0] : undefined);
	return (
		facts.runtime.name === 'containerd' &&
		major(knownOr(facts.runtime.version, '')) === 1 &&
		major(knownOr(future.runtime.version, '')) === 2 &&
		host.runtimeConfig?.version === 1
	);
}
