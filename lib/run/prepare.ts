import {type Annotations, annotate, getNode, NodeGone, type NodeObject, setUnschedulable} from '../cluster/nodes-write.ts';
import {drainNode} from '../drain/drain.ts';
import type {DrainOutcome} from '../drain/outcome.ts';
import {exitCode, UserError} from '../errors.ts';
import {formatOrders, type Orders} from '../plan/orders.ts';
import {type RunContext, tell} from './context.ts';
import {drainFailure} from './drain-failure.ts';
import {type Cordoned, formatPointer, type Phase, pointerAnnotation, readPointer} from './pointer.ts';
import type {RunProgress} from './progress-of.ts';

/** A file that the plan needs on the node. */
export type Payload = {readonly name: string; readonly bytes: Uint8Array};

/** Milliseconds for what may take long on a node: a send of tens of megabytes, packages to be fetched, plugins to be tried. */
const sendTime = 600_000;
const fetchTime = 900_000;
const rehearseTime = 300_000;

/** Runs one step of ours, unless the journal has it as done. */
async function once(context: RunContext, id: string, {done}: RunProgress, work: () => Promise<string>): Promise<void> {
	if (!done.has(id)) {
		await step(context, id, work);
	}
}

/** Runs one step of ours: asks where somebody wants to be asked, and tells. */
export async function step(context: RunContext, id: string, work: () => Promise<string>): Promise<void> {
	context.signal.throwIfAborted();
	if (context.confirm !== undefined && !(await context.confirm(id))) {
		throw new Declined(id);
	}

	tell(context, id, 'begin');
	try {
		const detail = await work();
		tell(context, id, 'done', detail);
	} catch (error) {
		tell(context, id, 'failed', error instanceof Error ? error.message : String(error));
		throw error;
	}
}

/** Somebody who is asked at each step said no. */
export class Declined extends UserError {
	constructor(id: string) {
		super(`stopped before the step ${id}, as you said`, {exitCode: exitCode.interrupted});
	}
}

/** Sends all that the section will need. The plan on the node is whole or not there. */
export async function stage(
	context: RunContext,
	orders: Orders,
	payload: readonly Payload[],
	progress: RunProgress,
): Promise<void> {
	const {agent, signal} = context;
	await once(context, 'stage', progress, async () => {
		await agent.install(signal);
		await agent.ask('begin', [], {signal});
		await point(context, 'preparing', null);
		for (const {name, bytes} of payload) {
			await agent.put(name, bytes, {signal, timeout: sendTime});
		}

		const text = Buffer.from(formatOrders(orders));
		const {createHash} = await import('node:crypto');
		const sha256 = createHash('sha256').update(text).digest('hex');
		await agent.ask('plan', [String(text.length), sha256], {signal, stdin: text, timeout: fetchTime});
		await agent.note('stage', 'done', '', signal);
		const size = payload.reduce((sum, {bytes}) => sum + bytes.length, 0);
		return size === 0
			? 'nothing to send'
			: size < 1024 * 1024
				? `${Math.ceil(size / 1024)} KiB sent`
				: `${Math.ceil(size / 1024 / 1024)} MiB sent`;
	});
}

/** Looks once more whether all is as planned, and tries the new plugins where that disturbs nobody. */
export async function rehearse(context: RunContext, progress: RunProgress): Promise<void> {
	const {agent, signal} = context;
	await once(context, 'rehearse', progress, async () => {
		await agent.ask('check', [], {signal, timeout: rehearseTime});
		const {of} = await agent.ask('rehearse', [], {signal, timeout: rehearseTime});
		return [
			...new Set(
				of('rehearsed').map(([what = '', result = '', why = '']) => `${what} ${result}${why === '' ? '' : ` (${why})`}`),
			),
		].join(', ');
	});
}

