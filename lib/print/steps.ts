import type {Palette} from './colour.ts';
import {escapeText} from './escape.ts';

/** What a person sees of one step as it goes on. */
export type StepLine = {
	readonly title: string;
	readonly on: 'cluster' | 'node';
	readonly state: 'begin' | 'done' | 'skipped' | 'failed' | 'back' | 'taken-back' | 'stuck';
	readonly detail: string;
	/** Milliseconds since the step's beginning; undefined where that is not known. */
	readonly took: number | undefined;
};

const words: Readonly<Record<StepLine['state'], string>> = {
	begin: '....',
	done: 'done',
	skipped: 'skip',
	failed: 'FAIL',
	back: 'undo', // As the journal has it.
	'taken-back': 'back',
	stuck: 'STUCK',
};

/** One line for one state of a step: what, where it is done, how long it took, what was seen. */
export function formatStep({title, on, state, detail, took}: StepLine, palette: Palette): string {
	const colour = {done: palette.good, failed: palette.bad, stuck: palette.bad, back: palette.warn, 'taken-back': palette.warn}[
		state as string
	];
	const word = words[state].padEnd(5);
	const time = took === undefined ? '' : ` ${palette.dim(`(${formatTime(took)})`)}`;
	const place = on === 'node' ? palette.dim(' on the node') : '';
	return `${colour?.(word) ?? word} ${escapeText(title)}${place}${time}${detail === '' ? '' : `: ${escapeText(detail)}`}`;
}

/** Such as `0.4 s`, `12 s` or `2 min 5 s`. */
function formatTime(ms: number): string {
	const seconds = ms / 1000;
	if (seconds < 10) {
		return `${seconds.toFixed(1)} s`;
	}

	const whole = Math.round(seconds);
	return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
