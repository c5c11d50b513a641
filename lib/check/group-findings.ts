import {catalog} from './catalog.ts';
import type {Finding, Severity} from './check.ts';

/** One finding that several nodes share. The effect and the remedy are those of its first node. */
export type FindingGroup = Omit<Finding, 'node'> & {
	readonly nodes: readonly string[];
	/** The node whose remedy it is, where the others' have other words, such as their names in commands. */
	readonly remedyOf: string | undefined;
};

const ranks: Readonly<Record<Severity, number>> = {error: 0, warning: 1, info: 2};

/**
Findings with the same cause as one, so that 500 nodes in three states read as three. The worst come first, then what most nodes share,
then the catalog's order. Nodes keep the order in which the findings name them.
*/
export function groupFindings(findings: readonly Finding[]): FindingGroup[] {
	const groups = new Map<string, {readonly first: Finding; readonly nodes: Set<string>; readonly remedies: Set<string>}>();
	for (const finding of findings) {
		const {check, severity, message, expected} = finding;
		const key = JSON.stringify([check, severity, isOfNode(finding) ? '' : finding.object, message, expected]);
		const group = groups.get(key) ?? {first: finding, nodes: new Set(), remedies: new Set()};
		group.nodes.add(finding.node);
		group.remedies.add(finding.remedy);
		groups.set(key, group);
	}

	return [...groups.values()]
		.map(
			({first: {node, ...first}, nodes, remedies}): FindingGroup => ({
				...first,
				object: nodes.size > 1 && isOfNode({...first, node}) ? 'each of these nodes' : first.object,
				nodes: [...nodes],
				remedyOf: remedies.size > 1 ? node : undefined,
			}),
		)
		.sort(
			(a, b) =>
				ranks[a.severity] - ranks[b.severity] || b.nodes.length - a.nodes.length || catalogRank(a.check) - catalogRank(b.check),
		);
}

/** It is about the node as a whole, so that it has another object on every node. */
function isOfNode({object, node}: Pick<Finding, 'object' | 'node'>): boolean {
	return object === `node/${node}`;
}

function catalogRank(id: string): number {
	return catalog.findIndex(check => check.id === id);
}
