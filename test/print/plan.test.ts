import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';
import test from 'ava';
import * as fc from 'fast-check';
import {parse} from 'yaml';
import type {DrainPreview} from '../../lib/plan/drain-preview.ts';
import type {Plan} from '../../lib/plan/plan.ts';
import {paletteFor, plain} from '../../lib/print/colour.ts';
import {formatJson} from '../../lib/print/json.ts';
import {formatPlan, formatPlanDiff} from '../../lib/print/plan.ts';
import {formatYaml} from '../../lib/print/yaml.ts';
import {bridgeList, bridgePath, facts, plugin, upTo040} from '../check/healthy-facts.ts';
import {memoryStream} from '../cmd/run-cli.ts';
import {hostileFacts} from '../faults/hostile-facts.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {archiveOf, planOf} from '../plan/inputs.ts';
import {forbidden, hostileText} from './hostile-text.ts';

const options = {palette: plain, width: 80};
const old = ['bridge', 'host-local', 'portmap', 'loopback'].map(type =>
	plugin(type, {supportedVersions: upTo040, release: 'v0.9.1'}),
);
const pod = (name: string) => ({namespace: 'shop', name});
const drain: DrainPreview = {
	evict: [pod('web-1'), pod('web-2')],
	stay: [{pod: {namespace: 'kube-system', name: 'kube-proxy-x'}, why: 'DaemonSet-managed'}],
	errors: [],
	warnings: [],
	blocked: [{pod: pod('web-2'), budget: 'web', message: 'needs 2 healthy pods and has 2 currently'}],
};
const ready = planOf({
	facts: facts({plugins: old, config: {...bridgeList, cniVersion: '0.4.0'}}),
	archive: archiveOf('v1.6.2'),
	request: {cniVersion: 'auto'},
	drain,
});
const refused = planOf({facts: facts({plugins: old})});

test('a plan for people: numbered steps with what they change, then pods', t => {
	const text = formatPlan(ready, options);
	t.regex(text, /^PLAN node\/worker-1: 18 steps, about 3 min, of which the kubelet is\n {2}stopped for about 38 s\n/);
	t.regex(text, /\n {3}9\. replace the plugins \(2 s\)\n {8}\/opt\/cni\/bin\/bridge: v0\.9\.1 → v1\.6\.2 \(4\.0 MiB\)\n/);
	t.regex(text, /\n {8}@@ line 2 @@\n {8}-"cniVersion": "0\.4\.0"\n {8}\+"cniVersion": "1\.0\.0"\n/);
	t.regex(text, /from here the node goes on by itself, or takes all of it back:\n {3}6\. stop the kubelet/);
	t.regex(text, /\nPODS THAT GO\n {2}shop\/web-1\n/);
	t.regex(text, /\nPODS THAT ARE HELD\n {2}shop\/web-2 by web: needs 2 healthy pods and has 2 currently\n/);
	t.regex(text, /\nPODS THAT STAY\n {2}kube-system\/kube-proxy-x \(DaemonSet-managed\)\n/);
});

test('every line fits 80 columns, commands and paths aside', t => {
	for (const plan of [ready, refused, planOf()]) {
		for (const line of formatPlan(plan, options).split('\n')) {
			t.true(line.length <= 80, line);
		}
	}
});

test('a refusal names what was seen, what was expected and what to do', t => {
	t.is(
		formatPlan(refused, options),
		[
			'REFUSED node/worker-1: nothing is done to it, for one reason',
			'',
			`  file/${bridgePath}: plugin/bridge supports 0.1.0, 0.2.0,`,
			'    0.3.0, 0.3.1, 0.4.0; expected 1.0.0 among them',
			'    Bring plugins of release v1.0.0 or later with --plugins FILE|URL.',
			'    Or give the config the highest version that fits: --cni-version 0.4.0.',
			'',
		].join('\n'),
	);
});

test('nothing to do is said in a line', t => {
	t.regex(formatPlan(planOf(), options), /^NOTHING TO DO node\/worker-1: it is as it was asked for\n/);
});

test('the diff alone is the changed lines', t => {
	t.is(
		formatPlanDiff(ready, options),
		`--- ${bridgePath}\n+++ ${bridgePath}\n@@ line 2 @@\n-"cniVersion": "0.4.0"\n+"cniVersion": "1.0.0"\n`,
	);
});

test('a long list of pods is cut, and the rest counted', t => {
	const many = {...drain, evict: Array.from({length: 25}, (_, index) => pod(`p${index}`)), blocked: []};
	t.regex(formatPlan({...ready, drain: many}, options), /shop\/p19 and 5\n? *more/);
});

test('colours are those of the palette, and none without', t => {
	const coloured = formatPlan(ready, {...options, palette: paletteFor(memoryStream(), {FORCE_COLOR: '1'})});
	t.true(coloured.includes('\x1b[32m+"cniVersion": "1.0.0"\x1b[39m'));
	t.false(formatPlan(ready, options).includes('\x1b'));
});

const schema = JSON.parse(readFileSync(new URL('../../lib/print/plan.schema.json', import.meta.url), 'utf8')) as object;
const validate = new Ajv2020({strict: true, strictTypes: false, allErrors: true}).compile(schema);

test('JSON and YAML of a plan are the same, and as the schema says', t => {
	for (const plan of [ready, refused, planOf(), planOf({facts: facts({node: {provider: 'eks'}})})]) {
		const read = JSON.parse(formatJson(plan)) as Plan;
		t.true(validate(read), JSON.stringify(validate.errors));
		t.deepEqual(parse(formatYaml(plan)), read);
	}

	t.false(validate({...ready, outcome: 'perhaps'}));
	t.false(validate({...ready, refusals: [{object: 'node/x'}]}));
});

test('nothing that a node or the API says reaches the terminal as it is', t => {
	fc.assert(
		fc.property(hostileFacts, hostileText, (node, text) => {
			const seen = {...drain, stay: [{pod: {namespace: text, name: text}, why: text}]};
			const plan = planOf({facts: node, archive: {...archiveOf('v1.6.2'), name: text}, drain: seen});
			const shown = [
				formatPlan(plan, options),
				formatPlan({...ready, drain: seen, warnings: [text], stays: [text], node: text}, options),
				formatPlanDiff({...ready, steps: [{id: 'config', on: 'node', title: text, details: [text], diff: [text]}]}, options),
				formatJson(plan),
			];
			t.true(shown.every(out => !forbidden.test(out.replaceAll('\n', ''))));
		}),
		fuzzRuns(200),
	);
});
