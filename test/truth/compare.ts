import {loadedConfigs} from '../../lib/cni/load-order.ts';
import {compareSpecVersions, isSpecVersion} from '../../lib/cni/spec-version.ts';
import type {NodeFacts} from '../../lib/facts/node-facts.ts';
import {isUnknown} from '../../lib/facts/unknown.ts';
import {findingsOf, nodeOf, releaseWith} from './node-of.ts';
import {agrees, leftOf, type Prediction, predictionOf} from './prediction.ts';
import type {Measured} from './table.ts';

/** Where what the checks say of a node with containerd is not what happened; empty where all of it is. */
export function againstContainerd({combination, outcome}: Measured): readonly string[] {
	const said = predictionOf(findingsOf(nodeOf(combination, 'containerd')), combination);
	if (outcome.load !== 'ok' || !agrees(said, 'load', outcome.load)) {
		return disagreements(said, [['load', outcome.load]]);
	}

	const asks = releaseWith(combination.libcni, 'containerd').status;
	return [
		...disagreements(said, [
			...(asks ? [['status', outcome.status] as const] : []),
			['add', outcome.add],
			['del', outcome.del],
			['del', outcome.again],
		]),
		...leftovers(said, outcome.lost),
		...addresses(said, {combination, outcome}),
	];
}

/** The same for CRI-O, which validates a config before it takes it, follows ADD by CHECK where the version has it, and goes no further where one fails. */
export function againstCrio({combination, outcome}: Measured): readonly string[] {
	const node = nodeOf(combination, 'cri-o');
	const release = releaseWith(combination.libcni, 'cri-o');
	const said = predictionOf(findingsOf(node), combination);
	if (outcome.load !== 'ok' || !agrees(said, 'load', outcome.load)) {
		return disagreements(said, [['load', outcome.load]]);
	}

	const refused = release.validates && outcome.validate !== 'ok';
	if (refused || !agrees(said, 'validate', 'ok')) {
		const reason = reasonOf(node);
		return [
			...disagreements(said, [['validate', outcome.validate]]),
			...(reason === outcome.validate ? [] : [`validate: said ${reason}, was ${outcome.validate}`]),
		];
	}

	if (outcome.add !== 'ok') {
		return disagreements(said, [['add', outcome.add]]);
	}

	const {cniVersion} = combination;
	const version = typeof cniVersion === 'string' && isSpecVersion(cniVersion) ? cniVersion : undefined;
	const checks = version === undefined ? release.emptyVersion === 'add-fails' : compareSpecVersions(version, '0.4.0') >= 0;
	return [
		...disagreements(said, [
			['add', outcome.add],
			...(checks ? [['check', outcome.check] as const] : []),
			['del', outcome.del],
			['del', outcome.again],
		]),
		...addresses(said, {combination, outcome}),
	];
}

function disagreements(
	said: Prediction,
	steps: readonly (readonly [step: Prediction['failures'][number]['step'], was: string | undefined])[],
): readonly string[] {
	return steps
		.filter(([step, was]) => !agrees(said, step, was))
		.map(([step, was]) => {
			const told = said.failures.filter(failure => failure.step === step).map(({text}) => text);
			return `${step}: said ${told.length === 0 ? 'ok' : told.join(' or ')}, was ${was}`;
		});
}

function leftovers({stays}: Prediction, lost: string | undefined): readonly string[] {
	const left = leftOf(lost);
	return left.length > 0 === stays ? [] : [`left: said ${stays ? 'that something stays' : 'nothing'}, was ${left.join(', ')}`];
}

/** loopback has none to give. */
function addresses({misread}: Prediction, {combination: {chain}, outcome}: Measured): readonly string[] {
	const found = outcome.addresses ?? 0;
	return outcome.add !== 'ok' || chain === 'loopback' || found === (misread ? 0 : 1)
		? []
		: [`addresses: said ${misread ? 'none' : 'one'}, was ${found}`];
}

function reasonOf(node: NodeFacts): string | undefined {
	const load = loadedConfigs(node);
	return isUnknown(load) ? load.unknown : load.skipped[0]?.reason;
}
