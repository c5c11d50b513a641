import {writeFile} from 'node:fs/promises';
import {type ExitCode, exitCode, messageOf, UserError} from '../lib/errors.ts';
import type {Orders} from '../lib/plan/orders.ts';
import {titleOf} from '../lib/plan/steps.ts';
import {paletteFor} from '../lib/print/colour.ts';
import {escapeJson} from '../lib/print/escape.ts';
import {formatJson} from '../lib/print/json.ts';
import {exitCodeOf, formatOutcome} from '../lib/print/outcome.ts';
import {ask} from '../lib/print/prompt.ts';
import {formatRecordMarkdown} from '../lib/print/record.ts';
import {conduct} from '../lib/run/conduct.ts';
import type {RunContext} from '../lib/run/context.ts';
import type {RunEvent} from '../lib/run/events.ts';
import type {Outcome} from '../lib/run/outcome.ts';
import type {Payload} from '../lib/run/prepare.ts';
import {Recorder} from '../lib/run/record.ts';
import type {RunSettings} from '../lib/run/settings.ts';
import {carryOut} from '../lib/run/upgrade.ts';
import type {Context} from './context.ts';
import type {RunArguments, Session} from './node-session.ts';
import {doingLine, runLines} from './run-lines.ts';

type RunOptions = {
	readonly settings: RunSettings;
	/** What changes, a line each, for the summary. */
	readonly changes: readonly string[];
	readonly comparesRange: boolean;
	readonly byStep: boolean;
	/** Nothing is under way on the node before the first step is taken. */
	readonly isIdle?: boolean;
	readonly args: RunArguments;
	readonly context: Context;
	readonly session: Session;
};

export type PlanRun = Omit<RunOptions, 'changes' | 'comparesRange'> & {
	readonly orders: Orders;
	readonly payload: readonly Payload[];
};

/** Carries out a plan that somebody has agreed to. */
export async function carryOutPlan({orders, payload, ...rest}: PlanRun): Promise<ExitCode> {
	return runWith({...rest, isIdle: true, changes: changesOf(orders), comparesRange: orders.rehearse === 'chain'}, async context =>
		carryOut(context, {orders, payload: payload.filter(file => isOrdered(file, orders)), journal: [], isStaged: false}),
	);
}

/** Only what the plan names is sent. */
function isOrdered({name}: Payload, orders: Orders): boolean {
	return (
		orders.archive?.name === name ||
		orders.packageFiles.some(file => file.name === name) ||
		orders.hooks.some(hook => hook.name === name) ||
		(orders.crictl === 'staged' && name === 'crictl')
	);
}

/** What a plan changes on the node, as its orders say. */
export function changesOf({plugins, packages, packageFiles, configs}: Orders): readonly string[] {
	const dirs = Map.groupBy(
		plugins.filter(({newSha, oldSha}) => newSha !== oldSha),
		({dir}) => dir,
	);
	return [
		...[...dirs].map(([dir, files]) => `${files.length} plugins in ${dir}: ${files.map(({name}) => name).join(', ')}`),
		...packages.map(({name, oldVersion, newVersion}) => `package ${name}: ${oldVersion} -> ${newVersion}`),
		...packageFiles.map(({name}) => `package file ${name}`),
		...configs.filter(({oldSha, newSha}) => oldSha !== newSha).map(({path, version}) => `${path}: cniVersion ${version}`),
	];
}

