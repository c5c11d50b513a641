import {subjectOf} from '../check/subject.ts';
import {inLine} from '../check/words.ts';
import {isUnknown, type Known} from '../facts/unknown.ts';
import {type ConfigDecision, isRewritten} from './config-decisions.ts';
import {type Future, isAbsent} from './future.ts';
import type {PlanInput} from './input.ts';
import type {ConfigEdit} from './node-answers.ts';
import type {Refusal} from './plan.ts';
import {refusalOf} from './sentence.ts';

/** Why the configs cannot be as they would have to be. */
export function configRefusals(input: PlanInput, decisions: readonly ConfigDecision[], future: Future): readonly Refusal[] {
	return [...noConfig(input, decisions), ...decisions.flatMap(decision => refusalsOf(decision, input, future))];
}

/** Without a network there is nothing that could be proved. */
function noConfig({facts}: PlanInput, decisions: readonly ConfigDecision[]): readonly Refusal[] {
	const {load} = subjectOf(facts);
	if (isUnknown(load)) {
		return [];
	}

	if (load.failed !== undefined) {
		return [
			{
				object: `file/${load.failed.path}`,
				message: `the runtime cannot load it: ${load.failed.reason}; expected a network config`,
				remedy: 'Repair the file, or remove it where another one is to be used.',
			},
		];
	}

	return decisions.length > 0
		? []
		: [
				{
					object: `node/${facts.node.name}`,
					message: 'no config of a network is in use on it; expected one, since a pod has to prove the upgrade',
					remedy: 'Install the network add-on first.',
				},
			];
}

function refusalsOf(decision: ConfigDecision, {edits, facts}: PlanInput, future: Future): readonly Refusal[] {
	const {list, answer, owner, fixed} = decision;
	const object = `file/${list.path}`;
	if (answer.kind === 'refused') {
		// What is not there or not known at all is told as such, once.
		const isTold = isUnknown(future.maxSpec) || decision.types.some(type => isAbsent(type, facts, future));
		return isTold ? [] : [{object, message: answer.message, remedy: answer.remedy}];
	}

	const without = fixed.flatMap(({type, version}) => {
		const versions = future.after(type);
		return isUnknown(versions) || !versions.includes(version)
			? [
					{
						object,
						message: `it has plugin/${type} called with ${version}, a version of its own, and ${isUnknown(versions) ? `what that supports is not known (${versions.unknown})` : `that supports ${versions.join(', ')}`}; expected ${version} among them`,
						remedy: `Change the version of the delegate in ${inLine(list.path)} first, or bring plugins that support it.`,
					},
				]
			: [];
	});
	if (answer.kind === 'stay') {
		return without;
	}

	if (owner !== undefined && isRewritten(owner)) {
		const fits = decision.types.every(type => supports(future.after(type), decision.now));
		return [
			...without,
			{
				object,
				message: `it would have to name ${answer.version}, and ${owner.rewriting} Expected a file that keeps what is written into it`,
				remedy: `Give it "cniVersion": "${answer.version}" where ${owner.title} has it from: ${owner.change(inLine(list.path))}${fits ? '\nOr leave it as it is: --cni-version keep.' : ''}`,
			},
		];
	}

	if (list.cniVersions.length > 0) {
		return [
			...without,
			{
				object,
				message: `it would have to name ${answer.version}, and it has a list of versions too, "cniVersions", which newer runtimes take the highest of; expected one version`,
				remedy: `Take "cniVersions" out of ${inLine(list.path)} by hand first, on a drained node.`,
			},
		];
	}

	return [...without, ...decision.files.flatMap(path => editRefusal(path, answer.version, edits))];
}

function editRefusal(path: string, version: string, edits: readonly ConfigEdit[]): readonly Refusal[] {
	const edit = edits.find(other => other.path === path && other.version === version);
	if (edit === undefined) {
		return [
			{
				object: `file/${path}`,
				message: `what giving it ${version} would change was not asked on the node; expected the node's answer`,
				remedy: 'Plan with access to the node, by pod or by --ssh.',
			},
		];
	}

	return 'refused' in edit ? [refusalOf(edit.refused, `file/${path}`)] : [];
}

function supports(versions: Known<readonly string[]>, version: string): boolean {
	return !isUnknown(versions) && versions.includes(version);
}
