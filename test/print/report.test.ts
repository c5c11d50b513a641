import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';
import test from 'ava';
import * as fc from 'fast-check';
import {parse} from 'yaml';
import type {Finding} from '../../lib/check/check.ts';
import {groupFindings} from '../../lib/check/group-findings.ts';
import type {NodeReport, Report} from '../../lib/check/report.ts';
import {type Palette, paletteFor, plain} from '../../lib/print/colour.ts';
import {formatFindings} from '../../lib/print/findings.ts';
import {formatJson, jsonPieces} from '../../lib/print/json.ts';
import {compactNames} from '../../lib/print/node-names.ts';
import {formatReport} from '../../lib/print/report.ts';
import {formatYaml} from '../../lib/print/yaml.ts';
import {memoryStream} from '../cmd/run-cli.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {forbidden, hostileText} from './hostile-text.ts';

const options = {palette: plain, width: 100, wide: false, head: true};

function finding(overrides: Partial<Finding> = {}): Finding {
	return {
		check: 'plugin-supports-config',
		severity: 'error',
		node: 'worker-1',
		object: 'plugin/bridge',
		message: 'config is "1.0.0", plugin supports ["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0"]',
		expected: 'a plugin that supports "1.0.0"',
		effect: 'no pod starts on this node',
		remedy: 'Install CNI plugins 1.0.0 or newer in /opt/cni/bin:\n  kubectl cni-upgrade explain plugin-supports-config',
		doc: 'https://www.cni.dev/docs/spec/',
		...overrides,
	};
}

function node(overrides: Partial<NodeReport> = {}): NodeReport {
	return {
		name: 'worker-1',
		via: 'pod',
		collectedAt: '2026-01-01T00:00:00.000Z',
		verdict: 'ok',
		unknown: [],
		osImage: 'Debian GNU/Linux 12 (bookworm)',
		kubeletVersion: 'v1.34.2',
		provider: 'none',
		runtime: {name: 'containerd', version: '1.7.24'},
		configs: [{path: '/etc/cni/net.d/10-containerd-net.conflist', name: 'containerd-net', cniVersion: '1.0.0', active: true}],
		plugins: [
			{type: 'bridge', path: '/opt/cni/bin/bridge', supportedVersions: ['0.4.0', '1.0.0'], release: 'v1.1.1', package: null},
		],
		supports: ['0.4.0', '1.0.0'],
		findings: [],
		...overrides,
	};
}

function report(nodes: readonly NodeReport[], skipped: readonly string[] = []): Report {
	const count = (verdict: string) => nodes.filter(node => node.verdict === verdict).length;
	const found = (severity: string) =>
		nodes.flatMap(({findings}) => findings).filter(finding => finding.severity === severity).length;
	return {
		apiVersion: 'cni-upgrade/v1',
		kind: 'PreflightReport',
		nodes,
		summary: {
			nodes: {total: nodes.length, ok: count('ok'), warning: count('warning'), error: count('error'), unknown: count('unknown')},
			findings: {error: found('error'), warning: found('warning'), info: found('info')},
		},
		skipped,
	};
}

const unknown = {unknown: 'no answer within 60 s'};

