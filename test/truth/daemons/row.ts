import {readdirSync, readFileSync} from 'node:fs';
import {recorded} from './places.ts';

/** What one daemon did in one case: a line of recorded/DAEMON.jsonl. Ids, paths of the rig and process numbers are made equal. */
export type Row = {
	readonly daemon: string;
	/** As the daemon itself says it by the CRI: `v1.6.3`, `1.6.20~ds1`. */
	readonly version: string;
	readonly case: string;
	/** What each plugin that was there at the start answered to VERSION. */
	readonly plugins: {readonly [type: string]: readonly string[]};
	readonly steps: readonly StepRow[];
	/** After the last step: addresses that host-local still holds as NETWORK/ADDRESS, and sandboxes that the daemon still has. */
	readonly left: {readonly leases: readonly string[]; readonly sandboxes: number};
	/** Warnings and errors about the network in the daemon's log, each once. */
	readonly log: readonly string[];
};

export type StepRow = {
	/** `start`, `add POD`, `del POD`, `swap FILE` and so on. */
	readonly step: string;
	/** Absent where it went well; of a sandbox: the CRI's error text. Of `start`: the daemon's last word. */
	readonly error?: string;
	/** `add`: the networks whose results libcni has cached for the sandbox. */
	readonly networks?: readonly string[];
	/** `add` that failed: the sandbox is there all the same. `del`: there was none to remove. */
	readonly sandbox?: 'left' | 'none';
	/** A change: whether the daemon took note of it within three seconds. */
	readonly noticed?: boolean;
	/** `start` and changes: what the daemon says then. */
	readonly status?: StatusRow;
};

export type StatusRow = {
	/** The condition NetworkReady, with its reason and message where it is false. */
	readonly ready: boolean;
	readonly reason?: string;
	readonly message?: string;
	/** containerd's lastCNILoadStatus. */
	readonly load?: string;
	/** The networks that it holds: containerd's by its own word, without its loopback; CRI-O's default network by its log. */
	readonly networks: readonly NetworkRow[];
	/** containerd's own loopback network: the version that its config has. */
	readonly loopback?: string;
};

export type NetworkRow = {
	readonly name: string;
	readonly cniVersion?: string;
	readonly types?: readonly string[];
	readonly file?: string;
};

/** All rows that are recorded. */
export function recordedRows(): readonly Row[] {
	return readdirSync(recorded)
		.sort()
		.flatMap(file => rowsOf(readFileSync(`${recorded}/${file}`, 'utf8')));
}

export function rowsOf(text: string): Row[] {
	return text
		.split('\n')
		.filter(line => line !== '')
		.map(line => JSON.parse(line) as Row);
}
