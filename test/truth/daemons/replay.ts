import type {NodeFacts} from '../../../lib/facts/node-facts.ts';
import {type Case, cases, filesAfter, type Plugins, pluginsAfter, pluginsOf, type Step, usualSteps} from './cases.ts';
import {type Daemon, daemons} from './daemons.ts';
import {type Answers, factsOf} from './facts-of-row.ts';
import type {Row, StatusRow, StepRow} from './row.ts';

/** One recorded step, with the facts of the node as they were when it was taken. */
export type Replayed = {
	readonly row: Row;
	readonly daemon: Daemon;
	readonly given: Case;
	readonly step: Step | {readonly do: 'start'};
	readonly happened: StepRow;
	/** Of the node after the step; of `add` and `del` before it. */
	readonly facts: NodeFacts;
	/** The same with the files that the daemon has last taken note of, and for CRI-O the plugins, where these are others. */
	readonly held: NodeFacts;
	/** `del`: the facts of when the sandbox was made. */
	readonly made?: NodeFacts;
};

/** Every recorded step, in its order. */
export function replay(rows: readonly Row[]): Replayed[] {
	const answers = answersIn(rows);
	return rows.flatMap(row => replayRow(row, answers));
}

/** The plugins' answers to VERSION, from the rows whose plugins they are. */
export function answersIn(rows: readonly Row[]): Answers {
	return new Map(
		rows.flatMap(row =>
			Object.entries(pluginsOf(caseOf(row))).flatMap(([type, from]) =>
				from === 'script' ? [] : [[`${type} ${from}` as const, row.plugins[type] ?? []] as const],
			),
		),
	);
}

function caseOf(row: Row): Case {
	const given = cases.find(({id}) => id === row.case);
	if (given === undefined) {
		throw new Error(`recorded/${row.daemon}.jsonl has case ${row.case}, which cases.ts does not`);
	}

	return given;
}

function replayRow(row: Row, answers: Answers): Replayed[] {
	const given = caseOf(row);
	const daemon = daemons.find(({id}) => id === row.daemon);
	if (daemon === undefined) {
		throw new Error(`recorded/${row.daemon}.jsonl is of a daemon that daemons.ts does not have`);
	}

	let files = given.files;
	let heldFiles = files;
	let heldPlugins: Plugins = pluginsOf(given);
	let plugins: Plugins = pluginsOf(given);
	let status: StatusRow | undefined;
	const made = new Map<string, NodeFacts>();
	const steps = [{do: 'start'} as const, ...(given.steps ?? usualSteps)];
	return steps.flatMap((step, index): Replayed[] => {
		const happened = row.steps[index];
		if (happened === undefined) {
			return [];
		}

		if (step.do !== 'start') {
			files = filesAfter(files, step);
			plugins = pluginsAfter(plugins, step);
		}

		// The kubelet's word makes containerd write a file of its own.
		if (step.do === 'pod-cidr' && given.settings?.confTemplate !== undefined) {
			files = {...files, '10-containerd-net.conflist': given.settings.confTemplate.replace('{{.PodCIDR}}', step.cidr)};
		}

		status = happened.status ?? status;
		if (happened.noticed === true || step.do === 'start' || step.do === 'restart') {
			heldFiles = files;
			heldPlugins = plugins;
		}

		const moment = {daemon, row, given, plugins, status};
		const facts = factsOf({...moment, files}, answers);
		const before = step.do === 'del' ? made.get(step.pod) : undefined;
		if (step.do === 'add') {
			made.set(step.pod, facts);
		}

		return [
			{
				row,
				daemon,
				given,
				step,
				happened,
				facts,
				held: factsOf({...moment, files: heldFiles, plugins: daemon.runtime === 'cri-o' ? heldPlugins : plugins}, answers),
				...(before !== undefined && {made: before}),
			},
		];
	});
}
