import type {Plan, PlanStep, Refusal} from '../plan/plan.ts';
import {escapeLines, escapeText} from './escape.ts';
import type {TextOptions} from './findings.ts';
import {formatPods} from './plan-pods.ts';
import {wrap} from './width.ts';

/**
A plan for people: what is refused and why, or the numbered steps with what each changes; then what goes, what stays, and what to know.
*/
export function formatPlan(plan: Plan, options: TextOptions): string {
	const parts = [
		heading(plan, options),
		plan.steps.map((step, index) => formatStep(step, index, plan.steps, options)).join(''),
		plan.order === null || plan.steps.length === 0 ? '' : paragraph('ORDER', [plan.order], options),
		plan.drain === null || plan.steps.length === 0 ? '' : formatPods(plan.drain, options),
		paragraph('STAYS', plan.outcome === 'refused' ? [] : plan.stays, options),
		paragraph('WARNING', plan.warnings, options, options.palette.warn),
		plan.refusals.map(refusal => formatRefusal(refusal, options)).join(''),
	];
	return parts.filter(part => part !== '').join('\n');
}

/** The changed lines of config files alone, as a unified diff. */
export function formatPlanDiff({steps}: Plan, {palette}: TextOptions): string {
	return steps
		.flatMap(({diff}) => diff ?? [])
		.map(line => `${diffLine(line, palette)}\n`)
		.join('');
}

function heading({node, outcome, steps, refusals}: Plan, {palette, width}: TextOptions): string {
	const name = `node/${escapeText(node)}`;
	const total = steps.reduce((sum, {seconds = 0}) => sum + seconds, 0);
	const own = steps.filter(({on}) => on === 'node').reduce((sum, {seconds = 0}) => sum + seconds, 0);
	const texts = {
		ready: [
			palette.bold('PLAN'),
			`${name}: ${steps.length} steps, about ${duration(total)}, of which the kubelet is stopped for about ${duration(own)}`,
		],
		nothing: [palette.good('NOTHING TO DO'), `${name}: it is as it was asked for`],
		refused: [
			palette.bad('REFUSED'),
			`${name}: nothing is done to it, for ${refusals.length === 1 ? 'one reason' : `${refusals.length} reasons`}`,
		],
	} as const;
	const [label, text] = texts[outcome];
	return `${label} ${wrap(text, Math.max(40, width - 16)).join('\n  ')}\n`;
}

function formatStep(step: PlanStep, index: number, all: readonly PlanStep[], {palette, width}: TextOptions): string {
	const number = String(index + 1).padStart(String(all.length).length);
	const indent = ' '.repeat(number.length + 6);
	const time = step.seconds === undefined ? '' : palette.dim(` (${duration(step.seconds)})`);
	const details = step.details.flatMap(detail => wrap(escapeText(detail), Math.max(40, width - indent.length - 2)));
	const lines = [
		...turn(step, all[index - 1], palette),
		`  ${number}. ${escapeText(step.title)}${time}`,
		...details.map(line => `${indent}${line}`),
		...(step.diff ?? []).map(line => `${indent}${diffLine(line, palette)}`),
	];
	return `${lines.join('\n')}\n`;
}

/** Where the node begins to act by itself, and where it ends. */
function turn(step: PlanStep, previous: PlanStep | undefined, palette: TextOptions['palette']): readonly string[] {
	if (step.on === 'node' && previous?.on !== 'node') {
		return [palette.dim('  from here the node goes on by itself, or takes all of it back:')];
	}

	return step.on !== 'node' && previous?.on === 'node' ? [palette.dim('  from here it is done from outside again:')] : [];
}

function diffLine(line: string, palette: TextOptions['palette']): string {
	const text = escapeText(line);
	if (/^(?:---|\+\+\+|@@) /.test(text)) {
		return palette.dim(text);
	}

	return text.startsWith('-') ? palette.bad(text) : text.startsWith('+') ? palette.good(text) : text;
}

function paragraph(
	label: string,
	sentences: readonly string[],
	{palette, width}: TextOptions,
	colour: (text: string) => string = palette.bold,
): string {
	const lines = sentences.flatMap(sentence =>
		wrap(escapeLines(sentence), Math.max(40, width - 4)).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`.trimEnd()),
	);
	return lines.length === 0 ? '' : `${[colour(label), ...lines].join('\n')}\n`;
}

function formatRefusal({object, message, remedy}: Refusal, {palette, width}: TextOptions): string {
	const room = Math.max(40, width - 4);
	const seen = wrap(`${escapeText(object)}: ${escapeText(message)}`, room);
	return `${[
		...seen.map((line, index) => (index === 0 ? `  ${palette.bad(line)}` : `    ${line}`)),
		...wrap(escapeLines(remedy), room).map(line => `    ${line}`.trimEnd()),
	].join('\n')}\n`;
}

/** Whole minutes from two on: nobody knows it better. */
function duration(seconds: number): string {
	return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
