import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {steps as allSteps, nodeSteps, type StepId} from '../../../lib/plan/steps.ts';
import type {Machine} from '../../embedded/machine/machine.ts';
import {type Instant, journalLines, type Point, runsOn, type Scene} from './scene.ts';

/** How a run that was struck may end once it was gone on with. */
export type End = 'upgraded' | 'as before';

export type Case = {
	readonly title: string;
	readonly point: Point;
	readonly strike: (scene: Scene) => void;
	/** What is set right before somebody goes on. */
	readonly heal?: (scene: Scene) => void;
	/** How whoever goes on does so where the first command has not ended it. */
	readonly goOn: 'resume' | 'rollback';
	readonly end: End;
	/** Exit codes of the first command; undefined: it was killed. */
	readonly codes: readonly (number | undefined)[];
	/** How much faster time goes where answers are waited for that never come. */
	readonly rate?: number;
	readonly haste?: number;
	readonly argv?: readonly string[];
	/** Run by every `npm test`; the others with CNI_UPGRADE_MATRIX=all. */
	readonly isSample: boolean;
};

const instants: readonly Instant[] = ['before', 'during', 'after'];
/** The steps of the plan that is run, in their order. */
export const steps: readonly StepId[] = allSteps
	.map(({id}) => id)
	.filter(id => !['hook-before', 'packages', 'runtime-config', 'kubeadm', 'hook-after'].includes(id));
const onNode: readonly string[] = nodeSteps;
const ours = steps.filter(id => !onNode.includes(id));
const early: readonly string[] = ['lock', 'stage', 'rehearse', 'cordon', 'drain'];

/** What the lock's end has no beginning of, and what a step of the node has no middle of for whoever only reads its journal. */
function points(ids: readonly string[]): readonly Point[] {
	return ids.flatMap(step =>
		instants
			.filter(instant => !(step === 'unlock' && instant !== 'after') && !(onNode.includes(step) && instant === 'during'))
			.map(instant => ({step, instant})),
	);
}

/** A signal takes back what was not begun on the node, and leaves the node to itself from there on. */
function signals(name: string): readonly Case[] {
	return points(steps).map(point => ({
		title: `${name} ${at(point)}`,
		point,
		strike: scene => scene.interrupt(name),
		goOn: 'resume',
		end: isEarly(point) ? 'as before' : 'upgraded',
		codes: point.step === 'unlock' || (point.step === 'uncordon' && point.instant === 'after') ? [0, 130] : [130],
		isSample: false,
	}));
}

/** Killed: whoever goes on finds the plan on the node from the end of its staging on. */
function kills(goOn: Case['goOn']): readonly Case[] {
	return points(steps).map(point => ({
		title: `SIGKILL ${at(point)}, then ${goOn}`,
		point,
		strike: scene => scene.kill(),
		goOn,
		end: goOn === 'rollback' || isUnstaged(point) ? 'as before' : 'upgraded',
		codes: [undefined],
		isSample: false,
	}));
}

type Transient = readonly [name: string, strike: (scene: Scene) => void, more?: Partial<Case>];

const forever = Number.POSITIVE_INFINITY;

/** Faults that pass: none of them changes how the run ends. */
export const transients: readonly Transient[] = [
	[
		'the API server answers 500 twice',
		({cluster, user}) => cluster.faults.add({fault: {kind: 'status', code: 500}, user, times: 2}),
	],
	[
		'all connections are cut and the next two requests too',
		({cluster, user}) => {
			cluster.faults.add({fault: {kind: 'reset-before'}, user, times: 2});
			cluster.requests.cutConnections();
		},
	],
	['the answer of the next request is lost', ({cluster, user}) => cluster.faults.add({fault: {kind: 'answer-lost'}, user})],
	['the next request is never answered', ({cluster, user}) => cluster.faults.add({fault: {kind: 'no-answer'}, user}), {rate: 20}],
	['the shell on the node is lost', ({cluster}) => cluster.requests.cutConnections()],
];

function passing(): readonly Case[] {
	return transients.flatMap(([name, strike, more]) =>
		points(ours)
			.filter(({instant}) => instant !== 'after')
			.map(
				(point): Case => ({
					title: `${name}, ${at(point)}`,
					point,
					strike,
					goOn: 'resume',
					end: 'upgraded',
					codes: [0],
					isSample: false,
					...more,
				}),
			),
	);
}

