import {decodeField} from '../node-field.ts';
import type {JsonValue} from './node-facts.ts';
import type {Known, Unknown} from './unknown.ts';

/** The records of one kind, each as its decoded fields without the kind itself. */
export type Records = {
	readonly of: (kind: string) => readonly (readonly string[])[];
	/** The fields after `kind key`. */
	readonly at: (kind: string, key: string) => readonly string[] | undefined;
	/** False where the node's answer was cut short on the node. */
	readonly complete: boolean;
};

/** A field that carries its own state; see collect.sh. */
export type State = {readonly value: string} | {readonly invalid: string} | Unknown | null;

/** A node that says nothing of a fact, though its answer came. */
export const notSaid: Unknown = {unknown: 'the node did not say'};

const maxRecords = 256 * 1024;
const maxFields = 10;
const maxReason = 300;

/** One line of an answer. Anything else is dropped: what it would have said is then unknown. */
const line = /^[a-z][a-z-]*(?: (?:[A-Za-z0-9._/:@+=,~!-]|%[0-9A-Fa-f]{2})+| %)*$/;

/** Splits an answer into its records and decodes their fields. Never throws; what is malformed or too much is left out. */
export function readRecords(text: string): Records {
	const byKind = new Map<string, string[][]>();
	for (const row of text.slice(0, maxRecords).split('\n')) {
		if (line.test(row)) {
			const [kind = '', ...fields] = row.split(' ', maxFields);
			const rows = byKind.get(kind) ?? [];
			rows.push(fields.map(decodeField));
			byKind.set(kind, rows);
		}
	}

	const of = (kind: string): string[][] => byKind.get(kind) ?? [];
	return {
		of,
		at: (kind, key) =>
			of(kind)
				.find(fields => fields[0] === key)
				?.slice(1),
		complete: byKind.has('end') && text.length <= maxRecords,
	};
}

export function stateOf(field: string | undefined): State {
	const rest = field?.slice(1) ?? '';
	switch (field?.[0]) {
		case '=': {
			return {value: rest};
		}

		case '~': {
			return {unknown: rest === '' ? notSaid.unknown : rest.slice(0, maxReason)};
		}

		case '!': {
			return {invalid: rest.slice(0, maxReason)};
		}

		case '-': {
			return null;
		}

		default: {
			return notSaid;
		}
	}
}

/** The field's value; anything else is unknown. */
export function known(field: string | undefined): Known<string> {
	const state = stateOf(field);
	if (state === null) {
		return notSaid;
	}

	return 'value' in state ? state.value : 'unknown' in state ? state : {unknown: state.invalid};
}

/** A whole number that is not negative. */
export function knownNumber(field: string | undefined): Known<number> {
	const text = known(field);
	return typeof text !== 'string' ? text : /^\d{1,15}$/.test(text) ? Number(text) : notSaid;
}

const maxDepth = 80;

/** The field's JSON, which the node has reduced; its depth is bounded, so that what walks over it may recurse. */
export function knownJson(field: string | undefined): {readonly json: JsonValue} | {readonly invalid: string} | Unknown {
	const state = stateOf(field);
	if (state === null) {
		return notSaid;
	}

	if (!('value' in state)) {
		return state;
	}

	try {
		const json = JSON.parse(state.value) as JsonValue;
		return isDeeper(json, maxDepth) ? {unknown: `it is nested deeper than ${maxDepth} levels`} : {json};
	} catch {
		return {unknown: 'the node sent something that is not JSON'};
	}
}

function isDeeper(value: JsonValue, levels: number): boolean {
	return (
		typeof value === 'object' &&
		value !== null &&
		(levels === 0 || Object.values(value).some(child => isDeeper(child, levels - 1)))
	);
}

/** A member of a JSON object. */
export function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
		? (value as Readonly<Record<string, JsonValue>>)[key]
		: undefined;
}

/** The elements of a JSON array; none for anything else. */
export function elements(value: JsonValue | undefined): readonly JsonValue[] {
	return Array.isArray(value) ? value : [];
}

/** A JSON string, or the fallback. */
export function textOr<T>(value: JsonValue | undefined, fallback: T): string | T {
	return typeof value === 'string' ? value : fallback;
}