test('a report for people: the table, what is not known, each cause once, and what it comes to', t => {
	const nodes = [
		node(),
		node({
			name: 'worker-2',
			verdict: 'error',
			supports: ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0'],
			findings: [finding({node: 'worker-2'})],
		}),
		node({name: 'worker-3', verdict: 'error', supports: ['0.3.1', '1.0.0'], findings: [finding({node: 'worker-3'})]}),
		node({
			name: 'worker-4',
			verdict: 'unknown',
			unknown: ['config files: no answer within 60 s', 'plugins: no answer within 60 s'],
			configs: unknown,
			plugins: unknown,
			supports: unknown,
		}),
		node({name: 'worker-5', runtime: {name: unknown, version: unknown}, configs: [], supports: []}),
	];
	t.is(
		formatReport(report(nodes, ['kubelet-skew']), options),
		`NODE       RUNTIME               CONFIG                       CNI VERSION   PLUGINS SUPPORT   VIA   VERDICT
worker-1   containerd://1.7.24   10-containerd-net.conflist   1.0.0         0.4.0-1.0.0       pod   ok
worker-2   containerd://1.7.24   10-containerd-net.conflist   1.0.0         0.1.0-0.4.0       pod   error
worker-3   containerd://1.7.24   10-containerd-net.conflist   1.0.0         0.3.1,1.0.0       pod   error
worker-4   containerd://1.7.24   <unknown>                    <unknown>     <unknown>         pod   unknown
worker-5   <unknown>             <none>                       <none>        <none>            pod   ok

NOT KNOWN
  worker-4: config files, plugins: no answer within 60 s

ERROR plugin-supports-config
  nodes     2: worker-2, worker-3
  object    plugin/bridge
  seen      config is "1.0.0", plugin supports ["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0"]
  expected  a plugin that supports "1.0.0"
  effect    no pod starts on this node
  remedy    Install CNI plugins 1.0.0 or newer in /opt/cni/bin:
              kubectl cni-upgrade explain plugin-supports-config
  explain   kubectl cni-upgrade explain plugin-supports-config
  link      https://www.cni.dev/docs/spec/

5 nodes: 2 ok, 2 error, 1 unknown
1 check was left out: kubelet-skew
`,
	);
});

test('nothing to complain about is said', t => {
	t.regex(formatReport(report([node()]), options), /\n\n1 node: 1 ok; nothing was found\n$/);
});

test('-o wide adds the evidence, --no-headers takes the titles', t => {
	const [head = '', row = ''] = formatReport(report([node()]), {...options, wide: true}).split('\n');
	t.regex(head, /VIA +CONFIG PATH +NETWORK +PLUGINS +KUBELET +OS IMAGE +PROVIDER +VERDICT$/);
	t.regex(
		row,
		/pod +\/etc\/cni\/net.d\/10-containerd-net.conflist +containerd-net +bridge +v1\.34\.2 +Debian GNU\/Linux 12 \(bookworm\) +none +ok$/,
	);
	t.regex(formatReport(report([node()]), {...options, head: false}), /^worker-1 /);
});

test('500 nodes in 3 states read as 3', t => {
	const nodes = Array.from({length: 500}, (_, index) => {
		const name = `worker-${index}`;
		const findings =
			[[], [finding({node: name})], [finding({node: name, check: 'loopback-present', severity: 'warning'})]][index % 3] ?? [];
		return node({name, verdict: findings[0]?.severity === 'error' ? 'error' : 'ok', findings});
	});
	const text = formatReport(report(nodes), options);
	t.is([...text.matchAll(/^(ERROR|WARNING|INFO) /gm)].length, 2);
	t.true(text.split('\n').length < 500 + 30);
	t.regex(text, / {2}nodes {5}167: worker-1, worker-4, [\s\S]* and 159 more\n/);
});

const folds = test.macro((t, names: readonly string[], expected: string) => {
	t.is(compactNames(names), expected);
});

test('names in a row', folds, ['w-1', 'w-2', 'w-3', 'w-5', 'x'], 'w-[1-3], w-5, x');
test('two are no row', folds, ['w-1', 'w-2'], 'w-1, w-2');
test('leading zeros', folds, ['w08', 'w09', 'w10'], 'w[08-10]');
test('a number in the middle', folds, ['a1.example', 'a2.example', 'a3.example'], 'a[1-3].example');
test('escapes in names', folds, ['w\x1b[2J'], 'w\\x1b[2J');

const schema = JSON.parse(readFileSync(new URL('../../lib/print/report.schema.json', import.meta.url), 'utf8')) as object;

/** The published schema lets new fields pass; here every field has to be in it. */
function strict(part: unknown): unknown {
	if (Array.isArray(part)) {
		return part.map(strict);
	}

	if (typeof part !== 'object' || part === null) {
		return part;
	}

	const inner = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, strict(value)]));
	return 'properties' in inner && 'required' in inner ? {...inner, additionalProperties: false} : inner;
}

