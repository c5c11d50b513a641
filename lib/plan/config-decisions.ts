import {subjectOf} from '../check/subject.ts';
import {usesOf} from '../check/uses.ts';
import {chooseVersion, type VersionAnswer} from '../cni/choose-version.ts';
import type {ConfigList} from '../cni/config-list.ts';
import {effectiveVersion} from '../cni/effective-version.ts';
import {type Owner, ownerOf} from '../cni/owners.ts';
import type {NodeFacts} from '../facts/node-facts.ts';
import {releaseOfNode} from '../facts/release-of-node.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import {type Future, futureOf} from './future.ts';
import type {PlanInput} from './input.ts';

/** What becomes of one config that the runtime uses, or tries to use. */
export type ConfigDecision = {
	readonly list: ConfigList;
	readonly owner: Owner | undefined;
	/** The version with which its plugins are called now: 0.1.0 where it names none. */
	readonly now: string;
	/** The plugins that get its version; those that its delegates run with a version of their own are `fixed`. */
	readonly types: readonly string[];
	readonly fixed: readonly {readonly type: string; readonly version: string}[];
	readonly answer: VersionAnswer;
	/** The files to edit where the version changes: the template of the file too, where containerd has one. */
	readonly files: readonly string[];
};

export function configDecisions(input: PlanInput, future: Future): readonly ConfigDecision[] {
	return subjectOf(input.facts).wanted.map(list => decisionOf(list, input, future));
}

/**
The edits that the node is asked to preview, an `edit PATH VERSION` each: what the plan would change, as far as it can be known before.
@public
*/
export function wantedEdits(
	input: Omit<PlanInput, 'edits' | 'drain'>,
): readonly {readonly path: string; readonly version: string}[] {
	const whole = {...input, edits: []};
	return configDecisions(whole, futureOf(whole)).flatMap(({answer, files, owner}) =>
		answer.kind === 'change' && !isRewritten(owner) ? files.map(path => ({path, version: answer.version})) : [],
	);
}

/** Whether somebody undoes an edit of the file by himself: then it is changed where he has it from. */
export function isRewritten(owner: Owner | undefined): boolean {
	return owner?.rewrites === 'always' || owner?.rewrites === 'at-start';
}

function decisionOf(list: ConfigList, {facts, request}: PlanInput, future: Future): ConfigDecision {
	const uses = usesOf(list, facts);
	const owner = ownerOf(list, facts);
	const types = [...new Set(uses.filter(({inherits}) => inherits).map(({type}) => type))];
	const effective = effectiveVersion(list, releaseOfNode(facts));
	return {
		list,
		owner,
		types,
		now: effective.version,
		fixed: uses
			.filter(({inherits}) => !inherits)
			.map(({type, version}) => ({type, version: version.state === 'set' ? version.value : '0.1.0'})),
		answer: chooseVersion({
			wish: request.cniVersion ?? 'needed',
			now: effective.because === 'default' ? undefined : effective.version,
			plugins: types.map(type => ({type, versions: future.after(type)})),
			maxSpec: future.maxSpec,
		}),
		files: filesOf(list, owner, facts),
	};
}

/** containerd makes its file from the template only while the node has no network, so both are edited: the template counts the next time. */
function filesOf({path}: ConfigList, owner: Owner | undefined, {runtime: {confTemplate}}: NodeFacts): readonly string[] {
	const template = knownOr(confTemplate, '');
	return owner?.id === 'containerd-template' && !isUnknown(confTemplate) && template !== '' ? [template, path] : [path];
}
