import {getNode} from '../lib/cluster/nodes-write.ts';
import {exitCode, UserError} from '../lib/errors.ts';
import {readHeldRun} from '../lib/run/held-run.ts';
import {pointerAnnotation, readPointer} from '../lib/run/pointer.ts';
import type {Session} from './node-session.ts';

/** A node on which a run is under way, or was left, gets no second one. */
export async function refuseUnfinished({api, node, agent}: Session, signal: AbortSignal): Promise<void> {
	const seen = await getNode(api, node.name, signal);
	const pointer = readPointer(seen?.annotations[pointerAnnotation]);
	const held = await readHeldRun(agent, '-', signal);
	const run = held.current ?? pointer?.run;
	if (run === undefined) {
		return;
	}

	const whose = pointer === undefined ? '' : ` of ${pointer.by} since ${pointer.since} (${pointer.phase})`;
	throw new UserError(`node/${node.name} has an unfinished upgrade: run ${run}${whose}`, {
		exitCode: exitCode.blocked,
		remedy: `See where it stands: kubectl cni-upgrade status ${node.name}\nGo on: kubectl cni-upgrade resume ${node.name}\nGo back: kubectl cni-upgrade rollback ${node.name}`,
	});
}
