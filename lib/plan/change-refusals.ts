import {usesOf} from '../check/uses.ts';
import {enumerate} from '../check/words.ts';
import {newestPlugins} from '../cni/reference-plugins.ts';
import {isUnknown, type Known, knownOr} from '../facts/unknown.ts';
import type {ConfigDecision} from './config-decisions.ts';
import {type Future, isAbsent} from './future.ts';
import type {PlanInput} from './input.ts';
import {pluginPackages} from './package-changes.ts';
import {packageRow} from './package-rows.ts';
import type {Refusal} from './plan.ts';
import {refusalOf} from './sentence.ts';

export type Changes = {
	readonly input: PlanInput;
	readonly future: Future;
	readonly decisions: readonly ConfigDecision[];
};

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

function wrongArchive({input: {archive, facts, request}, future}: Changes): readonly Refusal[] {
	if (request.plugins !== 'archive') {
		return [];
	}

	if (archive === undefined) {
		return [
			{
				object: 'archive/--plugins',
				message: 'it was not read; expected its plugins',
				remedy: 'Name an archive that can be read from here.',
			},
		];
	}

	const object = `archive/${archive.name}`;
	const arch = facts.node.arch;
	if (isUnknown(arch) || arch !== archive.arch) {
		return [
			{
				object,
				message: `its plugins are for ${archive.arch}, and the node is ${isUnknown(arch) ? `of an architecture that is not known (${arch.unknown})` : arch}; expected the same`,
				remedy: `Use cni-plugins-linux-${knownOr(arch, 'ARCH')}-${archive.release ?? 'VERSION'}.tgz.`,
			},
		];
	}

	const silent = future.plugins.filter(({name}) => isUnknown(future.after(name)) && !isUnknown(future.before(name)));
	return silent.length === 0
		? []
		: [
				{
					object,
					message: `what its ${enumerate(silent.map(({name}) => name))} supports is not known; expected a release that the tables have, v0.6.0 to ${newestPlugins}`,
					remedy: 'Give the archive the name that containernetworking/plugins gives it: cni-plugins-linux-ARCH-VERSION.tgz.',
				},
			];
}

function noPluginPackage({input: {request, facts, packages}}: Changes): readonly Refusal[] {
	if (request.plugins !== 'package') {
		return [];
	}

	if (pluginPackages(facts).length === 0) {
		return [
			{
				object: `node/${facts.node.name}`,
				message: 'no package of its brings the reference plugins; expected containernetworking-plugins or kubernetes-cni',
				remedy: `Bring them from a release instead: --plugins cni-plugins-linux-${knownOr(facts.node.arch, 'ARCH')}-${newestPlugins}.tgz.`,
			},
		];
	}

	return packages === undefined
		? [
				{
					object: `node/${facts.node.name}`,
					message: 'its package manager was not asked; expected its answer',
					remedy: 'Plan with access to the node, by pod or by --ssh.',
				},
			]
		: [];
}

function packageProblems({input: {packages, request, facts}}: Changes): readonly Refusal[] {
	const node = `node/${facts.node.name}`;
	if (packages === undefined) {
		return request.packages.length + request.packageFiles.length === 0
			? []
			: [
					{
						object: node,
						message: 'its package manager was not asked for the packages; expected its answer',
						remedy: 'Plan with access to the node, by pod or by --ssh.',
					},
				];
	}

	const absent = request.packages.filter(({name}) => packages.packages.every(row => row.name !== name));
	return [
		...packages.problems.map(text => refusalOf(text, node)),
		...(packages.problems.length > 0 ? [] : absent).map(({name, version}) => ({
			object: `package/${name}`,
			message: `the node did not say whether it can have version ${version}; expected its answer`,
			remedy: 'Plan again.',
		})),
		...packages.removes.map(({name, from}) => ({
			object: `package/${name}`,
			message: `${from} would be removed; expected that nothing is`,
			remedy: 'Name versions with --package that go with it, or remove it yourself.',
		})),
	];
}

/** A package that brings plugins would put them over those of the archive, at once or at its next upgrade. */
function overlap({input: {archive, request}, future}: Changes): readonly Refusal[] {
	const both = request.plugins === 'archive' ? future.packages.filter(({name}) => packageRow(name).brings === 'plugins') : [];
	return both.map(({name, to}) => ({
		object: `package/${name}`,
		message: `it would be changed to ${to} and put its plugins over those of ${archive?.name ?? 'the archive'}; expected one source of plugins`,
		remedy: 'Leave out --plugins, or use --plugins package.',
	}));
}

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

/** What is replaced is put back by its hash: one that is not known could not be. */
function withoutHash({input: {facts}, future}: Changes): readonly Refusal[] {
	return future.plugins
		.filter(({from, oldSha256}) => from !== null && oldSha256 === null)
		.map(({dir, name}) => ({
			object: `plugin/${name}`,
			message: `${dir}/${name} is there, and its sha256 is not known; expected it to be, so that it can be put back`,
			remedy: `See why it cannot be read on node/${facts.node.name}.`,
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

function unknownRuntime({input: {facts}, future}: Changes): readonly Refusal[] {
	const {name, version, release} = future.runtime;
	return release !== undefined || isUnknown(name) || isUnknown(version) || !['containerd', 'cri-o'].includes(name)
		? []
		: [
				{
					object: `runtime/${name}`,
					message: `what ${name} ${version} does with configs is not known; expected a release that the tables have`,
					remedy: `Choose another version with --package, or use a newer release of this tool. The node has ${name} ${knownOr(facts.runtime.version, '')}.`,
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
