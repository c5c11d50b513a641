import type {NodeFacts} from '../facts/node-facts.ts';
import {catalog} from './catalog.ts';
import type {Check, Finding} from './check.ts';

export type CheckChoice = {
	/** Ids of checks that are left out. */
	readonly skip?: readonly string[] | undefined;
	/** Ids of the only checks that are run; all where it is empty. */
	readonly only?: readonly string[] | undefined;
};

/** What the checks find on one node, in the order of the catalog. Facts that are unknown lead to no finding. */
export function runChecks(facts: NodeFacts, choice: CheckChoice = {}): Finding[] {
	return chosenChecks(choice).flatMap(({id, doc, run}) =>
		run(facts).map(outcome => ({...outcome, check: id, node: facts.node.name, doc})),
	);
}

/** The checks of the catalog that `--skip` and `--only` leave. */
export function chosenChecks({skip = [], only = []}: CheckChoice): readonly Check[] {
	return catalog.filter(({id}) => !skip.includes(id) && (only.length === 0 || only.includes(id)));
}
