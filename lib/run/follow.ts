import type {Clock} from '../clock.ts';
import {UserError} from '../errors.ts';
import {type JournalLine, parseJournal} from '../plan/journal.ts';
import {ShellLost} from '../transport/node-shell.ts';
import type {NodeAgent} from './agent.ts';

export type FollowOptions = {
	readonly clock: Clock;
	readonly signal: AbortSignal;
	/** Milliseconds after which the node has broken its promise to end by itself. */
	readonly patience: number;
	/** The number of the first line that is wanted. */
	readonly from: number;
	readonly onLine: (line: JournalLine) => void;
	/** Said once each time the node cannot be heard: by pod that is so while its kubelet or runtime is stopped. */
	readonly onSilence: () => void;
	/** When the kubelet last renewed its lease; undefined where the API server does not tell. */
	readonly kubeletRenewed: () => Promise<string | undefined>;
	/** What the kubelet says of its node. */
	readonly kubeletSays: () => Promise<string>;
};

/** Milliseconds between looks at the journal. */
const pause = 1_000;

/**
A kubelet that renews its lease so often, ten seconds apart, while no command gets to its node is back for good: the node starts it last, so
the section is over.
*/
const renewalsOfOneThatIsBack = 12;

/** How the section on the node ended. */
export type SectionEnd = {readonly state: 'done' | 'undone' | 'stuck'; readonly detail: string};

/**
Reads the node's journal as it grows until the section on the node has ended. The node works alone: not hearing it is no fault before
its own deadline. Throws where it did not end within the patience.
*/
export async function followSection(agent: NodeAgent, options: FollowOptions): Promise<SectionEnd> {
	const {clock, signal, patience, onLine, onSilence} = options;
	const until = clock.monotonic() + patience;
	let next = options.from;
	let silence: Silence | undefined;
	for (;;) {
		const lines = await read(agent, next, signal);
		if (lines instanceof ShellLost) {
			if (silence === undefined) {
				onSilence();
			}

			silence = await stillSilent(agent.node, lines, silence, options);
		} else {
			silence = undefined;
		}

		for (const line of lines instanceof ShellLost ? [] : lines) {
			next = line.number + 1;
			onLine(line);
			if (line.step === 'section' && line.by === 'node' && isEnd(line.state)) {
				return {state: line.state, detail: line.detail};
			}
		}

		if (clock.monotonic() > until) {
			throw new UserError(`node/${agent.node} did not say within ${Math.round(patience / 1000)} s how its upgrade ended`, {
				remedy: `It works alone and ends or goes back by itself. Look again: kubectl cni-upgrade status ${agent.node}\nthen go on: kubectl cni-upgrade resume ${agent.node}`,
			});
		}

		await clock.sleep(pause, signal);
	}
}

type Silence = {readonly renewed: string | undefined; readonly renewals: number};

/** Throws where the kubelet is back and no command gets there all the same, as with a runtime that does not start: to wait longer would not help. */
async function stillSilent(
	node: string,
	lost: ShellLost,
	silence: Silence | undefined,
	{kubeletRenewed, kubeletSays}: FollowOptions,
): Promise<Silence> {
	const renewed = (await kubeletRenewed()) ?? silence?.renewed;
	const renewals = (silence?.renewals ?? 0) + (silence === undefined || renewed === silence.renewed ? 0 : 1);
	if (renewals < renewalsOfOneThatIsBack) {
		return {renewed, renewals};
	}

	throw new UserError(
		`node/${node} cannot be heard: its kubelet is back (${await kubeletSays()}), but no command gets to the node: ${lost.message}`,
		{
			remedy: `The node has ended its part, or taken it back. Ask it by the other way, such as: kubectl cni-upgrade status ${node} --via ssh
Then go on, or go back, that way: kubectl cni-upgrade resume ${node} --via ssh, or rollback ${node} --via ssh
On the node itself: journalctl -u cni-upgrade`,
		},
	);
}

function isEnd(state: string): state is SectionEnd['state'] {
	return state === 'done' || state === 'undone' || state === 'stuck';
}

/** `ShellLost` where the node could not be heard. */
async function read(agent: NodeAgent, from: number, signal: AbortSignal): Promise<readonly JournalLine[] | ShellLost> {
	try {
		const {lines} = await agent.ask('journal', [String(from)], {signal, timeout: 15_000, tries: 1});
		return parseJournal(lines('journal'));
	} catch (error) {
		signal.throwIfAborted();
		if (error instanceof ShellLost) {
			return error;
		}

		throw error;
	}
}
