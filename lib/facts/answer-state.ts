import {elements, known, knownJson, knownNumber, member, notSaid, type Records, textOr} from './answer-records.ts';
import type {JournalCount, JournalFacts, JsonValue, LeaseFacts, SandboxFacts} from './node-facts.ts';
import {isUnknown, type Known} from './unknown.ts';

const maxSandboxes = 32;
const maxNetworks = 64;

/** The sandboxes that the runtime holds. */
export function sandboxesOf(records: Records): Known<SandboxFacts> {
	const stale = knownJson(records.of('stale')[0]?.[0]);
	if (!('json' in stale)) {
		return {unknown: 'unknown' in stale ? stale.unknown : `crictl pods is not valid JSON: ${stale.invalid}`};
	}

	const notReady = elements(member(stale.json, 'items'))
		.slice(0, maxSandboxes)
		.map(item => ({
			id: textOr(member(item, 'id'), ''),
			namespace: textOr(member(member(item, 'metadata'), 'namespace'), ''),
			name: textOr(member(member(item, 'metadata'), 'name'), ''),
			createdAt: createdAt(member(item, 'createdAt')),
		}));
	return {total: knownNumber(records.of('pods')[0]?.[0]), notReady};
}

/** The CRI says it in nanoseconds since 1970, as a string; empty where it says anything else. */
function createdAt(value: JsonValue | undefined): string {
	return typeof value === 'string' && /^\d{10,19}$/.test(value) ? timestamp(Number(value) / 1e6) : '';
}

/** How often the two texts stand in the journal. */
export function journalOf(records: Records): Known<JournalFacts> {
	const incompatible = countOf(records.at('journal', 'incompatible'));
	const emptyVersion = countOf(records.at('journal', 'empty'));
	if (incompatible === undefined || emptyVersion === undefined) {
		const said = known(records.of('journal').find(fields => fields.length === 1)?.[0]);
		return typeof said === 'string' ? notSaid : said;
	}

	return {incompatible, emptyVersion};
}

function countOf(fields: readonly string[] | undefined): JournalCount | undefined {
	const [count = '', last = ''] = fields ?? [];
	if (!/^\d{1,9}$/.test(count)) {
		return undefined;
	}

	return {count: Number(count), last: Number(count) > 0 && /^\d{1,11}$/.test(last) ? timestamp(Number(last) * 1000) : null};
}

/** Leases of host-local on the node's disk, a network each. */
export function leasesOf(records: Records): Known<readonly LeaseFacts[]> {
	if (!records.complete) {
		return {unknown: "the node's answer was cut short"};
	}

	const why = known(records.of('leases')[0]?.[0]);
	if (records.of('leases').length > 0) {
		return isUnknown(why) ? why : notSaid;
	}

	return records
		.of('lease')
		.slice(0, maxNetworks)
		.flatMap(([network = '', leases = '', orphans]) =>
			/^\d{1,9}$/.test(leases) ? {network, leases: Number(leases), orphans: knownNumber(orphans)} : [],
		);
}

/** RFC 3339 with whole seconds, from milliseconds since 1970. */
function timestamp(milliseconds: number): string {
	return milliseconds < 8.64e15 ? `${new Date(milliseconds).toISOString().slice(0, 19)}Z` : '';
}
