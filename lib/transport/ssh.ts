import type {Clock} from '../clock.ts';
import {messageOf} from '../errors.ts';
import {readFrame} from '../node-script/frame.ts';
import type {SshReach} from '../ssh/reach.ts';
import {Window} from '../window.ts';
import {failureOf, remoteCommand, type Sudo} from './ssh-command.ts';
import type {ProbeOutcome, ProbeTarget, Transport} from './transport.ts';

/** Nodes that are asked at a time. More is no faster: 200 hosts took 4.1 s 32 wide and 3.5 s 200 wide. */
const width = 32;

/** Bytes of an answer with whatever a noisy shell puts around it. */
const maxBytes = 256 * 1024;

export type SshTransportOptions = {
	readonly reach: SshReach;
	/** Where a node is reached: a name that ssh_config knows, or an address; or why it cannot be. */
	readonly hostOf: (target: ProbeTarget) => {readonly host: string} | {readonly unknown: string};
	readonly sudo: Sudo;
	/** Milliseconds that one node may take. */
	readonly timeout: number;
	readonly run: string;
	readonly script: string;
	readonly clock: Clock;
};

/** Asks nodes over SSH: one connection and one command for each, the same script and the same framed answer as a probe pod's. */
export function sshTransport(options: SshTransportOptions): Transport {
	return {
		async probe(targets, onOutcome, signal) {
			const window = new Window(width);
			const asking: Promise<void>[] = [];
			try {
				for (const target of targets) {
					await window.acquire(signal);
					asking.push(
						askNode(target, options, signal)
							.then(outcome => onOutcome(outcome))
							.finally(() => window.release()),
					);
				}

				await Promise.all(asking);
			} finally {
				await Promise.allSettled(asking);
			}
		},
	};
}

/** One node; rejects only when the run was aborted. */
async function askNode(target: ProbeTarget, options: SshTransportOptions, signal: AbortSignal): Promise<ProbeOutcome> {
	const {node} = target;
	const place = options.hostOf(target);
	if ('unknown' in place) {
		return {node, unknown: place.unknown};
	}

	const deadline = new AbortController();
	const timer = new AbortController();
	const late = options.clock.sleep(options.timeout, AbortSignal.any([signal, timer.signal])).then(
		() => deadline.abort(new Error(`no answer within ${options.timeout / 1000} s; allow more with --timeout`)),
		() => undefined,
	);
	try {
		return {node, ...(await answerOf(target, place.host, options, AbortSignal.any([signal, deadline.signal])))};
	} catch (error) {
		signal.throwIfAborted();
		return {node, unknown: messageOf(deadline.signal.aborted ? deadline.signal.reason : error)};
	} finally {
		timer.abort();
		await late;
	}
}

async function answerOf(
	{uid}: ProbeTarget,
	host: string,
	{reach, sudo, run, script}: SshTransportOptions,
	signal: AbortSignal,
): Promise<{readonly records: string} | {readonly unknown: string}> {
	await using connection = await reach.connect(host, signal);
	const {command, input} = remoteCommand(run, uid, sudo);
	const {code, stdout, stderr} = await connection.exec(command, {stdin: `${input}${script}`, maxBytes, signal});
	const answer = readFrame(stdout.toString('latin1'), {run, uid});
	if (answer.kind === 'answer') {
		return {records: answer.records};
	}

	// Nothing that looks like an answer: what the shell or sudo said tells more.
	return {
		unknown:
			answer.kind === 'damaged' && stdout.includes('#cni-upgrade BEGIN')
				? `its answer was damaged on the way: ${answer.reason}`
				: failureOf(code, stderr),
	};
}
