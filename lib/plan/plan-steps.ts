import {knownOr} from '../facts/unknown.ts';
import type {Changes} from './changes.ts';
import type {DrainPreview} from './drain-preview.ts';
import {editDiff} from './edit-diff.ts';
import type {PlanStep} from './plan.ts';
import {hasCrictl, isReferenceChain} from './section.ts';
import {type NodeStepId, type StepId, steps} from './steps.ts';

/** All steps, those of the section among them, in order. */
export function planSteps(changes: Changes, section: readonly NodeStepId[]): readonly PlanStep[] {
	const {request, facts} = changes.input;
	const wasCordoned = knownOr(facts.node.cordoned, false);
	const left: readonly StepId[] = [
		...(rehearsal(changes) === undefined ? (['rehearse'] as const) : []),
		...(wasCordoned || request.keepCordoned ? (['uncordon'] as const) : []),
	];
	const before = steps.slice(
		0,
		steps.findIndex(({on}) => on === 'node'),
	);
	const after = steps.slice(steps.findLastIndex(({on}) => on === 'node') + 1);
	const ids: readonly StepId[] = [...before.map(({id}) => id), ...section, ...after.map(({id}) => id)];
	return ids.filter(id => !left.includes(id)).map(id => stepOf(id, changes));
}

/** What can be tried beforehand, beside the node's pods: the whole chain, or only what the new plugins answer to VERSION. */
export function rehearsal(changes: Changes): 'chain' | 'version' | undefined {
	const {future, decisions} = changes;
	const isChange = future.plugins.length > 0 || decisions.some(({answer}) => answer.kind === 'change');
	return isChange && isReferenceChain(changes) ? 'chain' : future.plugins.length > 0 ? 'version' : undefined;
}

function stepOf(id: StepId, changes: Changes): PlanStep {
	const row = steps.find(step => step.id === id);
	const {details = none, diff = none, seconds} = more[id] ?? {};
	const lines = diff(changes);
	const time = typeof seconds === 'function' ? seconds(changes) : seconds;
	return {
		id,
		on: row?.on ?? 'cluster',
		title: row?.title ?? id,
		details: details(changes),
		...(lines.length > 0 && {diff: lines}),
		...(time !== undefined && {seconds: time}),
	};
}

const none = (): readonly string[] => [];

type More = {
	readonly details?: (changes: Changes) => readonly string[];
	readonly diff?: (changes: Changes) => readonly string[];
	readonly seconds?: number | ((changes: Changes) => number);
};

const more: Readonly<Partial<Record<StepId, More>>> = {
	lock: {seconds: 1},
	stage: {
		details: staged,
		// 2 MiB a second through the API server, and what a package manager needs to fetch.
		seconds: changes => 5 + Math.ceil(stagedBytes(changes) / 2 ** 21) + changes.future.packages.length * 20,
	},
	rehearse: {
		details: changes => [
			rehearsal(changes) === 'chain'
				? 'ADD, CHECK and DEL with the new plugins and config, in a network namespace of its own'
				: 'the new plugins are asked for their versions; a chain with plugins of others is proved by the pod alone',
		],
		seconds: 10,
	},
	cordon: {
		details: ({input: {facts}}) => (facts.node.cordoned === true ? ['it is cordoned already, and stays so'] : []),
		seconds: 1,
	},
	drain: {
		details: ({input: {drain}}) => (drain === undefined ? ['which pods go was not asked'] : [drainLine(drain)]),
		seconds: ({input: {drain}}) => 30 + (drain?.evict.length ?? 10),
	},
	'stop-kubelet': {seconds: 2},
	'stop-sandboxes': {seconds: 10},
	'stop-runtime': {seconds: 3},
	'hook-before': {details: ({input}) => hookLine(input.request.hooks.before), seconds: 5},
	plugins: {
		details: ({future}) =>
			future.plugins.map(
				({dir, name, from, to, size}) => `${dir}/${name}: ${from ?? 'none'} → ${to ?? 'unknown release'} (${mebibytes(size)})`,
			),
		seconds: 2,
	},
	packages: {
		details: ({future}) =>
			future.packages.map(
				({name, from, to, held}) => `${name}: ${from ?? 'none'} → ${to}${held ? ' (held, and held again afterwards)' : ''}`,
			),
		seconds: ({future}) => 20 * future.packages.length,
	},
	'runtime-config': {details: () => ['to version 2, which both releases read'], seconds: 2},
	config: {
		details: ({decisions}) =>
			decisions.flatMap(({answer, files, list: {version}}) =>
				answer.kind === 'change'
					? files.map(path => `${path}: ${version.state === 'set' ? version.value : 'no version'} → ${answer.version}`)
					: [],
			),
		diff: ({decisions, input: {edits}}) =>
			decisions.flatMap(({answer, files}) =>
				answer.kind === 'change'
					? files.flatMap(path => editDiff(edits.find(edit => edit.path === path && edit.version === answer.version)))
					: [],
			),
		seconds: 1,
	},
	kubeadm: {seconds: 60},
	'hook-after': {details: ({input}) => hookLine(input.request.hooks.after), seconds: 5},
	'start-runtime': {seconds: 5},
	loaded: {seconds: 2},
	sandbox: {seconds: 10},
	'start-kubelet': {seconds: 3},
	ready: {details: () => ['by a heartbeat that is newer than its start, twice'], seconds: 30},
	prove: {
		details: changes => [
			`a pod gets an address, answers, and is gone again${hasCrictl(changes) ? '' : '; without crictl this is the only proof'}`,
		],
		seconds: 30,
	},
	uncordon: {seconds: 1},
	unlock: {seconds: 1},
};

function staged({input: {archive, request}, future}: Changes): readonly string[] {
	const {hooks, crictl, packageFiles} = request;
	const files = [crictl, hooks.before, hooks.after, ...packageFiles].filter(file => file !== undefined);
	return [
		...(future.plugins.length > 0 && archive !== undefined ? [`${archive.name} (${mebibytes(archive.size)})`] : []),
		...files.map(({name, size}) => `${name} (${mebibytes(size)})`),
		...(future.packages.length > 0 ? ['the node fetches the packages, new and old'] : []),
	];
}

function stagedBytes({input: {archive, request}, future}: Changes): number {
	const {hooks, crictl, packageFiles} = request;
	const files = [crictl, hooks.before, hooks.after, ...packageFiles].filter(file => file !== undefined);
	return files.reduce((sum, {size}) => sum + size, future.plugins.length > 0 ? (archive?.size ?? 0) : 0);
}

function hookLine(hook: {readonly name: string; readonly sha256: string} | undefined): readonly string[] {
	return hook === undefined ? [] : [`${hook.name}, sha256 ${hook.sha256.slice(0, 12)}`];
}

function drainLine({evict, stay}: DrainPreview): string {
	return `${evict.length} ${evict.length === 1 ? 'pod goes' : 'pods go'}, ${stay.length} ${stay.length === 1 ? 'stays' : 'stay'}`;
}

function mebibytes(bytes: number): string {
	return bytes < 2 ** 20 / 10 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
