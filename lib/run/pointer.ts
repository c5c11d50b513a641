import {asText, field} from '../cluster/json.ts';

/** The annotation of a Node that says where its run is told: the journal itself is on the node. */
export const pointerAnnotation = 'cni-upgrade/run';

/** Who cordoned the node: this run, or somebody before it. Only what is ours is uncordoned. */
export type Cordoned = 'ours' | 'before';

/** What the annotation holds. It is a pointer and a summary, never believed where the node's own journal says else. */
export type Pointer = {
	/** Ten characters of [a-z0-9]. */
	readonly run: string;
	readonly phase: Phase;
	/** Null before anybody did. */
	readonly cordoned: Cordoned | null;
	/** USER@HOST. */
	readonly by: string;
	/** RFC 3339 in UTC. */
	readonly since: string;
};

const phases = ['preparing', 'draining', 'on-the-node', 'proving', 'not-proved', 'stuck'] as const;

export type Phase = (typeof phases)[number];

const longest = 512;

export function formatPointer(pointer: Pointer): string {
	return JSON.stringify(pointer);
}

/** Reads the annotation back; undefined for anything that we would not have written: whoever may patch nodes can put anything there. */
export function readPointer(text: string | undefined): Pointer | undefined {
	if (text === undefined || text.length > longest) {
		return undefined;
	}

	const json = parseOrUndefined(text);
	const [run, phase, by, since] = ['run', 'phase', 'by', 'since'].map(key => asText(field(json, key)));
	const cordoned = field(json, 'cordoned');
	const known = phases.find(known => known === phase);
	const isOurs =
		/^[a-z0-9]{10}$/.test(run ?? '') &&
		/^[\w.@+-]{1,128}$/.test(by ?? '') &&
		/^\d{4}-\d\d-\d\dT[\d:.]{8,15}Z$/.test(since ?? '') &&
		(cordoned === 'ours' || cordoned === 'before' || cordoned === null);
	return isOurs && known !== undefined ? {run: run ?? '', phase: known, cordoned, by: by ?? '', since: since ?? ''} : undefined;
}

function parseOrUndefined(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
