import {decodeField} from '../node-field.ts';

/** One change of state, as the node wrote it down. */
export type JournalLine = {
	readonly number: number;
	/** Seconds since 1970 by the node's own clock. */
	readonly at: number;
	/** The kernel's boot id: another one means that the node was rebooted. */
	readonly boot: string;
	readonly by: 'node' | 'client';
	/** A step's id, or `section`. It comes from the node and may be any word. */
	readonly step: string;
	readonly state: JournalState;
	/** May be empty. Text of the node, unescaped. */
	readonly detail: string;
};

const states = ['begin', 'done', 'skipped', 'failed', 'undo', 'undone', 'stuck'] as const;
/** @public */
export type JournalState = (typeof states)[number];

/**
`none`: never begun. `stuck`: neither upgraded nor as before; the detail says what and where the old files are.
@public
*/
export type SectionState = 'none' | 'begin' | 'done' | 'undone' | 'stuck';

export type RunState = {
	readonly section: SectionState;
	/** Of the section's last line: why it was taken back, or what is stuck. */
	readonly detail: string;
	/** A step failed or is being taken back, and the section has no outcome yet. */
	readonly goingBack: boolean;
	/** Each step's last line, in the order of their first. */
	readonly steps: ReadonlyMap<string, JournalLine>;
	/** Boot ids under which the node worked on the section, each once. */
	readonly boots: readonly string[];
};

/** Reads journal lines. They may be anything: a line that is none is left out, and nothing is thrown. */
export function parseJournal(lines: readonly string[]): readonly JournalLine[] {
	return lines.flatMap(line => {
		const [number = '', at = '', boot = '', by = '', step = '', state = '', detail = '', ...more] = line.split('\t');
		const known = states.find(name => name === state);
		if (!/^\d{1,6}$/.test(number) || !/^\d{1,12}$/.test(at) || known === undefined || more.length > 0) {
			return [];
		}

		if ((by !== 'node' && by !== 'client') || !/^[a-z][a-z0-9-]{0,40}$/.test(step)) {
			return [];
		}

		return [{number: Number(number), at: Number(at), boot, by, step, state: known, detail: decodeField(detail)}];
	});
}

/** What the lines say, in the order in which they stand. */
export function stateOf(journal: readonly JournalLine[]): RunState {
	const steps = new Map<string, JournalLine>();
	const boots = new Set<string>();
	let section: SectionState = 'none';
	let detail = '';
	let goingBack = false;
	for (const line of journal) {
		if (line.by === 'node') {
			boots.add(line.boot);
		}

		if (line.step !== 'section') {
			steps.set(line.step, line);
			goingBack ||= line.by === 'node' && (line.state === 'failed' || line.state === 'undo');
			// A finished section may be asked back for.
			section = line.state === 'undo' && section !== 'none' ? 'begin' : section;
			continue;
		}

		if (line.state === 'begin' || line.state === 'done' || line.state === 'undone' || line.state === 'stuck') {
			section = line.state;
			detail = line.detail;
			goingBack &&= line.state === 'begin';
		}
	}

	return {section, detail, goingBack, steps, boots: [...boots]};
}
