import {spawn, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {elements, member, textOr} from '../../../lib/facts/answer-records.ts';
import {ask, client} from './ask.ts';
import {type Case, type Plugins, pluginsOf, type Step, usualSteps} from './cases.ts';
import {binDirOf, change, layOut} from './conf-dir.ts';
import {configure} from './daemon-config.ts';
import type {Daemon} from './daemons.ts';
import {makeRoom} from './make-room.ts';
import {normalize} from './normalize.ts';
import {leases, networkLog, networksOf, signature, statusOf} from './observe.ts';
import {cgroup, image, socket} from './places.ts';
import type {Row, StatusRow, StepRow} from './row.ts';
import {type Running, start, stop} from './running.ts';

/** Where the programs of a daemon are. */
export type Programs = {readonly dir: string; readonly conmon: string};

/** Runs one case. This process is in namespaces of its own, and all that it starts ends with them. */
export async function runCase(daemon: Daemon, given: Case, programs: Programs): Promise<Row> {
	makeRoom();
	layOut(given);
	const settings = given.settings ?? {};
	const command = configure(daemon, settings, {pinns: `${programs.dir}/pinns`, conmon: programs.conmon});
	spawn(client, ['registry', image.split('/')[0] ?? ''], {stdio: 'ignore'});
	const path = `${programs.dir}:/usr/sbin:/usr/bin:/sbin:/bin`;
	const launch = async () => start(command, path, () => existsSync(socket) && statusOf(daemon, settings) !== undefined);
	const first = await launch();
	const row = {daemon: daemon.id, case: given.id, plugins: versionsOf(given)};
	if ('error' in first) {
		return {...row, version: '', steps: [{step: 'start', error: first.error}], left: {leases: [], sandboxes: 0}, log: []};
	}

	const place: Place = {daemon, given, launch, running: first, plugins: pluginsOf(given), sandboxes: new Map()};
	const steps: StepRow[] = [{step: 'start', ...status(place)}];
	for (const step of given.steps ?? usualSteps) {
		steps.push(await take(place, step));
	}

	const version = ask('version');
	return {
		...row,
		version: 'json' in version ? textOr(member(version.json, 'version'), '') : '',
		steps,
		left: {leases: leases(), sandboxes: pods().length},
		log: networkLog(),
	};
}

type Place = {
	readonly daemon: Daemon;
	readonly given: Case;
	readonly launch: () => Promise<Running | {readonly error: string}>;
	running: Running;
	plugins: Plugins;
	/** Id by pod. */
	readonly sandboxes: Map<string, string>;
};

async function take(place: Place, step: Step): Promise<StepRow> {
	switch (step.do) {
		case 'add': {
			return add(place, step.pod);
		}

		case 'del': {
			return del(place, step.pod);
		}

		case 'restart': {
			await stop(place.running);
			const again = await place.launch();
			if ('error' in again) {
				return {step: 'restart', error: again.error};
			}

			place.running = again;
			return {step: 'restart', ...status(place)};
		}

		case 'pod-cidr': {
			return watched(place, `pod-cidr ${step.cidr}`, () => ask('cidr', step.cidr));
		}

		default: {
			return watched(place, nameOf(step), () => {
				place.plugins = change(place.given, place.plugins, step);
			});
		}
	}
}

function nameOf(step: Exclude<Step, {do: 'add' | 'del' | 'restart' | 'pod-cidr'}>): string {
	return `${step.do} ${'file' in step ? step.file : 'plugin' in step ? step.plugin : step.release}`;
}

/** The daemon's state is asked for until it changes, three seconds at most, and again when it had time to settle. */
async function watched(place: Place, step: string, doIt: () => void): Promise<StepRow> {
	const {
		daemon,
		given: {settings = {}},
	} = place;
	const before = signature(daemon, settings);
	doIt();
	const until = performance.now() + 3000;
	let noticed = false;
	while (!noticed && performance.now() < until) {
		await sleep(100);
		noticed = signature(daemon, settings) !== before;
	}

	await sleep(noticed ? 500 : 0);
	return {step, noticed, ...status(place)};
}

function status({daemon, given: {settings = {}}}: Place): {status?: StatusRow} {
	const said = statusOf(daemon, settings);
	return said === undefined ? {} : {status: said};
}

function add({sandboxes}: Place, pod: string): StepRow {
	const answer = ask('run', pod, cgroup);
	if ('error' in answer) {
		const left = pods().find(({name}) => name === pod);
		if (left !== undefined) {
			sandboxes.set(pod, left.id);
		}

		return {step: `add ${pod}`, error: normalize(answer.error), ...(left !== undefined && {sandbox: 'left'})};
	}

	const id = textOr(member(answer.json, 'id'), '');
	sandboxes.set(pod, id);
	return {step: `add ${pod}`, networks: networksOf(id)};
}

/** As the kubelet does: stopped, and removed once it is stopped. */
function del({sandboxes}: Place, pod: string): StepRow {
	const step = `del ${pod}`;
	const id = sandboxes.get(pod);
	if (id === undefined) {
		return {step, sandbox: 'none'};
	}

	const stopped = ask('stop', id);
	const answer = 'error' in stopped ? stopped : ask('remove', id);
	return {step, ...('error' in answer && {error: normalize(answer.error)})};
}

function pods(): {readonly id: string; readonly name: string}[] {
	const answer = ask('pods');
	return 'error' in answer
		? []
		: elements(member(answer.json, 'items')).map(item => ({
				id: textOr(member(item, 'id'), ''),
				name: textOr(member(member(item, 'metadata'), 'name'), ''),
			}));
}

/** What each plugin answers to VERSION. */
function versionsOf(given: Case): Row['plugins'] {
	return Object.fromEntries(
		Object.keys(pluginsOf(given)).map(type => {
			const {stdout} = spawnSync(`${binDirOf(given)}/${type}`, {
				input: '{"cniVersion":"1.0.0"}',
				encoding: 'utf8',
				env: {CNI_COMMAND: 'VERSION', CNI_NETNS: 'none', CNI_IFNAME: 'none', CNI_PATH: 'none', PATH: '/usr/bin:/bin'},
			});
			return [type, (JSON.parse(stdout) as {supportedVersions: string[]}).supportedVersions];
		}),
	);
}
