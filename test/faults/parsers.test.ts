import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import * as fc from 'fast-check';
import {ExecError} from '../../lib/cluster/exec-errors.ts';
import {ExecOutput} from '../../lib/cluster/exec-output.ts';
import {choose} from '../../lib/cluster/kubeconfig-choice.ts';
import {readKubeconfig} from '../../lib/cluster/kubeconfig-files.ts';
import {nodeObjectOf} from '../../lib/cluster/node-object.ts';
import {BrokenSocket, MessageReader} from '../../lib/cluster/web-socket.ts';
import {pluginTypes, readConfigList} from '../../lib/cni/config-list.ts';
import {effectiveVersion} from '../../lib/cni/effective-version.ts';
import {parseVersionAnswer} from '../../lib/cni/version-answer.ts';
import {UserError} from '../../lib/errors.ts';
import type {JsonValue} from '../../lib/facts/node-facts.ts';
import {readSavedFacts} from '../../lib/facts/saved.ts';
import {readFrame} from '../../lib/node-script/frame.ts';
import {containerdSettings} from '../../lib/runtime/containerd-config.ts';
import {crioSettings} from '../../lib/runtime/crio-config.ts';
import {podState} from '../../lib/transport/pod-status.ts';
import {frame} from '../embedded/recorded.ts';
import {frameOf} from '../embedded/web-socket.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {hostileText} from '../print/hostile-text.ts';
import {hostileFacts} from './hostile-facts.ts';

const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-fuzz-'));

test.after.always(() => rmSync(directory, {recursive: true}));
test.afterEach('no prototype was polluted', t => {
	t.deepEqual(Object.keys(Object.prototype), []);
});

/** A value in which some place holds something else than was meant. */
function spoiled(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
	return fc.tuple(value, fc.array(fc.nat(1000), {maxLength: 3}), fc.jsonValue()).map(([whole, places, other]) => {
		return places.reduce<unknown>((changed, place) => replaceAt(changed, place, other), JSON.parse(JSON.stringify(whole)));
	});
}

/** The value with its nth inner value replaced, counted in depth. */
function replaceAt(value: unknown, place: number, other: unknown): unknown {
	let left = place;
	const visit = (inner: unknown): unknown => {
		left -= 1;
		if (left < 0 && left > -2) {
			return other;
		}

		if (Array.isArray(inner)) {
			return inner.map(visit);
		}

		return typeof inner === 'object' && inner !== null
			? Object.fromEntries(Object.entries(inner).map(([key, child]) => [key, visit(child)]))
			: inner;
	};

	return visit(value);
}

const name = fc.constantFrom('a', 'b', '', '__proto__', 'constructor');
const word = fc.oneof(name, fc.string(), fc.jsonValue());
const entry = (key: string, value: fc.Arbitrary<unknown>) => fc.array(fc.record({name: word, [key]: value}, {requiredKeys: []}));
const kubeconfig = fc.record(
	{
		'current-context': word,
		contexts: entry('context', fc.record({cluster: word, user: word, namespace: word}, {requiredKeys: []})),
		clusters: entry('cluster', fc.record({server: word, 'proxy-url': word, 'certificate-authority': word}, {requiredKeys: []})),
		users: entry(
			'user',
			fc.record({token: word, exec: fc.oneof(word, fc.record({command: word, args: word})), tokenFile: word}, {requiredKeys: []}),
		),
	},
	{requiredKeys: []},
);

test('kubeconfig: any text or object leads to a choice, or to an error in words', async t => {
	const file = join(directory, 'kubeconfig');
	const content = fc.oneof(
		spoiled(kubeconfig).map(value => JSON.stringify(value)),
		fc.string({unit: 'binary'}),
		fc
			.array(
				fc.constantFrom(
					'users:',
					'- name: a',
					'  user:',
					'    token: x',
					'&a',
					'*a',
					'<<: *a',
					'!!js/function',
					'%YAML 9',
					'---',
					'\t',
					'? ',
					'|',
					'{',
					']',
				),
			)
			.map(lines => lines.join('\n')),
	);
	await fc.assert(
		fc.asyncProperty(content, name, async (text, context) => {
			writeFileSync(file, text);
			try {
				const choice = choose(await readKubeconfig({}, file), context === '' ? {} : {context}, {}, directory);
				t.is(typeof choice.namespace, 'string');
			} catch (error) {
				t.true(error instanceof UserError, String((error as Error).stack));
			}
		}),
		fuzzRuns(500),
	);
});