/** The node goes off and on again under a client that stays. */
function reboots(): readonly Case[] {
	return points(steps.filter(id => id !== 'unlock' && id !== 'lock')).map(
		(point): Case => ({
			title: `the node is rebooted ${at(point)}`,
			point,
			strike: ({machine}) => void machine.reboot(),
			goOn: 'resume',
			end: 'upgraded',
			codes: [0, 1, 5, 6, 7],
			isSample: false,
		}),
	);
}

function unitKills(): readonly Case[] {
	return points(steps.filter(id => onNode.includes(id))).map(
		(point): Case => ({
			title: `the unit is killed ${at(point)}`,
			point,
			strike: ({machine}) => void machine.kill('cni-upgrade.service'),
			goOn: 'resume',
			end: 'upgraded',
			codes: [0],
			isSample: false,
		}),
	);
}

const binDir = '/opt/cni/bin';
const confDir = '/etc/cni/net.d';

type Lasting = {
	readonly name: string;
	readonly at: readonly Point[];
	readonly strike: (scene: Scene) => void;
	readonly heal: (scene: Scene) => void;
	readonly end?: End;
	readonly codes: Case['codes'];
	readonly goOn?: Case['goOn'];
	readonly argv?: readonly string[];
	readonly rate?: number;
	readonly haste?: number;
};

const before = (step: string): Point => ({step, instant: 'before'});
const after = (step: string): Point => ({step, instant: 'after'});

/** Faults that stay until somebody sets them right. */
const lasting: readonly Lasting[] = [
	{
		name: 'the disk is full',
		at: [before('stage'), before('rehearse'), after('drain')],
		strike: ({machine}) => machine.limitFiles(6144),
		heal: ({machine}) => machine.limitFiles(undefined),
		codes: [1, 5, 7],
	},
	{
		name: 'the directory of the plugins is read-only',
		at: [after('stage'), after('drain')],
		strike: ({machine}) => machine.makeReadOnly(binDir),
		heal: ({machine}) => machine.makeReadOnly(binDir, false),
		codes: [1, 5, 7],
	},
	{
		name: 'the conf dir is read-only',
		at: [after('stage'), after('drain')],
		strike: ({machine}) => machine.makeReadOnly(confDir),
		heal: ({machine}) => machine.makeReadOnly(confDir, false),
		codes: [1, 5, 7],
	},
	{
		name: 'what was staged is damaged',
		at: [after('stage'), after('drain')],
		strike: ({machine}) => {
			for (const run of runsOn(machine.tree.root)) {
				writeFileSync(join(run, 'stage/plugins/bridge'), 'damaged');
			}
		},
		heal: () => undefined,
		codes: [1, 5, 7],
	},
	{
		name: 'the config is edited by somebody else',
		at: [after('stage'), after('drain')],
		strike: ({machine, oldConfig}) => writeFileSync(join(machine.tree.root, `${confDir}/10-mynet.conflist`), `${oldConfig}\n`),
		heal: ({machine, oldConfig}) => writeFileSync(join(machine.tree.root, `${confDir}/10-mynet.conflist`), oldConfig),
		codes: [1, 5, 7],
	},
	{
		name: 'the runtime does not start with what is new',
		at: [after('drain')],
		strike({machine}) {
			machine.faults.runtimeDoesNotStart = 'containerd: exec format error';
			untilJournalSays(machine, 'start-runtime\tfailed', () => {
				machine.faults.runtimeDoesNotStart = undefined;
			});
		},
		heal: ({machine}) => {
			machine.faults.runtimeDoesNotStart = undefined;
		},
		codes: [7],
	},
	{
		name: 'the runtime never starts again',
		at: [after('drain')],
		strike: ({machine}) => {
			machine.faults.runtimeDoesNotStart = 'containerd: exec format error';
		},
		heal: ({machine}) => {
			machine.faults.runtimeDoesNotStart = undefined;
		},
		codes: [1],
		goOn: 'rollback',
	},
	{
		name: 'the runtime loads no network',
		at: [before('start-runtime')],
		strike({machine}) {
			machine.faults.configNotLoaded = 'cni config load failed: no network config found';
			untilJournalSays(machine, 'loaded\tfailed', () => {
				machine.faults.configNotLoaded = undefined;
			});
		},
		heal: ({machine}) => {
			machine.faults.configNotLoaded = undefined;
		},
		codes: [7],
	},
	{
		name: 'the kubelet is never Ready',
		at: [before('start-kubelet')],
		strike: ({machine}) => {
			machine.faults.kubeletNotReady = 'PLEG is not healthy';
		},
		heal: ({machine}) => {
			machine.faults.kubeletNotReady = undefined;
		},
		end: 'upgraded',
		haste: 200,
		codes: [6],
	},
	{
		name: 'ADD fails in the rehearsal',
		at: [before('rehearse')],
		strike: ({machine}) => {
			machine.faults.addFails = 'plugin type="bridge" failed (add): no such device';
		},
		heal: ({machine}) => {
			machine.faults.addFails = undefined;
		},
		codes: [5],
	},
	{
		name: 'ADD fails',
		at: [after('drain'), before('prove')],
		strike: ({machine}) => {
			machine.faults.addFails = 'plugin type="bridge" failed (add): no such device';
		},
		heal: ({machine}) => {
			machine.faults.addFails = undefined;
		},
		codes: [7],
	},
	{
		name: 'DEL fails',
		at: [after('drain'), before('prove')],
		strike: ({machine}) => {
			machine.faults.deleteFails = 'plugin type="bridge" failed (delete): no such device';
		},
		heal: ({machine}) => {
			machine.faults.deleteFails = undefined;
		},
		codes: [7],
	},
	{
		name: 'pods do not go, since DEL fails',
		at: [before('drain')],
		strike: ({machine}) => {
			machine.faults.deleteFails = 'plugin type="bridge" failed (delete): no such device';
		},
		heal: ({machine}) => {
			machine.faults.deleteFails = undefined;
		},
		argv: ['--timeout', '20s'],
		rate: 20,
		codes: [5],
	},
	{
		name: 'a budget is in the way',
		at: [before('drain')],
		strike: ({cluster, user}) =>
			cluster.faults.add({
				fault: {kind: 'status', code: 429, reason: 'TooManyRequests', message: 'Cannot evict pod', retryAfterSeconds: 10},
				user,
				resource: 'pods',
				subresource: 'eviction',
				times: forever,
			}),
		heal: ({cluster}) => cluster.faults.clear(),
		argv: ['--timeout', '20s'],
		rate: 20,
		codes: [5],
	},
];

