import {titleOf} from '../lib/plan/steps.ts';
import type {Palette} from '../lib/print/colour.ts';
import {drainEndLines, drainLines} from '../lib/print/drain.ts';
import {escapeText} from '../lib/print/escape.ts';
import {formatStep} from '../lib/print/steps.ts';
import type {RunEvent} from '../lib/run/events.ts';
import {proofTitles} from '../lib/run/proof/proof.ts';
import type {Recorder} from '../lib/run/record.ts';

type Ground = {readonly node: string; readonly recorder: Recorder; readonly palette: Palette};

/** What a person reads of one event of a run, harmless on a terminal. */
export function runLines(event: RunEvent, ground: Ground): readonly string[] {
	const lines = (formats[event.type] as (event: RunEvent, ground: Ground) => readonly string[])(event, ground);
	// Those of steps are escaped piece by piece, since they have colours.
	return event.type === 'step' ? lines : lines.map(escapeText);
}

/** What is under way. */
export function doingLine(step: string, on: 'cluster' | 'node'): string {
	return `${titleOf(step)}${on === 'node' && step !== 'section' ? ' on the node' : ''}`;
}

const results = {yes: 'yes ', no: 'NO  ', skipped: 'skip'} as const;

const formats: {
	readonly [Type in RunEvent['type']]: (event: Extract<RunEvent, {readonly type: Type}>, ground: Ground) => readonly string[];
} = {
	notice: ({message}) => [message],
	unchanged: ({isWhole}, {node}) => [
		isWhole ? `node/${node} was not changed` : `node/${node} was not changed, but not all traces of the run could be removed`,
	],
	drain: ({event}) => drainLines(event).map(({text}) => text),
	'drain-end': ({outcome, timeout}, {node}) => drainEndLines(outcome, node, timeout).map(({text}) => text),
	proof: ({item: {id, result, detail}}) => [`      ${results[result]} ${proofTitles[id]}${detail === '' ? '' : `: ${detail}`}`],
	step: ({step, on, state, detail, at}, {recorder, palette}) => [
		formatStep(
			{
				title: titleOf(step),
				on: step === 'section' ? 'cluster' : on,
				state,
				detail,
				took: state === 'begin' ? undefined : recorder.took(step, at),
			},
			palette,
		),
	],
};
