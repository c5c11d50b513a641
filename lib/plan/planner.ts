import {isUnknown} from '../facts/unknown.ts';
import {changeRefusals} from './change-refusals.ts';
import type {Changes} from './changes.ts';
import {configDecisions} from './config-decisions.ts';
import {configRefusals} from './config-refusals.ts';
import {type Direction, directionOf} from './direction.ts';
import {fingerprintOf} from './fingerprint.ts';
import {futureOf} from './future.ts';
import type {PlanInput} from './input.ts';
import {nodeRefusals} from './node-refusals.ts';
import type {Plan, Refusal, Target} from './plan.ts';
import {ordersOf} from './plan-orders.ts';
import {planSteps} from './plan-steps.ts';
import {proposals, staysOf, warningsOf} from './remarks.ts';
import type {UpgradeRequest} from './request.ts';
import {sectionSteps} from './section.ts';

/**
What would be done to a node, as data: shown, confirmed and run from this one value. A fact that is needed and not known is a refusal; a
refusal leaves no steps and no orders.
*/
export function planUpgrade(input: PlanInput): Plan {
	const blocked = nodeRefusals(input);
	return blocked.length > 0 ? {...base(input), outcome: 'refused', refusals: unique(blocked)} : planChanges(input);
}

function planChanges(input: PlanInput): Plan {
	const future = futureOf(input);
	const decisions = configDecisions(input, future);
	const changes: Changes = {input, future, decisions};
	const direction = directionOf(decisions, future);
	const section = sectionSteps(changes, isDirection(direction) ? direction.way : 'up');
	const asked = section.length === 0 && namesNothing(input.request) ? proposals(changes) : [];
	const refusals = [
		...changeRefusals(changes),
		...configRefusals(input, decisions, future),
		...(direction === undefined || isDirection(direction) ? [] : [direction]),
		...asked,
	];
	const orders = refusals.length > 0 || section.length === 0 ? undefined : ordersOf(changes, section);
	const unsendable = orders !== undefined && 'remedy' in orders ? [orders] : [];
	const all = unique([...refusals, ...unsendable]);
	return {
		...base(input),
		outcome: all.length > 0 ? 'refused' : section.length === 0 ? 'nothing' : 'ready',
		target: targetOf(changes),
		steps: all.length > 0 || section.length === 0 ? [] : planSteps(changes, section),
		order: isDirection(direction) ? direction.because : null,
		stays: staysOf(changes),
		refusals: all,
		warnings: section.length === 0 ? [] : [...warningsOf(changes), ...proposals(changes).map(sentence)],
		orders: orders === undefined || 'remedy' in orders ? null : orders,
	};
}

function base(input: PlanInput): Plan {
	const {facts, drain} = input;
	return {
		apiVersion: 'cni-upgrade/v1',
		kind: 'UpgradePlan',
		node: facts.node.name,
		uid: isUnknown(facts.node.uid) ? null : facts.node.uid,
		outcome: 'nothing',
		target: {plugins: [], configs: [], packages: []},
		steps: [],
		order: null,
		stays: [],
		refusals: [],
		warnings: [],
		drain: drain ?? null,
		fingerprint: fingerprintOf(input),
		orders: null,
	};
}

function namesNothing({plugins, cniVersion, packages, packageFiles, kubeadm}: UpgradeRequest): boolean {
	return plugins === undefined && cniVersion === undefined && packages.length + packageFiles.length === 0 && !kubeadm;
}

function targetOf({future, decisions}: Changes): Target {
	return {
		plugins: future.plugins,
		packages: future.packages,
		configs: decisions.flatMap(({answer, files, list: {name, version}}) =>
			answer.kind === 'change'
				? files.map(path => ({
						path,
						network: name ?? '',
						from: version.state === 'set' ? version.value : null,
						to: answer.version,
					}))
				: [],
		),
	};
}

function isDirection(value: Direction | Refusal | undefined): value is Direction {
	return value !== undefined && 'way' in value;
}

function sentence({object, message, remedy}: Refusal): string {
	return `${object}: ${message}. ${remedy}`;
}

function unique(refusals: readonly Refusal[]): readonly Refusal[] {
	return refusals.filter(
		({object, message}, index) => refusals.findIndex(other => other.object === object && other.message === message) === index,
	);
}
