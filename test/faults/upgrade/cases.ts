import {steps as allSteps, nodeSteps, type StepId} from '../../../lib/plan/steps.ts';
import {lasting} from './lasting.ts';
import type {Instant, Point, Scene} from './scene.ts';

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

function faults(): readonly Case[] {
	return lasting.flatMap(({name, at: places, end = 'as before', goOn = 'resume', ...rest}) =>
		places.map((point): Case => ({title: `${name} ${at(point)}`, point, goOn, end, isSample: false, ...rest})),
	);
}

/**
Run by every `npm test`: what the client has to answer by itself. The other faults and the steps are met by upgrade-chains.test.ts in a few
runs, and by test/node-script/act-kill.test.ts and act-fail.test.ts on the node alone.
*/
export const sampleTitles: ReadonlySet<string> = new Set([
	'SIGKILL in the middle of stage, then resume',
	'SIGKILL after stop-kubelet, then rollback',
	'DEL fails before prove',
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
].map(one => ({...one, isSample: sampleTitles.has(one.title)}));

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
