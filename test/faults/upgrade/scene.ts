import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {RunEvent} from '../../../lib/run/events.ts';
import type {CliResult} from '../../cmd/run-cli.ts';
import {type Ground, type RunContext, type State, until} from '../../cmd/upgrade-ground.ts';
import {QuickClock} from '../../run/quick-clock.ts';
import {watchedStderr} from './watch-run.ts';

/** Where a run can be struck. */
export type Instant = 'before' | 'during' | 'after';
export type Point = {readonly step: string; readonly instant: Instant};

/** One run on a cluster of its own, and what may be done to it. */
export type Scene = Ground & {
	/** As whom the client speaks. */
	readonly user: string;
	/** As a signal of the operating system does. */
	readonly interrupt: (name: string) => void;
	/** As SIGKILL: nothing that the client asks from now on is answered, and it never goes on. */
	readonly kill: () => void;
};

/** The requests of a step that are let pass before its middle is there. */
const passed: Readonly<Record<string, number>> = {stage: 3, prove: 4};

export type Strike = {readonly point: Point; readonly strike: (scene: Scene) => void};

export type Struck = {
	readonly argv?: readonly string[];
	/** How much faster time goes where answers are waited for that never come. */
	readonly rate?: number;
	/** How much shorter pauses are than they say, where many are waited for in vain. */
	readonly haste?: number;
	readonly user?: string;
	/** What is run; absent: `node worker-1`. */
	readonly command?: (argv: readonly string[], context: RunContext) => Promise<CliResult>;
};

/** Runs a command and does each strike once, at its point. Undefined: the client was killed and will not answer. */
export async function runAndStrike(
	ground: Ground,
	strikes: readonly Strike[],
	{argv = [], rate, haste, user = 'first', command = ground.upgrade}: Struck = {},
): Promise<CliResult | undefined> {
	const controller = new AbortController();
	const clock = new QuickClock({...(rate !== undefined && {rate}), ...(haste !== undefined && {haste})});
	const {promise: killed, resolve: tellKilled} = Promise.withResolvers<undefined>();
	const {cluster} = ground;
	const scene: Scene = {
		...ground,
		user,
		interrupt: name => controller.abort(new Error(`interrupted by ${name}`)),
		kill() {
			cluster.faults.add({fault: {kind: 'no-answer'}, user, times: Number.POSITIVE_INFINITY});
			clock.stop();
			cluster.requests.cutConnections();
			tellKilled(undefined);
		},
	};
	const strikers = strikes.map(({point, strike}) => striker(scene, point, () => strike(scene)));
	const stderr = watchedStderr(event => {
		for (const striker of strikers) {
			striker.onEvent(event);
		}
	});
	try {
		const running = command([...argv, '--log-format', 'json'], {user, clock, signal: controller.signal, stderr});
		const result = await Promise.race([running.then(result => ({...result, stderr: stderr.text})), killed]);
		const isDone = strikers.every(({isDone}) => isDone());
		return isDone ? result : {code: -1, stdout: '', stderr: `it was never struck:\n${stderr.text}`};
	} finally {
		for (const striker of strikers) {
			striker.end();
		}
	}
}

/** Waits for a point: of our own steps by what the client tells and asks, of the node's by its journal. */
function striker(scene: Scene, {step, instant}: Point, strike: () => void) {
	const {cluster, machine} = scene;
	let isDone = false;
	const once = () => {
		if (!isDone) {
			isDone = true;
			strike();
		}
	};
	const timer = setInterval(() => {
		const lines = journalLines(machine.tree.root).filter(line => line.includes(`\tnode\t${step}\t`));
		if (lines.some(line => line.includes(instant === 'after' ? '\tdone\t' : '\tbegin\t'))) {
			once();
		}
	}, 2);
	return {
		isDone: () => isDone,
		onEvent(event: RunEvent) {
			if (event.type !== 'step' || event.step !== step || event.on !== 'cluster') {
				return;
			}

			if (event.state === 'begin' && instant === 'before') {
				once();
			} else if (event.state === 'begin' && instant === 'during') {
				let left = passed[step] ?? 0;
				const {requests} = cluster;
				const was = requests.onReceived;
				requests.onReceived = entry => {
					was?.(entry);
					left -= 1;
					if (left < 0) {
						once();
					}
				};
			} else if (event.state === 'done' && instant === 'after') {
				once();
			}
		},
		end() {
			clearInterval(timer);
			cluster.requests.onReceived = undefined;
		},
	};
}

/** The journals of all runs that a machine holds. */
export function journalLines(root: string): readonly string[] {
	try {
		return runsOn(root).flatMap(run => readFileSync(join(run, 'journal'), 'utf8').split('\n'));
	} catch {
		return []; // Removed while it was read.
	}
}

/** Waits a while for the pods to come back; then whatever differs is a difference. */
export async function settle(ground: Ground, wanted: State): Promise<State> {
	const end = Date.now() + 5_000;
	const isSame = () => JSON.stringify(ground.state()) === JSON.stringify(wanted) || Date.now() > end;
	await until(isSame);
	return ground.state();
}

/** The directories of the runs that a machine holds. */
export function runsOn(root: string): readonly string[] {
	const base = join(root, 'var/lib/cni-upgrade');
	return existsSync(base)
		? readdirSync(base)
				.map(name => join(base, name))
				.filter(path => existsSync(join(path, 'journal')))
		: [];
}
