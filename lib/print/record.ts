import {escapeText} from './escape.ts';

/** What a record holds, as far as it is written for people. */
export type ShownRecord = {
	readonly node: string;
	readonly run: string;
	readonly by: string;
	readonly began: string;
	readonly ended: string;
	readonly outcome: string;
	readonly why: string;
	readonly changes: readonly string[];
	readonly proof: readonly {readonly title: string; readonly result: string; readonly detail: string}[];
	readonly steps: readonly {readonly title: string; readonly state: string; readonly at: string; readonly detail: string}[];
	readonly pods: readonly {readonly namespace: string; readonly name: string; readonly goneAfterSeconds: number | null}[];
	readonly times: readonly string[];
};

/** The evidence of a run in Markdown. Every value from outside is escaped twice: for terminals, and for what Markdown would take for markup. */
export function formatRecordMarkdown(record: ShownRecord): string {
	const {node, run, by, began, ended, outcome, why} = record;
	return [
		`# Upgrade of node/${text(node)}`,
		'',
		table(
			['', ''],
			[
				['Run', run],
				['By', by],
				['Began', began],
				['Ended', ended],
				['Outcome', `${outcome}${why === '' ? '' : `: ${why}`}`],
			],
		),
		section(
			'Changed',
			record.changes.map(line => `- ${text(line)}`),
		),
		section('Proved', [
			table(
				['Proof', 'Result', 'Seen'],
				record.proof.map(({title, result, detail}) => [title, result, detail]),
			),
		]),
		section(
			'Times',
			record.times.map(line => `- ${text(line)}`),
		),
		section('Pods that were evicted', [
			table(
				['Pod', 'Gone after'],
				record.pods.map(({namespace, name, goneAfterSeconds}) => [
					`${namespace}/${name}`,
					goneAfterSeconds === null ? '' : `${goneAfterSeconds} s`,
				]),
			),
		]),
		section('Steps', [
			table(
				['At', 'Step', 'State', 'Detail'],
				record.steps.map(({at, title, state, detail}) => [at, title, state, detail]),
			),
		]),
	]
		.filter(part => part !== '')
		.join('\n');
}

function section(title: string, lines: readonly string[]): string {
	return lines.every(line => line === '') ? '' : `\n## ${title}\n\n${lines.join('\n')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	if (rows.length === 0) {
		return '';
	}

	const line = (cells: readonly string[]) => `| ${cells.map(text).join(' | ')} |`;
	return `${[line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')}\n`;
}

function text(value: string): string {
	return escapeText(value).replaceAll(/[\\`*_{}[\]<>#|!~&]/g, '\\$&');
}
