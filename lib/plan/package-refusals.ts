import {newestPlugins} from '../cni/reference-plugins.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import type {Changes} from './changes.ts';
import {pluginPackages} from './package-changes.ts';
import type {Refusal} from './plan.ts';
import {refusalOf} from './sentence.ts';

export function noPluginPackage({input: {request, facts, packages}}: Changes): readonly Refusal[] {
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

export function packageProblems({input: {packages, request, facts}}: Changes): readonly Refusal[] {
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

export function unknownRuntime({input: {facts}, future}: Changes): readonly Refusal[] {
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
