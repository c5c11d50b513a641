import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {collectFleet} from '../collect/fleet.ts';
import type {FleetSsh} from '../collect/fleet-options.ts';
import {ofThisRun} from '../drain/filters.ts';
import {previewDrain} from '../drain/preview.ts';
import {exitCode, UserError} from '../errors.ts';
import type {NodeFacts} from '../facts/node-facts.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import {wantedEdits} from '../plan/config-decisions.ts';
import type {PlanInput} from '../plan/input.ts';
import type {ConfigEdit, HostFacts, PackageFacts} from '../plan/node-answers.ts';
import {wantedPackages} from '../plan/package-changes.ts';
import type {Plan} from '../plan/plan.ts';
import {planUpgrade} from '../plan/planner.ts';
import {readEdit, readHost, readPackages} from '../plan/read-answers.ts';
import type {UpgradeRequest} from '../plan/request.ts';
import {type ReleaseArchive, readArchive} from '../release/archive.ts';
import type {FetchedArchive} from '../release/fetch.ts';
import {ActRefused, type NodeAgent} from './agent.ts';
import type {FoundNode} from './open-node.ts';
import {isOurs, type Payload} from './prepare.ts';
import type {RunSettings} from './settings.ts';

export type PlanNodeOptions = {
	readonly api: Api;
	readonly node: FoundNode;
	readonly agent: NodeAgent;
	readonly ssh: FleetSsh;
	readonly via: 'auto' | 'pod' | 'ssh';
	readonly request: UpgradeRequest;
	readonly archive: FetchedArchive | undefined;
	/** Package files are sent before the plan: what they bring only the node's package manager can say. */
	readonly payload: readonly Payload[];
	readonly settings: RunSettings;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onNotice: (message: string) => void;
};

/** Milliseconds that the node may take for its facts, and for what a package manager has to look up. */
const factsTime = 60_000;
const packagesTime = 300_000;

/** Collects what a plan rests on and makes it. On the node only the run's own directory is written to, and that only for packages. */
export async function planNode(options: PlanNodeOptions): Promise<Plan> {
	const {api, node, agent, request, settings, clock, signal} = options;
	const facts = await collect(options);
	const archive = await read(options, facts);
	const host = await askHost(agent, facts, signal);
	const known = {facts, controlPlane: node.isControlPlane, request, archive, host};
	const packages = await askPackages(options, known);
	const edits = await askEdits(agent, wantedEdits({...known, packages}), signal);
	const drain = await previewDrain(api, {node: node.name, flags: settings.drain, exclude: isOurs, clock, signal});
	return planUpgrade({...known, packages, edits, drain: {...drain, stay: drain.stay.filter(({why}) => why !== ofThisRun)}});
}

async function collect({api, node, ssh, via, request, settings, clock, signal, onNotice}: PlanNodeOptions): Promise<NodeFacts> {
	const [facts] = await collectFleet({
		api,
		names: [node.name],
		via,
		ssh,
		namespace: settings.namespace,
		image: settings.image,
		pullSecret: settings.pullSecret,
		timeout: factsTime,
		run: request.run,
		clock,
		signal,
		onEvent(event) {
			if (event.type === 'notice') {
				onNotice(event.message);
			}
		},
	});
	if (facts === undefined || isUnknown(facts.runtime.version)) {
		const why = facts === undefined ? 'it is gone' : knownOr(facts.runtime.version, undefined);
		throw new UserError(`node/${node.name} could not be looked at: ${why ?? reasonOf(facts)}`, {
			exitCode: exitCode.blocked,
			remedy: 'Nothing is planned on what is not known. See: kubectl cni-upgrade preflight',
		});
	}

	return facts;
}

function reasonOf(facts: NodeFacts | undefined): string {
	const version = facts?.runtime.version;
	return isUnknown(version) ? version.unknown : 'it did not answer';
}

async function read({archive, node}: PlanNodeOptions, facts: NodeFacts): Promise<ReleaseArchive | undefined> {
	return archive === undefined ? undefined : readArchive(archive.name, archive.bytes, knownOr(facts.node.arch, node.target.arch));
}

async function askHost(agent: NodeAgent, {runtime}: NodeFacts, signal: AbortSignal): Promise<HostFacts> {
	const dirs = knownOr(runtime.binDirs, []);
	return readHost(await recordsOf(async () => agent.look('host', dirs, {signal})));
}

/** Asks until the words do not change any more: the newest version of a package is known only after the first answer. */
async function askPackages(
	{agent, request, payload, signal}: PlanNodeOptions,
	known: Omit<PlanInput, 'edits' | 'packages'>,
): Promise<PackageFacts | undefined> {
	let packages: PackageFacts | undefined;
	let asked: readonly string[] = [];
	for (let rounds = 0; rounds < 3; rounds += 1) {
		const words = wantedPackages({...known, packages});
		if (words.length === 0 || words.join(' ') === asked.join(' ')) {
			break;
		}

		if (rounds === 0) {
			await agent.install(signal);
			await agent.ask('begin', [], {signal});
			for (const {name, bytes} of payload.filter(file => request.packageFiles.some(other => other.name === file.name))) {
				await agent.put(name, bytes, {signal, timeout: packagesTime});
			}
		}

		asked = words;
		packages = readPackages(await recordsOf(async () => agent.ask('packages', words, {signal, timeout: packagesTime})));
	}

	return packages;
}

async function askEdits(
	agent: NodeAgent,
	wanted: readonly {readonly path: string; readonly version: string}[],
	signal: AbortSignal,
): Promise<readonly ConfigEdit[]> {
	return Promise.all(
		wanted.map(async edit =>
			readEdit(await recordsOf(async () => agent.look('edit', [edit.path, edit.version], {signal})), edit),
		),
	);
}

/** A refusal is an answer here: the plan shows it as one. */
async function recordsOf(ask: () => ReturnType<NodeAgent['ask']>): Promise<readonly (readonly string[])[]> {
	try {
		return (await ask()).records;
	} catch (error) {
		if (error instanceof ActRefused) {
			return [...error.answer.records, ['result', error.kind, error.why]];
		}

		throw error;
	}
}