const ajv = new Ajv2020({allErrors: true, strict: true, allowUnionTypes: true});
const validate = ajv.compile(schema);
const validateStrictly = new Ajv2020({allErrors: true, strict: true, allowUnionTypes: true}).compile({
	...(strict(schema) as object),
	$id: 'urn:cni-upgrade:test:strict',
});

test('JSON and YAML are as the published schema says, and hold nothing besides', t => {
	const full = report(
		[
			node({findings: [finding()]}),
			node({configs: unknown, plugins: unknown, supports: unknown, runtime: {name: unknown, version: unknown}, osImage: unknown}),
			node({configs: [{path: '/x', name: null, cniVersion: null, active: false}]}),
		],
		['kubelet-skew'],
	);
	for (const text of [formatJson(full), formatYaml(full)]) {
		const read: unknown = parse(text);
		t.true(validate(read), JSON.stringify(validate.errors));
		t.true(validateStrictly(read), JSON.stringify(validateStrictly.errors));
		t.deepEqual(read, JSON.parse(JSON.stringify(full)));
	}

	t.is([...jsonPieces(full)].join(''), formatJson(full));
	t.false(validate({...full, kind: 'Report'}));
	t.true(validate({...full, added: 'later'}));
	t.false(validateStrictly({...full, added: 'later'}));
});

test('a node controls no byte of the output but its own text', t => {
	const hostileNode = fc.record({a: hostileText, b: hostileText, c: hostileText});
	fc.assert(
		fc.property(fc.array(hostileNode, {minLength: 1, maxLength: 4}), texts => {
			const nodes = texts.map(({a, b, c}) =>
				node({
					name: a,
					runtime: {name: b, version: c},
					configs: [{path: b, name: c, cniVersion: a, active: true}],
					plugins: [{type: a, path: b, supportedVersions: [c], release: a, package: b}],
					supports: [a, b, c],
					unknown: [b],
					osImage: c,
					provider: a,
					kubeletVersion: b,
					findings: [finding({node: a, object: b, message: c, expected: a, effect: b, doc: c})],
				}),
			);
			const text = formatReport(report(nodes), {...options, wide: true});
			t.notRegex(text.replaceAll('\n', ''), forbidden);
			// The table ends with the first empty line: one row a node, and the titles.
			t.is(text.split('\n\n')[0]?.split('\n').length, nodes.length + 1);
			const findings = formatFindings(groupFindings(nodes.flatMap(node => node.findings)), options);
			for (const line of findings.split('\n')) {
				t.regex(line, /^$|^ {2}|^ERROR plugin-supports-config$/);
			}
		}),
		fuzzRuns(300),
	);
});

test('colours are on a terminal only, and are all that is there besides text', t => {
	const text = (palette: Palette) =>
		formatReport(report([node({verdict: 'error', findings: [finding()]})]), {...options, palette});
	const coloured = text(paletteFor(memoryStream({isTTY: true}), {}));
	t.true(coloured.includes('\u001b[31merror\u001b[39m'));
	// oxlint-disable-next-line no-control-regex -- Our own colours are what is taken out.
	t.is(coloured.replaceAll(/\u001b\[\d+m/g, ''), text(plain));
	t.false(text(paletteFor(memoryStream(), {})).includes('\u001b'));
	t.false(text(paletteFor(memoryStream({isTTY: true}), {NO_COLOR: '1'})).includes('\u001b'));
});

test('what is said of several nodes as such is one finding, and names them once', t => {
	const finding = (node: string): Finding => ({
		check: 'node-ready',
		severity: 'warning',
		node,
		object: `node/${node}`,
		message: 'the node is not Ready',
		expected: 'Ready',
		effect: 'No new pod is put on it.',
		remedy: `See why:\n  kubectl describe node ${node}`,
		doc: 'https://example.com/',
	});
	const groups = groupFindings(['a-1', 'a-2', 'a-3'].map(finding));
	t.is(groups.length, 1);
	t.like(groups[0], {object: 'each of these nodes', nodes: ['a-1', 'a-2', 'a-3'], remedyOf: 'a-1'});
	t.is(groupFindings([finding('a-1')])[0]?.object, 'node/a-1');
});