test('frame: any payload under a right checksum is an answer, or damaged with a reason', t => {
	const probe = {run: 'abcdefghij', uid: 'uid-1'};
	const encoding = fc.constantFrom('plain', 'gzip+base64', 'in-log', '__proto__', '');
	fc.assert(
		fc.property(encoding, fc.oneof(hostileText, fc.base64String()), hostileText, fc.array(fc.nat()), (how, text, noise, cuts) => {
			let wire = `${noise}${frame({...probe, encoding: how, payload: `${text}\n`})}`;
			t.true(['answer', 'in-log', 'damaged'].includes(readFrame(wire, probe).kind));
			for (const cut of cuts) {
				wire = wire.slice(0, cut % wire.length) + wire.slice((cut % wire.length) + 1 + (cut % 7));
				t.true(['answer', 'in-log', 'damaged'].includes(readFrame(wire, probe).kind));
				wire ||= 'x';
			}
		}),
		fuzzRuns(500),
	);
});

const pluginType = fc.constantFrom('bridge', 'multus', 'flannel', 'calico', 'portmap', '__proto__');
const plugin = fc.record(
	{
		type: pluginType,
		name: word,
		cniVersion: word,
		cniVersions: word,
		ipam: fc.oneof(word, fc.record({type: word})),
		delegates: fc.array(fc.oneof(word, fc.record({type: word, plugins: fc.array(fc.record({type: word}))}))),
		delegate: fc.oneof(word, fc.record({type: word})),
		capabilities: word,
	},
	{requiredKeys: []},
);
const list = fc.record(
	{cniVersion: word, cniVersions: fc.array(word), name: word, disableCheck: word, plugins: fc.oneof(word, fc.array(plugin))},
	{requiredKeys: []},
);

test('config list: any JSON is a list, or a reason why it is none', t => {
	const path = fc.constantFrom('/etc/cni/net.d/a.conflist', '/etc/cni/net.d/a.conf', '/etc/cni/net.d/a.json', 'x');
	fc.assert(
		fc.property(path, spoiled(fc.oneof(list, plugin, fc.jsonValue())), (path, json) => {
			const read = readConfigList({path, entry: 'file', mode: '0644', size: 1, sha256: 'x', content: {json: json as JsonValue}});
			if ('list' in read) {
				const {version} = effectiveVersion(read.list, undefined) as unknown as {version: unknown};
				t.not(version, null);
				for (const {type} of pluginTypes(read.list)) {
					t.is(typeof type, 'string');
				}
			}
		}),
		fuzzRuns(1000),
	);
});

const key = fc.constantFrom(
	'version',
	'plugins',
	'cni',
	'bin_dir',
	'bin_dirs',
	'conf_dir',
	'max_conf_num',
	'"io.containerd.grpc.v1.cri"',
	'__proto__',
	'crio',
	'network',
	'plugin_dirs',
	'network_dir',
	'cni_default_network',
);
const tomlValue = fc.oneof(
	fc.constantFrom(
		'2',
		'1',
		'"/x"',
		"['/a', '/b']",
		'true',
		'{a = 1}',
		'1e999',
		'nan',
		'0x_',
		'"""',
		'1979-05-27',
		'[[',
		'"\\u0000"',
	),
	fc.string().map(text => JSON.stringify(text)),
);
const toml = fc.oneof(
	fc.string(),
	fc
		.array(
			fc.oneof(
				fc.tuple(key, tomlValue).map(([name, value]) => `${name} = ${value}`),
				fc.array(key, {minLength: 1, maxLength: 4}).map(keys => `[${keys.join('.')}]`),
				fc.array(key, {minLength: 1, maxLength: 3}).map(keys => `[[${keys.join('.')}]]`),
			),
		)
		.map(lines => lines.join('\n')),
);

test('TOML: any text is settings, each known or with a reason', t => {
	fc.assert(
		fc.property(fc.array(toml, {maxLength: 3}), texts => {
			const files = texts.map((toml, index) => ({path: `/etc/${index}.toml`, toml}));
			for (const settings of [containerdSettings(files), crioSettings(files)]) {
				for (const value of Object.values(settings)) {
					t.true(
						['string', 'number', 'boolean'].includes(typeof value) ||
							Array.isArray(value) ||
							typeof (value as {unknown: unknown}).unknown === 'string',
					);
				}
			}
		}),
		fuzzRuns(500),
	);
});

test('VERSION answer: any JSON is versions, or a reason', t => {
	const answer = fc.record(
		{cniVersion: word, supportedVersions: fc.oneof(word, fc.array(word)), msg: word, code: word},
		{requiredKeys: []},
	);
	fc.assert(
		fc.property(fc.oneof(answer, fc.jsonValue()), json => {
			const versions = parseVersionAnswer(json as JsonValue);
			t.true('unknown' in versions ? versions.unknown.length < 400 : versions.every(version => typeof version === 'string'));
		}),
		fuzzRuns(1000),
	);
});

