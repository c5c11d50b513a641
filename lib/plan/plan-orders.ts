import {effectiveVersion} from '../cni/effective-version.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import type {Changes} from './changes.ts';
import {hangingPodsGoAfterwards} from './hanging-pods.ts';
import {formatOrders, type Orders} from './orders.ts';
import {packageRow} from './package-rows.ts';
import type {Refusal} from './plan.ts';
import {rehearsal} from './plan-steps.ts';
import type {NodeStepId} from './steps.ts';

/** The plan as the node gets it; a refusal where a name on the node is none that can be sent. Nothing else may be refused before. */
export function ordersOf(changes: Changes, section: readonly NodeStepId[]): Orders | Refusal {
	const orders = collect(changes, section);
	try {
		formatOrders(orders);
		return orders;
	} catch (error) {
		return {
			object: `node/${changes.input.facts.node.name}`,
			message: `${error instanceof Error ? error.message : ''}; expected names of letters, digits and . _ / : @ = + ~ % , - alone`,
			remedy: 'Rename the file, network or package on the node first.',
		};
	}
}

const runtimes = {
	containerd: {unit: 'containerd.service', endpoint: 'unix:///run/containerd/containerd.sock'},
	'cri-o': {unit: 'crio.service', endpoint: 'unix:///var/run/crio/crio.sock'},
} as const;

function collect(changes: Changes, section: readonly NodeStepId[]): Orders {
	const {input, future} = changes;
	const {facts, request, archive, host, packages} = input;
	const runtime = facts.runtime.name === 'cri-o' ? 'cri-o' : 'containerd';
	const manager = packages?.changes[0]?.manager ?? 'apt';
	const rehearse = rehearsal(changes);
	return {
		run: request.run,
		node: facts.node.name,
		uid: knownOr(facts.node.uid, ''),
		runtime,
		runtimeUnit: runtimes[runtime].unit,
		kubeletUnit: 'kubelet.service',
		endpoint: host.endpoint ?? runtimes[runtime].endpoint,
		crictl: request.crictl === undefined ? (knownOr(host.crictl, null) ?? 'none') : 'staged',
		binDirs: knownOr(facts.runtime.binDirs, []),
		deadline: request.deadline,
		steps: section,
		...(archive !== undefined && future.plugins.length > 0 && {archive: {name: archive.name, sha256: archive.sha256}}),
		plugins: future.plugins.map(({dir, name, sha256, oldSha256}) => ({dir, name, newSha: sha256, oldSha: oldSha256})),
		keep: kept(changes),
		configs: [...editsOf(changes), ...(rehearse === 'chain' ? unchanged(changes) : [])],
		networks: networksOf(changes),
		packages: future.packages.map(({name, from, to}) => ({manager, name, newVersion: to, oldVersion: from ?? 'none'})),
		packageFiles: future.packages.length > 0 ? request.packageFiles.map(({name, sha256}) => ({name, sha256})) : [],
		holds: future.packages.filter(({held}) => held).map(({name}) => name),
		...(section.includes('runtime-config') && host.runtimeConfig != null && {runtimeConfig: {oldSha: host.runtimeConfig.sha256}}),
		hooks: (['before', 'after'] as const).flatMap(when => {
			const hook = request.hooks[when];
			return hook === undefined ? [] : [{when, name: hook.name, sha256: hook.sha256}];
		}),
		...(rehearse !== undefined && {rehearse}),
		sandbox: section.includes('sandbox'),
		kubeadm: request.kubeadm,
		...(hangingPodsGoAfterwards(changes) && {leavesHangingPods: true as const}),
	};
}

function editsOf({decisions, input: {edits}}: Changes): Orders['configs'] {
	return decisions.flatMap(({answer, files}) =>
		answer.kind === 'change'
			? files.flatMap(path => {
					const edit = edits.find(other => other.path === path && other.version === answer.version);
					return edit === undefined || 'refused' in edit
						? []
						: [{path, version: answer.version, oldSha: edit.oldSha256, newSha: edit.newSha256}];
				})
			: [],
	);
}

/** Configs that stay as they are: the node rehearses the new plugins with them, and looks whether they are still the same. */
function unchanged({decisions, input: {facts}}: Changes): Orders['configs'] {
	const files = knownOr(facts.configFiles, []);
	return decisions.flatMap(({list, answer}) => {
		const file = files.find(({path}) => path === list.path);
		// What the node would not edit it does not read as an order either.
		const isPlain = file?.entry === 'file' && list.cniVersions.length === 0 && knownOr(file.size, 0) <= 256 * 1024;
		return answer.kind === 'stay' && list.version.state === 'set' && isPlain && !isUnknown(file.sha256)
			? [{path: list.path, version: list.version.value, oldSha: file.sha256, newSha: file.sha256}]
			: [];
	});
}

/** Files in the bin dirs that no package owns, where one that brings plugins is changed: kubernetes-cni empties its directory. */
function kept({input: {facts, host}, future}: Changes): Orders['keep'] {
	if (!future.packages.some(({name}) => packageRow(name).brings === 'plugins')) {
		return [];
	}

	const plugins = knownOr(facts.plugins, []);
	const replaced = new Set(future.plugins.map(({dir, name}) => `${dir}/${name}`));
	const owned = new Set(plugins.flatMap(({path, package: owner}) => (typeof path === 'string' && owner !== null ? [path] : [])));
	const known = plugins.flatMap(({type, path, sha256}) =>
		typeof path === 'string' && !isUnknown(sha256) ? [{dir: path.slice(0, path.lastIndexOf('/')), name: type, sha256}] : [],
	);
	return (host.binaries ?? known).filter(({dir, name}) => {
		const path = `${dir}/${name}`;
		return !replaced.has(path) && !owned.has(path);
	});
}

/** What the runtime has to hold when it has started. A config without a version is held as one of 0.1.0, and is not asked for. */
function networksOf({decisions, future}: Changes): Orders['networks'] {
	return decisions.flatMap(({list, answer}) => {
		const version = answer.kind === 'change' ? answer.version : effectiveVersion(list, future.runtime.release).version;
		const isNamed = answer.kind === 'change' || list.version.state === 'set';
		return list.name === undefined || !isNamed ? [] : [{name: list.name, version}];
	});
}
