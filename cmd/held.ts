import {getNode} from '../lib/cluster/nodes-write.ts';
import {defaultDrainFlags} from '../lib/drain/filters.ts';
import {exitCode, UserError} from '../lib/errors.ts';
import {stateOf} from '../lib/plan/journal.ts';
import {type HeldRun, readHeldRun} from '../lib/run/held-run.ts';
import {type Pointer, pointerAnnotation, readPointer} from '../lib/run/pointer.ts';
import type {RunSettings} from '../lib/run/settings.ts';
import type {RunArguments, Session} from './node-session.ts';

export type FoundRun = {
	/** The unfinished run, or else the newest that has ended and whose backup is there; undefined: there is none. */
	readonly run: string | undefined;
	readonly isFinished: boolean;
	/** What the node holds of that run. */
	readonly held: HeldRun;
	/** Of a run that has ended: the last that is left of it, or of an attempt to take it back. */
	readonly pointer: Pointer | undefined;
};

/** The run of a node: as the node has it, else as the API has. */
export async function findHeldRun({api, node, agent, whenHeard}: Session, signal: AbortSignal): Promise<FoundRun> {
	const seen = await getNode(api, node.name, signal);
	const pointer = readPointer(seen?.annotations[pointerAnnotation]);
	const held = await whenHeard(async () => readHeldRun(agent, '-', signal));
	requireSameNode(node, held);
	const {current, newestFinished} = held;
	if (current !== undefined) {
		return {run: current, isFinished: false, held, pointer};
	}

	// The API has one of which the node has nothing.
	if (pointer !== undefined && pointer.run !== newestFinished) {
		return {run: pointer.run, isFinished: false, held, pointer};
	}

	if (newestFinished === undefined) {
		return {run: undefined, isFinished: true, held, pointer};
	}

	return {run: newestFinished, isFinished: true, held: await readHeldRun(agent, newestFinished, signal), pointer};
}

/**
The same run as it stands now that the lock is ours: while somebody was asked, or another one's lock was waited for, it may have gone on.
Throws where it has ended since, or another has begun: what was agreed to is not there any more.
*/
export async function heldStill(session: Session, before: FoundRun, signal: AbortSignal): Promise<FoundRun> {
	const now = await findHeldRun(session, signal);
	const sectionOf = ({held}: FoundRun) => stateOf(held.journal).section;
	const isSame = now.run === before.run && now.isFinished === before.isFinished;
	if (!isSame || (now.isFinished && sectionOf(now) !== sectionOf(before))) {
		const {name} = session.node;
		throw new UserError(`node/${name} was worked on by somebody else meanwhile: run ${before.run} is not where it was`, {
			exitCode: exitCode.blocked,
			remedy: `Nothing was done. See where it stands: kubectl cni-upgrade status ${name}`,
		});
	}

	return now;
}

/** A machine that has another Node object now is another node, as far as anybody can tell: what is drained would not be what is changed. */
export function requireSameNode({name, uid}: {readonly name: string; readonly uid: string}, {orders, current}: HeldRun): void {
	if (orders === undefined || orders.uid === uid) {
		return;
	}

	const run = current ?? orders.run;
	const act = `sh /var/lib/cni-upgrade/act.sh`;
	throw new UserError(
		`node/${name} is not the node that run ${run} was begun on: its plan is for the uid ${orders.uid}, and the Node object has ${uid}`,
		{
			exitCode: exitCode.blocked,
			remedy: `Nothing was done. If it is another machine under the old name, its /var/lib/cni-upgrade came with an image: remove that.
If it is the same machine, whose Node object was deleted and made again, take the run back on the node itself, then drain and uncordon by hand:
  ${act} back ${run} ${orders.uid}; ${act} journal ${run} ${orders.uid} 1
  and once that ends with "section undone": ${act} finish ${run} ${orders.uid}`,
		},
	);
}

/** As the run was told at its beginning; a run whose plan is not whole has only what this call says. */
export function settingsOfHeld({settings}: HeldRun, args: RunArguments, controlPlane: boolean): RunSettings {
	const here = {
		controlPlane,
		wasReady: settings?.wasReady !== false,
		failingDaemonSets: settings?.failingDaemonSets ?? [],
		keepCordoned: args['keep-cordoned'] || settings?.keepCordoned === true,
		namespace: args.namespace,
		image: args.image ?? settings?.image,
		pullSecret: args['image-pull-secret'] ?? settings?.pullSecret,
	};
	return {
		drain: settings?.drain ?? defaultDrainFlags,
		...here,
	};
}