/**
Cordons the node, also where the journal says that it was done: somebody may have opened it since. Who did is in the journal before it
happens, and in the pointer with the same write.
@param onOwner - Told who it will be before anything is written, so that a failure in the middle is taken back.
*/
export async function cordon(
	context: RunContext,
	progress: RunProgress,
	onOwner: (who: Cordoned) => void = () => undefined,
): Promise<Cordoned> {
	const {api, agent, node, signal} = context;
	let who: Cordoned = 'before';
	const own = async (now: Cordoned) => {
		who = now;
		onOwner(who);
		await agent.note('cordon', 'begin', who, signal);
	};
	await step(context, 'cordon', async () => {
		const seen = await getNode(api, node.name, signal);
		if (seen === undefined) {
			throw new NodeGone(`node/${node.name} is not there any more`);
		}

		await own(seen.unschedulable && !isCordonOurs(seen, agent.run, progress) ? 'before' : 'ours');
		const {was} = await setUnschedulable(api, {node, value: true, annotations: pointerOf(context, 'draining', who), signal});
		if (was === 'before' && !seen.unschedulable) {
			// Somebody else was faster: it is theirs.
			await own('before');
		}

		await point(context, 'draining', who);
		await agent.note('cordon', 'done', who, signal);
		return who === 'ours' ? 'cordoned' : 'already cordoned: it will stay so';
	});
	return who;
}

/** Whether it was this run that cordoned a node: by the pointer, which is written with it, or by the journal once it was done. */
function isCordonOurs({annotations}: NodeObject, run: string, {cordoned, done}: RunProgress): boolean {
	const pointer = readPointer(annotations[pointerAnnotation]);
	return (pointer?.run === run && pointer.cordoned === 'ours') || (cordoned === 'ours' && done.has('cordon'));
}

/** Milliseconds beyond its grace period after which a pod that cannot be torn down before the upgrade is gone on without. */
const hangingAfter = 60_000;

/** Drains the node, but for our own pods; also where the journal says that it was done, for the same reason. */
export async function drain(
	context: RunContext,
	{leavesHangingPods}: Pick<Orders, 'leavesHangingPods'> = {},
): Promise<DrainOutcome | undefined> {
	const {api, agent, node, settings, clock, signal, onEvent} = context;
	let outcome: DrainOutcome | undefined;
	await step(context, 'drain', async () => {
		outcome = await drainNode(api, {
			node,
			flags: settings.drain,
			leaveHangingAfter: leavesHangingPods === true && settings.drain.skipWaitForDeleteSeconds === 0 ? hangingAfter : undefined,
			exclude: isOurs,
			clock,
			signal,
			onEvent: event => onEvent({type: 'drain', event}),
		});
		onEvent({type: 'drain-end', outcome, timeout: settings.drain.timeout});
		if (outcome.kind !== 'drained') {
			throw drainFailure(node.name, outcome);
		}

		await agent.note('drain', 'done', String(outcome.gone.length), signal);
		const [gone, hanging] = [outcome.gone.length, outcome.skipped.length];
		return [
			gone === 0 && hanging === 0 ? 'no pod had to go' : `${gone} ${gone === 1 ? 'pod is' : 'pods are'} gone`,
			...(hanging === 0
				? []
				: [`${hanging} ${hanging === 1 ? 'hangs' : 'hang'} and ${hanging === 1 ? 'is' : 'are'} not waited for`]),
		].join(', ');
	});
	return outcome;
}

/** Pods of this tool, on whatever run's behalf. */
export function isOurs({labels}: {readonly labels: Readonly<Record<string, string>>}): boolean {
	return labels['app.kubernetes.io/managed-by'] === 'kubectl-cni-upgrade';
}

/** Writes the pointer on the Node. */
export async function point(context: RunContext, phase: Phase, cordoned: Cordoned | null): Promise<void> {
	const {api, node, signal} = context;
	await annotate(api, {node, annotations: pointerOf(context, phase, cordoned), signal});
}

function pointerOf({agent, by, clock}: RunContext, phase: Phase, cordoned: Cordoned | null): Annotations {
	const since = new Date(clock.now()).toISOString();
	return {[pointerAnnotation]: formatPointer({run: agent.run, phase, cordoned, by, since})};
}
