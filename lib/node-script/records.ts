import {decodeField} from '../node-field.ts';

/** One record of the node script's answer: its kind, then its fields, decoded. */
export type ActRecord = readonly string[];

/** What follows the kind on the lines of that kind, as the node wrote it: for what has a grammar of its own. */
export function actLines(text: string, kind: string): readonly string[] {
	return text
		.split('\n', maxRecords)
		.filter(line => line.startsWith(`${kind}\t`))
		.map(line => line.slice(kind.length + 1));
}

const maxRecords = 20_000;

/** A field as act.sh writes it: printable ASCII without the space, all else as %XX. */
const field = /^(?:%|(?:[!-$&-~]|%[0-9A-Fa-f]{2})*)$/;

/** Splits an answer into its records. Never throws: a line that is none is left out, and what it would have said is then missing. */
export function readActRecords(text: string): readonly ActRecord[] {
	return text
		.split('\n', maxRecords)
		.filter(line => line !== '')
		.map(line => line.split('\t'))
		.filter(fields => fields.every(value => field.test(value)))
		.map(fields => fields.map(decodeField));
}
