import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import type {SshReach} from '../ssh/reach.ts';
import type {Sudo} from '../transport/ssh-command.ts';
import type {Place, SshNode} from './ssh-place.ts';

export type FleetEvent =
	| {readonly type: 'listed'; readonly nodes: number}
	| {readonly type: 'notice'; readonly message: string}
	| {readonly type: 'probing'; readonly nodes: number; readonly way: 'pod' | 'ssh'; readonly namespace?: string}
	| {readonly type: 'answered'; readonly node: string}
	| {readonly type: 'unknown'; readonly node: string; readonly reason: string};

export type FleetOptions = {
	readonly api: Api;
	/** Names as typed; empty means all nodes, or those that the selector takes. */
	readonly names: readonly string[];
	readonly selector?: string | undefined;
	readonly via: 'auto' | 'api' | 'pod' | 'ssh';
	readonly ssh: FleetSsh;
	/** Where probe pods run. */
	readonly namespace: string;
	readonly image?: string | undefined;
	readonly pullSecret?: string | undefined;
	/** Milliseconds that one node may take. */
	readonly timeout: number;
	/** Ten characters of [a-z0-9] that no other run has. */
	readonly run: string;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onEvent: (event: FleetEvent) => void;
};

/** The way to nodes by SSH, once it was made ready. */
export type SshWay = {
	readonly reach: SshReach;
	readonly sudo: Sudo;
	/** Whether ssh_config has a block for a node of this name. */
	readonly isConfigured: (name: string) => boolean;
	readonly placeOf: (node: SshNode) => Place;
};

export type FleetSsh = {
	/** Whether the command line speaks of SSH at all: `auto` then takes it for every node that a pod does not reach. */
	readonly isAsked: boolean;
	/** Reads configuration and asks people what has to be asked; the same way at each call. */
	readonly open: () => Promise<SshWay>;
	/** Ends the connections to jump hosts. Whoever made this calls it, once nobody needs the way any more. */
	readonly close: () => Promise<void>;
};
