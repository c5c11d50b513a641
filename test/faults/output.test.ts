import test from 'ava';
import * as fc from 'fast-check';
import {parse} from 'yaml';
import {catalog} from '../../lib/check/catalog.ts';
import {makeReport} from '../../lib/check/report.ts';
import {UserError} from '../../lib/errors.ts';
import {readSavedFacts, savedFactsText} from '../../lib/facts/saved.ts';
import {paletteFor, plain} from '../../lib/print/colour.ts';
import {formatError} from '../../lib/print/errors.ts';
import {formatCatalog, formatExplanation} from '../../lib/print/explanation.ts';
import {formatJson} from '../../lib/print/json.ts';
import {formatReport} from '../../lib/print/report.ts';
import {formatYaml} from '../../lib/print/yaml.ts';
import {memoryStream} from '../cmd/run-cli.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {forbidden, hostileText} from '../print/hostile-text.ts';
import {hostileFacts} from './hostile-facts.ts';

const coloured = paletteFor(memoryStream({isTTY: true}), {});
// oxlint-disable-next-line no-control-regex -- The colour codes, which are ours, are what is taken out.
const colours = /\u001b\[\d{1,2}m/g;

test('whatever a node says in any of its fields, the report for people holds no control character and one row a node', t => {
	fc.assert(
		fc.property(fc.array(hostileFacts, {minLength: 1, maxLength: 3}), facts => {
			const report = makeReport(facts);
			for (const wide of [false, true]) {
				const text = formatReport(report, {palette: plain, width: 100, wide, head: true});
				t.notRegex(text.replaceAll('\n', ''), forbidden);
				t.is(text.split('\n\n')[0]?.split('\n').length, facts.length + 1);
				const painted = formatReport(report, {palette: coloured, width: 100, wide, head: true});
				t.is(painted.replaceAll(colours, ''), text);
				// Behind the table every line is ours: indented, or one of the few that begin a part.
				for (const line of text.split('\n\n').slice(1).join('\n').split('\n')) {
					t.regex(line, /^$|^ {2}|^NOT KNOWN$|^(ERROR|WARNING|INFO) [a-z-]+$|^INFO \(in full: -o wide|^\d+ nodes?: /);
				}
			}
		}),
		fuzzRuns(150),
	);
});

test('whatever a node says, JSON and YAML hold no control character, and the same when they are read', t => {
	fc.assert(
		fc.property(fc.array(hostileFacts, {minLength: 1, maxLength: 2}), facts => {
			const report = makeReport(facts);
			const [json, yaml] = [formatJson(report), formatYaml(report)];
			t.notRegex(`${json}${yaml}`.replaceAll('\n', ''), forbidden);
			t.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(report)));
			t.is((parse(yaml) as {nodes: unknown[]}).nodes.length, facts.length);
		}),
		fuzzRuns(60),
	);
});

test('facts with anything in their fields are saved and read back as they were', t => {
	fc.assert(
		fc.property(fc.array(hostileFacts, {maxLength: 2}), facts => {
			const plainFacts = JSON.parse(JSON.stringify(facts)) as unknown;
			const read = readSavedFacts(JSON.parse([...savedFactsText(facts)].join('')));
			t.true('facts' in read && isSame(read.facts, plainFacts));
		}),
		fuzzRuns(100),
	);
});

/** Reading leaves nothing out that is in the facts, but perhaps in another order. */
function isSame(read: unknown, given: unknown): boolean {
	return JSON.stringify(sorted(read)) === JSON.stringify(sorted(given));
}

function sorted(value: unknown): unknown {
	if (Array.isArray(value)) {
		return value.map(sorted);
	}

	return typeof value === 'object' && value !== null
		? Object.entries(value)
				.filter(([, inner]) => inner !== undefined)
				.map(([key, inner]) => [key, sorted(inner)] as const)
				.sort(([a], [b]) => (a < b ? -1 : 1))
		: value;
}

test('whatever stands in an error, its message is one line, and there is no control character', t => {
	fc.assert(
		fc.property(hostileText, hostileText, (message, cause) => {
			const text = formatError(new UserError(message, {remedy: 'Look.', cause: new Error(cause)}), {causes: true});
			t.notRegex(text.replaceAll('\n', ''), forbidden);
			t.is(text.split('\n').length, 4);
			t.notRegex(formatError(new Error(message)).replaceAll('\n', ''), forbidden);
			t.notRegex(formatError(message).replaceAll('\n', ''), forbidden);
		}),
		fuzzRuns(500),
	);
});

test('every explanation is as harmless', t => {
	t.notRegex([formatCatalog(catalog), ...catalog.map(formatExplanation)].join('').replaceAll('\n', ''), forbidden);
});
