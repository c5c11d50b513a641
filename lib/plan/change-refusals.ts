import {usesOf} from '../check/uses.ts';
import {enumerate} from '../check/words.ts';
import {isUnknown, type Known, knownOr} from '../facts/unknown.ts';
import {overlap, withoutHash, wrongArchive} from './archive-refusals.ts';
import type {Changes} from './changes.ts';
import {isAbsent} from './future.ts';
import {noPluginPackage, packageProblems, unknownRuntime} from './package-refusals.ts';
import type {Refusal} from './plan.ts';

/** Why what was asked for, or what follows from it, cannot be done here. */
export function changeRefusals(changes: Changes): readonly Refusal[] {
	return rows.flatMap(row => row(changes));
}

const rows: readonly ((changes: Changes) => readonly Refusal[])[] = [
	wrongArchive,
	noPluginPackage,
	packageProblems,
	overlap,
	absentPlugins,
	withoutHash,
	loopback,
	unknownRuntime,
	remainingSandboxes,
	undrainable,
];

/** Plugins that a config names, and that neither are there nor come. */
function absentPlugins({input: {facts}, future, decisions}: Changes): readonly Refusal[] {
	const types = new Set(decisions.flatMap(({list}) => usesOf(list, facts).map(({type}) => type)));
	return [...types]
		.filter(type => isAbsent(type, facts, future))
		.map(type => ({
			object: `plugin/${type}`,
			message: `a config names it, and it is not in ${enumerate(knownOr(facts.runtime.binDirs, ["the runtime's bin dirs"]))}; expected it there`,
			remedy: `Bring it with --plugins FILE|URL where containernetworking/plugins has it, else with the software that it belongs to.`,
		}));
}

/** containerd calls loopback with a version of its own, for every pod. */
function loopback({input: {facts}, future}: Changes): readonly Refusal[] {
	const needed = future.runtime.release?.loopback;
	if (needed === undefined || needed === 'internal' || facts.runtime.internalLoopback === true) {
		return [];
	}

	const versions: Known<readonly string[]> = future.after('loopback');
	return isUnknown(versions) || versions.includes(needed)
		? []
		: [
				{
					object: 'plugin/loopback',
					message: `it supports ${versions.join(', ')}; expected ${needed}, with which the runtime calls it for every pod`,
					remedy: 'Bring plugins of release v1.0.0 or later with --plugins FILE|URL.',
				},
			];
}

/**
Pods that a drain leaves run on; they are torn down later, with what is then on disk. crictl stops them before; without it the new plugins
have to support the versions with which they were started.
*/
function remainingSandboxes({input: {host, request, facts}, future, decisions}: Changes): readonly Refusal[] {
	if (request.crictl !== undefined || typeof host.crictl === 'string') {
		return [];
	}

	const object = `node/${facts.node.name}`;
	const remedy = 'Give the node a crictl for the time of the upgrade: --crictl FILE.';
	if (isUnknown(host.crictl)) {
		return [{object, message: `whether it has crictl is not known (${host.crictl.unknown}); expected it to be`, remedy}];
	}

	const cached = host.cachedVersions ?? decisions.map(({now}) => now);
	if (isUnknown(cached)) {
		return [
			{
				object,
				message: `it has no crictl, and with which versions its pods run is not known (${cached.unknown}); expected one of both`,
				remedy,
			},
		];
	}

	const types = [...new Set(decisions.flatMap(decision => decision.types))];
	return types.flatMap(type => {
		const versions = future.after(type);
		const left = cached.find(version => !isUnknown(versions) && !versions.includes(version));
		return left === undefined || isUnknown(versions)
			? []
			: [
					{
						object,
						message: `it has no crictl to stop the pods that a drain leaves, which run with ${left}, and its ${type} will support ${versions.join(', ')}; expected crictl, or ${left} among them`,
						remedy,
					},
				];
	});
}

/** By kubectl's own texts, which name the flag that would let them go. */
function undrainable({input: {drain}}: Changes): readonly Refusal[] {
	return (drain?.errors ?? []).map(({text, pods}) => ({
		object: pods.length === 1 ? `pod/${pods[0]?.namespace}/${pods[0]?.name}` : `pods/${pods.length}`,
		message: `${text}: ${pods.map(({namespace, name}) => `${namespace}/${name}`).join(', ')}; expected pods that can be evicted`,
		remedy: 'Give the flag that it names, or see to these pods first.',
	}));
}