/** Runs, shows what happens, and tells how it ended. */
export async function runWith(options: RunOptions, work: (context: RunContext) => Promise<Outcome>): Promise<ExitCode> {
	const {settings, changes, byStep, args, context, session} = options;
	const {clock, signal, stdout, stderr, env} = context;
	const {api, node, agent, by, progress} = session;
	const recorder = new Recorder(() => clock.now());
	const isJson = args['log-format'] === 'json';
	const palette = paletteFor(stderr, env);
	let isUnchanged = options.isIdle === true;
	const show = (event: RunEvent) => {
		recorder.take(event);
		if (event.type === 'unchanged') {
			isUnchanged = event.isWhole;
		} else if (event.type === 'step' && event.step !== 'lock' && event.step !== 'unlock') {
			isUnchanged &&= event.state !== 'begin';
		}

		if (isJson) {
			stderr.write(
				`${escapeJson(JSON.stringify({time: new Date(clock.now()).toISOString(), node: node.name, run: agent.run, ...event}))}\n`,
			);
		} else {
			if (event.type === 'step' && event.state === 'begin') {
				progress.doing(doingLine(event.step, event.on));
				return;
			}

			for (const line of runLines(event, {node: node.name, recorder, palette})) {
				progress.line(line);
			}
		}
	};
	const confirm = async (step: string) => {
		const answer = await progress.pause(async () => ask(`next: ${titleOf(step)}. Go on? [Y]es, [n]o: `, context));
		return ['', 'y', 'yes'].includes((answer ?? 'no').trim().toLowerCase());
	};
	const base = {node: node.name, uid: node.uid, run: agent.run, by, changes};
	try {
		const outcome = await conduct(
			{
				api,
				node,
				agent,
				session: session.id,
				settings,
				by,
				clock,
				signal,
				onEvent: show,
				comparesRange: options.comparesRange,
				...(byStep && {confirm}),
			},
			work,
		);
		const why = 'why' in outcome ? outcome.why : '';
		const record = recorder.record({...base, outcome: outcome.kind, why});
		stdout.write(formatOutcome({...record, kind: outcome.kind}, paletteFor(stdout, env)));
		await save(args['save-record'], record);
		return exitCodeOf[outcome.kind];
	} catch (error) {
		await save(args['save-record'], recorder.record({...base, outcome: 'failed', why: messageOf(error)})).catch(() => undefined);
		throw signal.aborted ? interrupted(node.name, isUnchanged, error) : isUnchanged ? error : withWayOn(node.name, error);
	}
}

function interrupted(node: string, isUnchanged: boolean, cause: unknown): UserError {
	return isUnchanged
		? new UserError(`interrupted: node/${node} was not changed`, {exitCode: exitCode.interrupted, cause})
		: new UserError(
				`interrupted: the run on node/${node} is not finished; what the node has begun it ends, or takes back, by itself`,
				{
					exitCode: exitCode.interrupted,
					remedy: wayOn(node),
					cause,
				},
			);
}

/** An error in the middle of a run, with what to do about the run, unless it says so itself. */
function withWayOn(node: string, error: unknown): unknown {
	if (!(error instanceof UserError) || error.remedy?.includes('kubectl cni-upgrade') === true) {
		return error;
	}

	const remedy = error.remedy === undefined ? '' : `${error.remedy}\n`;
	return new UserError(error.message, {
		exitCode: error.exitCode,
		remedy: `${remedy}The run on node/${node} is not finished. ${wayOn(node)}`,
		cause: error,
	});
}

function wayOn(node: string): string {
	return `See where it stands: kubectl cni-upgrade status ${node}\nGo on: kubectl cni-upgrade resume ${node}\nGo back: kubectl cni-upgrade rollback ${node}`;
}

async function save(path: string | undefined, record: ReturnType<Recorder['record']>): Promise<void> {
	if (path === undefined) {
		return;
	}

	const base = path.replace(/\.(?:json|md)$/, '');
	try {
		if (!path.endsWith('.md')) {
			await writeFile(`${base}.json`, formatJson(record), {mode: 0o600});
		}

		if (!path.endsWith('.json')) {
			await writeFile(`${base}.md`, formatRecordMarkdown(record), {mode: 0o600});
		}
	} catch (error) {
		throw new UserError(`file/${path} cannot be written: ${messageOf(error)}`, {
			remedy: 'The run itself has ended as it says above; its journal is on the node.',
			cause: error,
		});
	}
}
