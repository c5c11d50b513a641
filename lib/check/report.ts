import type {NodeFacts, Via} from '../facts/node-facts.ts';
import {type Share, shareEqual} from '../facts/share.ts';
import type {Known} from '../facts/unknown.ts';
import {catalog} from './catalog.ts';
import type {Finding, Severity, Verdict} from './check.ts';
import {type ConfigReport, configReports, type PluginReport, pluginReports, supportedByAll} from './node-report.ts';
import {type CheckChoice, chosenChecks, runChecks} from './run-checks.ts';
import {unknownFacts, verdictOf} from './verdict.ts';

/** What `preflight` and `lint` say, as `-o json` prints it. It only grows: a field keeps its name and meaning. */
export type Report = {
	readonly apiVersion: 'cni-upgrade/v1';
	readonly kind: 'PreflightReport';
	readonly nodes: readonly NodeReport[];
	readonly summary: Summary;
	/** Checks that `--skip` or `--only` left out. */
	readonly skipped: readonly string[];
};

export type NodeReport = {
	readonly name: string;
	readonly via: Via;
	readonly collectedAt: string;
	readonly verdict: Verdict;
	/** Why the verdict is, or but for an error would be, unknown: one phrase a fact that is missing. */
	readonly unknown: readonly string[];
	readonly osImage: Known<string>;
	readonly kubeletVersion: Known<string>;
	readonly provider: Known<string>;
	readonly runtime: {readonly name: Known<string>; readonly version: Known<string>};
	/** Every config file that a runtime could load. */
	readonly configs: Known<readonly ConfigReport[]>;
	/** Every plugin that the node was asked for. */
	readonly plugins: Known<readonly PluginReport[]>;
	/** The spec versions that every plugin of the active config supports. */
	readonly supports: Known<readonly string[]>;
	readonly findings: readonly Finding[];
};

type Summary = {
	/** How many nodes there are of each verdict. */
	readonly nodes: Readonly<Record<Verdict | 'total', number>>;
	readonly findings: Readonly<Record<Severity, number>>;
};

/** Judges nodes by their facts. Nodes keep their order. */
export function makeReport(facts: readonly NodeFacts[], choice: CheckChoice = {}): Report {
	const chosen = new Set(chosenChecks(choice).map(({id}) => id));
	const share = shareEqual();
	const nodes = facts.map(node => reportNode(node, runChecks(node, choice), share));
	return {
		apiVersion: 'cni-upgrade/v1',
		kind: 'PreflightReport',
		nodes,
		summary: summaryOf(nodes),
		skipped: catalog.map(({id}) => id).filter(id => !chosen.has(id)),
	};
}

function reportNode(facts: NodeFacts, findings: readonly Finding[], share: Share): NodeReport {
	const {node, runtime} = facts;
	return {
		name: node.name,
		via: facts.via,
		collectedAt: facts.collectedAt,
		verdict: verdictOf(facts, findings),
		unknown: share(unknownFacts(facts)),
		osImage: node.osImage,
		kubeletVersion: node.kubeletVersion,
		provider: node.provider,
		runtime: share({name: runtime.name, version: runtime.version}),
		configs: share(configReports(facts)),
		plugins: share(pluginReports(facts)),
		supports: share(supportedByAll(facts)),
		findings: findings.map(finding => withSharedTexts(finding, share)),
	};
}

function withSharedTexts(finding: Finding, share: Share): Finding {
	const {object, message, expected, effect, remedy} = finding;
	return {
		...finding,
		object: share(object),
		message: share(message),
		expected: share(expected),
		effect: share(effect),
		remedy: share(remedy),
	};
}

function summaryOf(nodes: readonly NodeReport[]): Summary {
	const verdicts = {total: nodes.length, ok: 0, warning: 0, error: 0, unknown: 0};
	const findings = {error: 0, warning: 0, info: 0};
	for (const node of nodes) {
		verdicts[node.verdict] += 1;
		for (const {severity} of node.findings) {
			findings[severity] += 1;
		}
	}

	return {nodes: verdicts, findings};
}
