import {runChecks} from '../check/run-checks.ts';
import {enumerate} from '../check/words.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import {floors} from '../runtime/releases.ts';
import {releaseNumbers} from '../runtime/runtime-version.ts';
import type {Changes} from './changes.ts';
import {isRewritten} from './config-decisions.ts';
import {hangingConfigs, hangingPodsGoAfterwards} from './hanging-pods.ts';
import {packageRow, upstreamVersion} from './package-rows.ts';
import type {Refusal} from './plan.ts';
import {hasCrictl, isReferenceChain} from './section.ts';

/** What is there and is left alone. */
export function staysOf({input, decisions, future}: Changes): readonly string[] {
	const replaced = new Set(future.plugins.map(({name}) => name));
	const others = knownOr(input.facts.plugins, [])
		.filter(({type, path}) => typeof path === 'string' && !replaced.has(type))
		.map(({type}) => type);
	return [
		...decisions
			.filter(({answer}) => answer.kind === 'stay')
			.map(({list, now}) => `file/${list.path}: its version ${list.version.state === 'set' ? now : '(none)'}`),
		...(others.length > 0 && future.plugins.length > 0 ? [`plugins that the archive does not bring: ${enumerate(others)}`] : []),
		...(input.facts.node.cordoned === true ? [`node/${input.facts.node.name}: it was cordoned before, and stays so`] : []),
	];
}

/** What a person should know before he says yes. */
export function warningsOf(changes: Changes): readonly string[] {
	return warnings.flatMap(row => row(changes));
}

const warnings: readonly ((changes: Changes) => readonly string[])[] = [
	({
		input: {
			facts: {node},
		},
	}) =>
		!isUnknown(node.ready) && node.ready.status === 'False'
			? [`node/${node.name}: it is not Ready now${node.ready.message === undefined ? '' : ` (${node.ready.message})`}.`]
			: [],
	({decisions}) =>
		decisions
			.filter(({answer, owner}) => answer.kind === 'change' && !isRewritten(owner))
			.flatMap(({owner, list}) =>
				owner === undefined
					? [`file/${list.path}: who wrote it is not known; whoever it was may write it again.`]
					: owner.rewrites === 'with-package'
						? [`file/${list.path}: ${owner.rewriting}`]
						: [],
			),
	({decisions, future}) =>
		future.runtime.release?.status === true
			? decisions
					.filter(({answer}) => answer.kind === 'change' && answer.version === '1.1.0')
					.map(({list}) => `file/${list.path}: with 1.1.0 the node is Ready only while its plugins answer to STATUS.`)
			: [],
	({input: {facts}, future}) => {
		const replaced = new Set(future.plugins.map(({name}) => name));
		const owners = knownOr(facts.plugins, []).flatMap(({type, package: owner}) =>
			replaced.has(type) && typeof owner === 'string' ? [owner] : [],
		);
		return [...new Set(owners)].map(
			owner => `package/${owner}: it owns plugins that are replaced; its next upgrade puts its own there again.`,
		);
	},
	changes =>
		hangingConfigs(changes).map(({list}) =>
			hangingPodsGoAfterwards(changes)
				? `file/${list.path}: pods that run with it cannot be torn down until this is done. The drain waits a minute for each that hangs, and goes on; they go when the node has been upgraded.`
				: `file/${list.path}: pods that run with it cannot be torn down, and the drain would wait for them: see what preflight says of it, and give the drain a --timeout.`,
		),
	changes =>
		hasCrictl(changes)
			? []
			: [
					'crictl is not on the node: pods that a drain leaves are not stopped before, and the runtime is not asked what it loaded.',
				],
	changes =>
		isReferenceChain(changes)
			? []
			: [
					'The chain has plugins of others, which ask the API for each pod: it is not rehearsed beforehand, a pod proves it afterwards.',
				],
	({input: {facts}, future}) => {
		const newest = releaseNumbers(knownOr(facts.node.newestKubelet, ''));
		const kubelet = future.packages.find(({name}) => name === 'kubelet');
		const numbers = kubelet && releaseNumbers(upstreamVersion(kubelet.to));
		return newest !== undefined && numbers !== undefined && (numbers[0] - newest[0] || numbers[1] - newest[1]) > 0
			? [`package/kubelet: ${kubelet?.to ?? ''} is newer than every kubelet of the cluster; the API server has to be as new.`]
			: [];
	},
	({input: {facts}, future}) =>
		facts.runtime.name === 'cri-o' && future.packages.some(({name}) => packageRow(name).runtime === 'cri-o')
			? ["CRI-O's package brings a config of its own as a sample; one that sorts before yours would be used."]
			: [],
	({input: {facts, host}, future}) =>
		facts.runtime.name === 'containerd' &&
		future.packages.some(({name}) => packageRow(name).runtime === 'containerd') &&
		host.runtimeConfig === undefined
			? ["containerd's configuration was not read: where it is of version 1, containerd 2 does not start with it."]
			: [],
];

/** What the findings ask for that needs a word from the command line. */
export function proposals({input: {facts}, future}: Changes): readonly Refusal[] {
	const findings = runChecks(facts, {only: ['runtime-meets-floor', 'runtime-handles-versions']});
	return future.packages.some(({name}) => packageRow(name).brings === 'runtime')
		? []
		: findings
				.filter(({severity}) => severity !== 'info')
				.map(({object, message, expected}) => ({
					object,
					message: `${message}; expected ${expected}`,
					remedy: runtimeRemedy(facts.runtime.name),
				}));
}

function runtimeRemedy(name: unknown): string {
	return name === 'cri-o'
		? `Upgrade it: --package cri-o=VERSION, ${floors['cri-o'].safe.join('.')} or later.`
		: `Upgrade it: --package containerd.io=VERSION, or containerd=VERSION where the distribution brings it, ${floors.containerd.safe.join('.')} or later.`;
}
