import {hostname, userInfo} from 'node:os';
import type {Api} from '../lib/cluster/api.ts';
import {getNode} from '../lib/cluster/nodes-write.ts';
import type {FleetSsh} from '../lib/collect/fleet-options.ts';
import {type Progress, startProgress} from '../lib/print/progress.ts';
import {NodeAgent} from '../lib/run/agent.ts';
import {type FoundNode, findNode, openNode} from '../lib/run/open-node.ts';
import {patiently} from '../lib/run/patiently.ts';
import {pointerAnnotation, readPointer} from '../lib/run/pointer.ts';
import {requireRights} from '../lib/run/rights.ts';
import type {Arguments} from './command.ts';
import {connectWith} from './connection.ts';
import type {connectionOptions} from './connection-options.ts';
import type {Context} from './context.ts';
import {checked} from './grammar.ts';
import type {nodeWayOptions, runOptions} from './node-options.ts';
import {withOwnRole} from './own-role.ts';
import {newRunId} from './run-id.ts';
import {checkSshFlags, sshFor} from './ssh.ts';
import type {sshOptions} from './ssh-options.ts';
import {usageError} from './usage-error.ts';

export type SessionArguments = Arguments<typeof nodeWayOptions & typeof sshOptions & typeof connectionOptions>;

/** Of a command that changes the node. */
export type RunArguments = SessionArguments & Arguments<typeof runOptions>;

/** A connection to the cluster and a shell on one node, for as long as a command works. */
export type Session = {
	readonly api: Api;
	readonly node: FoundNode;
	readonly agent: NodeAgent;
	readonly ssh: FleetSsh;
	readonly progress: Progress;
	/** USER@HOST. */
	readonly by: string;
	/** Asks the node, and again where it works alone and cannot be heard yet. */
	readonly whenHeard: <T>(ask: () => Promise<T>) => Promise<T>;
	/** Of this call; a run that is resumed has an id of its own. */
	readonly id: string;
};

/** Seconds that our pod on the node may live at most. */
const podDeadline = 6 * 3600;

export function checkNodeFlags(args: SessionArguments, command: string): string {
	checkSshFlags(args, command);
	checked(args.namespace, 'namespace', command);
	if (args.image !== undefined) {
		checked(args.image, 'image', command);
	}

	if (args['image-pull-secret'] !== undefined) {
		checked(args['image-pull-secret'], 'object', command);
		if (args.image === undefined) {
			throw usageError('--image-pull-secret has no effect without --image: nothing is pulled', command);
		}
	}

	return checked((args.operands[0] ?? '').replace(/^nodes?\//, ''), 'node', command);
}

/**
Opens a session, hands it on, and removes what it made on every way out. `changes`: with what flags the node is going to be changed, whose
rights are asked for before anything is made. `waits`: a node that works alone is waited for.
*/
export async function withSession<T>(
	name: string,
	args: SessionArguments,
	context: Context,
	work: (session: Session) => Promise<T>,
	{changes, waits = false}: {readonly changes?: {readonly disableEviction: boolean}; readonly waits?: boolean} = {},
): Promise<T> {
	const {clock, signal, stderr} = context;
	const api = await connectWith(args, context);
	const progress = await startProgress(stderr);
	const ssh = sshFor(args, context, progress);
	try {
		const node = await findNode(api, name, signal);
		if (changes !== undefined) {
			await requireRights(api, {namespace: args.namespace, drain: changes}, signal);
		}

		const id = newRunId();
		const whenHeard: Session['whenHeard'] = async ask =>
			waits && (await isAlone(api, name, signal))
				? patiently(ask, {clock, signal, onWait: () => progress.note(waitsFor(name))})
				: ask();
		const shell = await whenHeard(async () =>
			openNode(node, {
				api,
				via: args.via,
				ssh,
				namespace: args.namespace,
				image: args.image,
				pullSecret: args['image-pull-secret'],
				run: id,
				deadlineSeconds: podDeadline,
				clock,
				signal,
				onNotice: progress.note,
			}),
		);
		try {
			const agent = new NodeAgent({shell, node: node.name, uid: node.uid, run: id, clock});
			return await work({api, node, agent, ssh, progress, by: operator(), whenHeard, id});
		} finally {
			await shell.close();
		}
	} catch (error) {
		throw withOwnRole(error, 'node');
	} finally {
		await ssh.close();
		progress.end();
		api.close();
		if (args.v > 0) {
			stderr.write(`${api.counts.requests} requests to ${api.server}, ${api.counts.throttled} throttled\n`);
		}
	}
}

/** Whether a run has left the node to itself, as the API knows. */
async function isAlone(api: Api, name: string, signal: AbortSignal): Promise<boolean> {
	const seen = await getNode(api, name, signal);
	return readPointer(seen?.annotations[pointerAnnotation])?.phase === 'on-the-node';
}

function waitsFor(name: string): string {
	return `node/${name} works alone and cannot be heard yet; it is waited for. By SSH it may be heard now: --via ssh. Ctrl-C ends only the waiting.`;
}

/** Who we are, for the lock and the pointer: nothing in it is more than a word. */
function operator(): string {
	const word = (text: string) => text.replaceAll(/[^\w.+-]/g, '-').slice(0, 60) || 'unknown';
	return `${word(userName())}@${word(hostname())}`;
}

function userName(): string {
	try {
		return userInfo().username;
	} catch {
		return 'unknown'; // A uid without an entry, as in many containers.
	}
}