test('saved facts: any JSON is facts, or invalid with the place', t => {
	const saved = fc.record({
		apiVersion: fc.constant('cni-upgrade/v1'),
		kind: fc.constant('NodeFactsList'),
		items: fc.array(hostileFacts, {maxLength: 2}),
	});
	fc.assert(
		fc.property(fc.oneof(spoiled(saved), spoiled(hostileFacts)), json => {
			const object = typeof json === 'object' && json !== null ? json : {};
			const read = readSavedFacts(object);
			t.true('facts' in read ? read.facts.every(({node}) => typeof node.name === 'string') : read.invalid !== '');
		}),
		fuzzRuns(300),
	);
});

test('pod status: any JSON is one of the four states', t => {
	const part = fc.record({reason: word, message: word, exitCode: word}, {requiredKeys: []});
	const status = fc.record(
		{
			phase: fc.constantFrom('Failed', 'Pending', 7),
			reason: word,
			message: word,
			startTime: word,
			containerStatuses: fc.oneof(
				word,
				fc.array(
					fc.oneof(
						word,
						fc.record({state: fc.oneof(word, fc.record({waiting: part, terminated: fc.oneof(word, part)}, {requiredKeys: []}))}),
					),
				),
			),
		},
		{requiredKeys: []},
	);
	fc.assert(
		fc.property(fc.oneof(fc.jsonValue(), fc.record({metadata: word, status: spoiled(status)})), pod => {
			const state = podState(pod, 'image');
			t.true(
				state.state === 'failed' ? state.reason.length < 2500 : state.state !== 'ended' || typeof state.message === 'string',
			);
		}),
		fuzzRuns(1000),
	);
});

/** What a reader makes of bytes that come in such pieces: its messages, and why it gave up. */
function messagesOf(bytes: Buffer, cuts: readonly number[]): unknown {
	const reader = new MessageReader(1000);
	const messages: unknown[] = [];
	const edges = [...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
	let from = 0;
	try {
		for (const to of edges) {
			messages.push(...reader.push(bytes.subarray(from, to)));
			from = to;
		}
	} catch (error) {
		if (!(error instanceof BrokenSocket)) {
			throw error;
		}

		return {broken: error.message};
	}

	return messages;
}

test('bytes of a WebSocket are messages or a reason, however they are cut', t => {
	const sent = fc.array(
		fc.record({
			kind: fc.constantFrom('binary' as const, 'close' as const, 'pong' as const),
			data: fc.uint8Array({maxLength: 300}),
		}),
	);
	const wellFormed = sent.map(frames =>
		Buffer.concat(
			frames.map(({kind, data}) => frameOf(kind, Buffer.from(data.subarray(0, kind === 'binary' ? 300 : 125)), 'server')),
		),
	);
	const anything = fc.oneof(
		wellFormed,
		fc.uint8Array({maxLength: 60}).map(bytes => Buffer.from(bytes)),
	);
	fc.assert(
		fc.property(anything, fc.array(fc.nat(2000), {maxLength: 8}), (bytes, cuts) => {
			t.deepEqual(messagesOf(bytes, cuts), messagesOf(bytes, []));
		}),
		fuzzRuns(500),
	);
	t.pass();
});

test('whatever an exec tells of its end is an exit code or a reason', t => {
	const status = fc.oneof(
		fc.string(),
		spoiled(
			fc.constant({
				status: 'Failure',
				reason: 'NonZeroExitCode',
				message: 'm',
				code: 500,
				details: {causes: [{reason: 'ExitCode', message: '3'}]},
			}),
		).map(value => JSON.stringify(value)),
	);
	fc.assert(
		fc.property(status, text => {
			try {
				const end = new ExecOutput({namespace: 'n', pod: 'p', maxBytes: 10}).take(
					Buffer.concat([Buffer.from([3]), Buffer.from(text)]),
				);
				return end === undefined ? text === '' : Number.isInteger(end.code) && end.code >= 0 && end.code <= 999;
			} catch (error) {
				return error instanceof ExecError;
			}
		}),
		fuzzRuns(500),
	);
	t.pass();
});

test('any object is read as a node', t => {
	const value = fc.oneof(
		fc.jsonValue(),
		spoiled(
			fc.constant({
				metadata: {name: 'n', labels: {a: 'b'}},
				spec: {taints: [{key: 'k'}], podCIDRs: ['c']},
				status: {conditions: [{type: 'Ready', status: 'True'}]},
			}),
		),
	);
	fc.assert(
		fc.property(value, node => {
			const read = nodeObjectOf(node);
			return typeof read.name === 'string' && read.conditions.every(({status}) => ['True', 'False', 'Unknown'].includes(status));
		}),
		fuzzRuns(500),
	);
	t.pass();
});