/** Sets right what was wrong with what is new, before it meets what was. */
function untilJournalSays(machine: Machine, words: string, then: () => void): void {
	const end = machine.onChange(() => {
		if (journalLines(machine.tree.root).some(line => line.includes(words))) {
			end();
			then();
		}
	});
}

function faults(): readonly Case[] {
	return lasting.flatMap(({name, at: places, end = 'as before', goOn = 'resume', ...rest}) =>
		places.map((point): Case => ({title: `${name} ${at(point)}`, point, goOn, end, isSample: false, ...rest})),
	);
}

/**
Run by every `npm test`: what the client has to answer by itself. The other faults and the steps are met by upgrade-chains.test.ts in a few
runs, and by test/node-script/act-kill.test.ts and act-fail.test.ts on the node alone.
*/
const samples: ReadonlySet<string> = new Set([
	'SIGKILL in the middle of stage, then resume',
	'SIGKILL after stop-kubelet, then rollback',
	'the disk is full after drain',
	'what was staged is damaged after drain',
	'the runtime never starts again after drain',
	'the runtime loads no network before start-runtime',
	'the kubelet is never Ready before start-kubelet',
	'ADD fails in the rehearsal before rehearse',
	'ADD fails before prove',
	'DEL fails before prove',
	'pods do not go, since DEL fails before drain',
]);

export const cases: readonly Case[] = [
	...signals('SIGINT'),
	...signals('SIGTERM'),
	...kills('resume'),
	...kills('rollback'),
	...passing(),
	...reboots(),
	...unitKills(),
	...faults(),
].map(one => ({...one, isSample: samples.has(one.title)}));

function at({step, instant}: Point): string {
	return instant === 'during' ? `in the middle of ${step}` : `${instant} ${step}`;
}

function isEarly({step}: Point): boolean {
	return early.includes(step);
}

/** Before the plan is on the node, whole. */
function isUnstaged({step, instant}: Point): boolean {
	return step === 'lock' || (step === 'stage' && instant !== 'after');
}
