import {getNode} from '../lib/cluster/nodes-write.ts';
import {exitCode, UserError} from '../lib/errors.ts';
import {type HeldRun, readHeldRun} from '../lib/run/held-run.ts';
import {type Pointer, pointerAnnotation, readPointer} from '../lib/run/pointer.ts';
import type {RunSettings} from '../lib/run/settings.ts';
import type {RunArguments, Session} from './node-session.ts';

export type FoundRun = {
	/** Undefined: there is no unfinished one. */
	readonly run: string | undefined;
	readonly held: HeldRun;
	readonly pointer: Pointer | undefined;
	/** The node holds it no more as unfinished: only the pointer is left of it. */
	readonly isLeftOver: boolean;
};

/** The unfinished run of a node: as the node has it, else as the API has. */
export async function findHeldRun({api, node, agent, whenHeard}: Session, signal: AbortSignal): Promise<FoundRun> {
	const seen = await getNode(api, node.name, signal);
	const pointer = readPointer(seen?.annotations[pointerAnnotation]);
	const held = await whenHeard(async () => readHeldRun(agent, '-', signal));
	requireSameNode(node, held);
	if (held.current !== undefined) {
		return {run: held.current, held, pointer, isLeftOver: false};
	}

	if (pointer === undefined) {
		return {run: undefined, held, pointer, isLeftOver: false};
	}

	const isLeftOver = held.newestFinished === pointer.run;
	return {
		run: pointer.run,
		held: isLeftOver ? await readHeldRun(agent, pointer.run, signal) : held,
		pointer,
		isLeftOver,
	};
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
		keepCordoned: args['keep-cordoned'] || settings?.keepCordoned === true,
		namespace: args.namespace,
		image: args.image ?? settings?.image,
		pullSecret: args['image-pull-secret'] ?? settings?.pullSecret,
	};
	return {
		drain: settings?.drain ?? {
			force: false,
			ignoreDaemonSets: false,
			deleteEmptyDirData: false,
			gracePeriodSeconds: -1,
			timeout: 0,
			podSelector: undefined,
			disableEviction: false,
			skipWaitForDeleteSeconds: 0,
			chunkSize: 500,
		},
		...here,
	};
}
