import type {Command, Operands, Option, Options} from './command.ts';
import {commandAt} from './command-line.ts';
import {commands} from './commands.ts';
import {globalOptions} from './global-options.ts';

type Candidate = {readonly word: string; readonly about: string};

/** Candidates for a word, and whether the shell may offer files besides. */
type Completion = {readonly candidates: readonly Candidate[]; readonly files: boolean};

const nothing: Completion = {candidates: [], files: false};

/**
What could stand in place of the last word, which may be empty, in Cobra's form: `WORD TAB DESCRIPTION` a line, then `:4`, or `:0`
where files may be offered. kubectl asks so through `kubectl_complete-cni_upgrade` (k8s.io/kubectl, pkg/cmd/plugin/plugin_completion.go).
*/
export async function complete(words: readonly string[]): Promise<string> {
	const current = words.at(-1) ?? '';
	const before = words.slice(0, -1);
	const {candidates, files} = await completionOf(before, current);
	const fitting = candidates.filter(({word}) => word.startsWith(current));
	return [...fitting.map(({word, about}) => `${word}\t${about}`), files ? ':0' : ':4', ''].join('\n');
}

async function completionOf(before: readonly string[], current: string): Promise<Completion> {
	const name = before[commandAt(before)];
	if (name === undefined) {
		return {candidates: commands.map(({name, summary}) => ({word: name, about: summary})), files: false};
	}

	const command = await commands.find(row => row.name === name)?.load();
	if (command === undefined) {
		return nothing;
	}

	const options: Options = {...command.options, ...globalOptions};
	const waiting = before.at(-1) ?? '';
	const flag = flagNamed(waiting, options);
	if (flag !== undefined && flag.kind !== 'boolean') {
		return valuesOf(flag, '');
	}

	const [, long = ''] = /^(--[^=]+)=/s.exec(current) ?? [];
	const assigned = flagNamed(long, options);
	if (assigned !== undefined) {
		return valuesOf(assigned, `${long}=`);
	}

	return current.startsWith('-') ? flagsOf(options) : operandsOf(command, before);
}

function flagNamed(word: string, options: Options): Option | undefined {
	return Object.entries(options).find(
		([name, {short}]) => word === `--${name}` || (short !== undefined && word === `-${short}`),
	)?.[1];
}

async function valuesOf({choices, complete}: Option, prefix: string): Promise<Completion> {
	if (complete === 'check') {
		return {candidates: await checkIds(prefix), files: false};
	}

	return {candidates: (choices ?? []).map(choice => ({word: `${prefix}${choice}`, about: ''})), files: complete === 'file'};
}

function flagsOf(options: Options): Completion {
	return {candidates: Object.entries(options).map(([name, {summary}]) => ({word: `--${name}`, about: summary})), files: false};
}

async function operandsOf({operands}: Command, before: readonly string[]): Promise<Completion> {
	const {choices = [], complete, max}: Partial<Operands> = operands ?? {max: 0};
	const given = before.slice(commandAt(before) + 1).filter(word => !word.startsWith('-')).length;
	if (max !== undefined && given >= max) {
		return nothing;
	}

	return complete === 'check'
		? {candidates: await checkIds(''), files: false}
		: {candidates: choices.map(word => ({word, about: ''})), files: complete === 'file'};
}

async function checkIds(prefix: string): Promise<Candidate[]> {
	const {catalog} = await import('../lib/check/catalog.ts');
	return catalog.map(({id, title}) => ({word: `${prefix}${id}`, about: title}));
}
