import type {Clock} from '../../clock.ts';
import type {Api} from '../../cluster/api.ts';
import type {Launch} from '../../transport/probe-image.ts';
import type {NodeAgent} from '../agent.ts';
import type {ProofItem} from './proof.ts';

/** A node and what a pod on it runs from. */
export type PodPlace = {readonly node: string; readonly launch: Launch};

/** All that a proof needs of the world. */
export type ProofContext = {
	readonly api: Api;
	readonly agent: NodeAgent;
	readonly node: {readonly name: string};
	readonly run: string;
	readonly namespace: string;
	readonly launch: Launch;
	readonly pull: boolean;
	readonly pullSecret: string | undefined;
	/** Another node that is Ready; undefined where there is none. */
	readonly other: PodPlace | undefined;
	/** The node's pod ranges, such as `10.244.3.0/24`; empty where the API does not know any, or the add-on gives addresses of its own. */
	readonly ranges: readonly string[];
	/** Runs a command in the canary's container. */
	readonly exec: (
		pod: string,
		command: readonly string[],
		signal: AbortSignal,
	) => Promise<{readonly code: number; readonly stdout: string}>;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onItem: (item: ProofItem) => void;
	readonly onNotice: (message: string) => void;
};
