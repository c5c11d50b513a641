import {rmSync} from 'node:fs';
import test from 'ava';
import * as fc from 'fast-check';
import {type NodeHalf, parseAnswer} from '../../lib/facts/answer.ts';
import type {PluginFacts} from '../../lib/facts/node-facts.ts';
import {foreignPlugin, shellHead} from '../embedded/simulated-plugin.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {makeNode, runScript} from '../node-script/run-script.ts';

/** As collect.sh encodes a field. */
function field(text: string): string {
	return [...Buffer.from(text)]
		.map(byte =>
			/[A-Za-z0-9._/:@+=,~-]/.test(String.fromCharCode(byte))
				? String.fromCharCode(byte)
				: `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
		)
		.join('');
}

/** A record whose last field is a known value. */
const record = (start: string, value: unknown): string =>
	`${start} =${field(typeof value === 'string' ? value : JSON.stringify(value))}`;

const cniInfo = (cni: object, more: object = {}): object => ({config: {cni}, ...more});

const sha = 'a'.repeat(64);

/** A sound answer; each test replaces or adds lines. */
const sound: Readonly<Record<string, readonly string[]>> = {
	host: [
		'host hostname =node-1',
		'host boot-id =b001',
		record('host kernel', '6.1.0'),
		record('host os-image', 'Debian GNU/Linux 12 (bookworm)'),
		'host machine =3e00',
	],
	runtime: [
		'runtime endpoint =unix:///run/containerd/containerd.sock',
		'runtime name =containerd',
		'runtime version =1.6.20~ds1',
	],
	info: [
		record('info', {
			status: {
				conditions: [
					{type: 'RuntimeReady', status: true},
					{type: 'NetworkReady', status: false, reason: 'x', message: 'cni plugin not initialized'},
				],
			},
			cniconfig: {
				Networks: [
					{IFName: 'lo', Config: {Name: 'cni-loopback', CNIVersion: '0.3.1'}},
					{IFName: 'eth0', Config: {Name: 'net', CNIVersion: '', Plugins: [{Network: {type: 'bridge'}}]}},
				],
			},
			config: {
				cni: {binDir: '/opt/cni/bin/', confDir: '/etc/cni/net.d', maxConfNum: 0, confTemplate: '/t', useInternalLoopback: false},
			},
			lastCNILoadStatus: 'OK',
		}),
	],
	files: [
		'confdir /etc/cni/net.d listed 0',
		record(`file /etc/cni/net.d/10-x.conflist file =0644 =12 =${sha}`, {cniVersion: '1.0.0'}),
		`file /etc/cni/net.d/a%0Ab symlink =0600 =1 =${sha} !invalid%20character`,
		'file /etc/cni/net.d/x.bak directory =0755 =4096 ~it%20is%20not%20a%20regular%20file -',
		`file /other/10-x.conflist file =0644 =12 =${sha} -`,
	],
	plugins: [
		'bindir /opt/cni/bin present',
		'wanted bridge searched',
		'seen bridge /usr/lib/cni/bridge',
		record(`binary bridge /opt/cni/bin/bridge elf yes =${sha}`, 'kubernetes-cni 1.2.0-00'),
		record('answer /opt/cni/bin/bridge 0', {cniVersion: '1.0.0', supportedVersions: ['0.4.0', '1.0.0']}),
		record('about /opt/cni/bin/bridge', 'CNI bridge plugin v1.1.1'),
	],
	sandboxes: [
		'pods =7',
		record('stale', {
			items: [{id: 'f00', state: 'SANDBOX_NOTREADY', createdAt: '1700000000123456789', metadata: {name: 'p', namespace: 'ns'}}],
		}),
	],
	journal: ['journal incompatible 2 1763980001', 'journal empty 0 -'],
	leases: ['lease net 3 =1'],
	end: ['end'],
};

const answer = (parts: Readonly<Record<string, readonly string[]>> = {}): NodeHalf =>
	parseAnswer(
		`${Object.values({...sound, ...parts})
			.flat()
			.join('\n')}\n`,
	);

function first<T>([value]: readonly T[]): T {
	if (value === undefined) {
		throw new Error('the list is empty');
	}

	return value;
}

const plugin = (lines: readonly string[], more: Readonly<Record<string, readonly string[]>> = {}): PluginFacts => {
	const {plugins} = answer({plugins: ['bindir /opt/cni/bin present', 'wanted x searched', ...lines], ...more});
	return first(plugins as readonly PluginFacts[]);
};

test('a sound answer is read whole', t => {
	t.deepEqual(answer(), {
		host: {hostname: 'node-1', bootId: 'b001', kernel: '6.1.0', osImage: 'Debian GNU/Linux 12 (bookworm)', arch: 'amd64'},
		runtime: {
			name: 'containerd',
			version: '1.6.20~ds1',
			source: 'runtime',
			confDirs: ['/etc/cni/net.d'],
			binDirs: ['/opt/cni/bin'],
			maxConfNum: 0,
			confTemplate: '/t',
			internalLoopback: false,
			defaultNetwork: '',
			networkReady: {ready: false, message: 'cni plugin not initialized'},
			lastLoadStatus: 'OK',
			networks: [{name: 'net', cniVersion: '', types: ['bridge']}],
		},
		configFiles: [
			{
				path: '/etc/cni/net.d/10-x.conflist',
				entry: 'file',
				mode: '0644',
				size: 12,
				sha256: sha,
				content: {json: {cniVersion: '1.0.0'}},
			},
			{
				path: '/etc/cni/net.d/a\nb',
				entry: 'symlink',
				mode: '0600',
				size: 1,
				sha256: sha,
				content: {invalid: 'invalid character'},
			},
			{path: '/etc/cni/net.d/x.bak', entry: 'directory', mode: '0755', size: 4096, sha256: {unknown: 'it is not a regular file'}},
		],
		plugins: [
			{
				type: 'bridge',
				path: '/opt/cni/bin/bridge',
				elsewhere: ['/usr/lib/cni/bridge'],
				kind: 'elf',
				executable: true,
				sha256: sha,
				supportedVersions: ['0.4.0', '1.0.0'],
				release: 'v1.1.1',
				package: 'kubernetes-cni 1.2.0-00',
			},
		],
		sandboxes: {total: 7, notReady: [{id: 'f00', namespace: 'ns', name: 'p', createdAt: '2023-11-14T22:13:20Z'}]},
		journal: {incompatible: {count: 2, last: '2025-11-24T10:26:41Z'}, emptyVersion: {count: 0, last: null}},
		leases: [{network: 'net', leases: 3, orphans: 1}],
	});
});

test('records of a later release are passed over', t => {
	t.deepEqual(answer({more: ['weather =fine', 'host weather =fine']}), answer());
});

test('nothing at all is unknown, everywhere', t => {
	const half = parseAnswer('');
	const unknown = {unknown: 'the node did not say'};
	t.deepEqual(half.host, {hostname: unknown, bootId: unknown, osImage: unknown, kernel: unknown, arch: unknown});
	t.deepEqual(half.runtime.name, unknown);
	t.deepEqual(half.runtime.confDirs, unknown);
	t.deepEqual([half.sandboxes, half.journal], [unknown, unknown]);
	t.deepEqual(
		[half.plugins, half.leases],
		[{unknown: "the node's answer was cut short"}, {unknown: "the node's answer was cut short"}],
	);
});

test('a node without a program that is needed says so everywhere', t => {
	const {plugins, configFiles, runtime} = parseAnswer('missing awk\nend\n');
	t.deepEqual(
		[plugins, configFiles, runtime.source],
		[{unknown: 'awk is not on the node'}, {unknown: 'awk is not on the node'}, {unknown: 'awk is not on the node'}],
	);
});

const because = (lines: readonly string[]): unknown => plugin(lines).supportedVersions;

test('a plugin that is nowhere is so, and not unknown', t => {
	t.like(plugin(['seen x /usr/lib/cni/x']), {
		path: null,
		elsewhere: ['/usr/lib/cni/x'],
		supportedVersions: {unknown: 'no such file is in the directories where the runtime looks'},
	});
});

test('a plugin whose name is no file name is not taken for missing', t => {
	const {plugins} = answer({plugins: [`wanted ${field('../../bin/sh')} odd`]});
	t.like((plugins as readonly PluginFacts[])[0], {
		type: '../../bin/sh',
		path: {unknown: 'no file is looked for under such a name'},
	});
});

test('of two directories the first that holds the file counts', t => {
	const made = plugin(
		['bindir /a absent', 'bindir /b present', `binary x /b/x script yes =${sha} -`, `binary x /opt/cni/bin/x elf yes =${sha} -`],
		{
			info: [record('info', cniInfo({binDirs: ['/a', '/b', '/opt/cni/bin']}))],
		},
	);
	t.like(made, {path: '/b/x', elsewhere: [], kind: 'script'});
});

test('a directory that was not searched makes the path unknown', t => {
	t.like(plugin([], {info: [record('info', cniInfo({binDir: '/z'}))]}), {path: {unknown: '/z was not searched on the node'}});
});

test('each reason for not asking a plugin is told', t => {
	t.deepEqual(because([`binary x /opt/cni/bin/x script yes =${sha} -`]), {unknown: 'it is a script, and scripts are not run'});
	t.deepEqual(because([`binary x /opt/cni/bin/x foreign-elf yes =${sha} -`]), {unknown: 'it is a program for another machine'});
	t.deepEqual(because([`binary x /opt/cni/bin/x whatever yes =${sha} -`]), {
		unknown: 'it is no program that this machine can run',
	});
	t.deepEqual(because([`binary x /opt/cni/bin/x elf no =${sha} -`]), {unknown: 'it is not executable'});
	t.deepEqual(because([`binary x /opt/cni/bin/x elf yes =${sha} -`]), {unknown: 'it was not asked'});
});

test('each failure to answer is told', t => {
	const elf = `binary x /opt/cni/bin/x elf yes =${sha} -`;
	t.deepEqual(because([elf, 'answer /opt/cni/bin/x 137 !unexpected%20end']), {
		unknown: 'it did not answer to VERSION within 5 seconds',
	});
	t.deepEqual(because([elf, 'answer /opt/cni/bin/x 139 !unexpected%20end']), {
		unknown: 'its answer to VERSION, exit status 139, is not valid JSON: unexpected end',
	});
	t.deepEqual(because([elf, 'answer /opt/cni/bin/x -1 ~it%20is%20too%20long']), {unknown: 'it is too long'});
	t.deepEqual(because([elf, record('answer /opt/cni/bin/x 1', {code: 4, msg: 'unknown CNI_COMMAND: VERSION'})]), ['0.1.0']);
	t.deepEqual(plugin([elf, record('about /opt/cni/bin/x', 'CNI x plugin version unknown')]).release, {
		unknown: 'it does not know its own release',
	});
	t.is(plugin([elf]).package, null);
});

test('CRI-O reports its condition only', t => {
	const {runtime} = answer({
		runtime: ['runtime name =cri-o', 'runtime version =1.24.6'],
		info: [record('info', {status: {conditions: [{type: 'NetworkReady', status: true, message: ''}]}})],
		settings: [record('settings cri-o dump /etc/crio/crio.conf', '[crio.network]\nplugin_dirs = ["/usr/libexec/cni"]\n')],
	});
	t.like(runtime, {
		source: 'runtime',
		binDirs: ['/usr/libexec/cni'],
		networkReady: {ready: true, message: ''},
		networks: {unknown: 'CRI-O does not report it'},
	});
});

const settings = (...lines: string[]) => answer({info: ['info ~crictl%20is%20not%20on%20the%20node'], settings: lines}).runtime;

test('where the settings come from is told', t => {
	t.is(settings().source, 'defaults');
	t.is(settings(record('settings containerd file /etc/containerd/config.toml', 'version = 2\n')).source, 'files');
	t.is(settings(record('settings containerd dump /etc/containerd/config.toml', 'version = 2\n')).source, 'runtime');
	t.deepEqual(settings().networkReady, {unknown: 'crictl is not on the node'});
});

test('a file that could not be read makes all settings unknown', t => {
	const {confDirs} = settings(
		record('settings containerd file /a', 'version = 2\n'),
		'settings containerd file /b ~it%20is%20not%20there',
	);
	t.deepEqual(confDirs, {unknown: '/b: it is not there'});
});

test("another runtime's settings are not guessed", t => {
	const {runtime} = answer({runtime: ['runtime name =docker'], info: []});
	t.deepEqual([runtime.name, runtime.binDirs], ['docker', {unknown: 'docker is not asked for its CNI settings'}]);
});

test('a conf dir that was not listed whole makes the files unknown', t => {
	t.deepEqual(answer({files: ['confdir /etc/cni/net.d listed 3']}).configFiles, {
		unknown: '/etc/cni/net.d holds more than 64 configuration files',
	});
	t.deepEqual(answer({files: ['confdir /etc/cni/net.d closed 0']}).configFiles, {unknown: '/etc/cni/net.d cannot be read'});
	t.deepEqual(answer({files: []}).configFiles, {unknown: '/etc/cni/net.d was not looked into on the node'});
	t.deepEqual(answer({files: [], end: []}).configFiles, {unknown: "the node's answer was cut short"});
	t.deepEqual(answer({files: ['confdir /etc/cni/net.d absent 0']}).configFiles, []);
});

test('without a word from the journal it is unknown', t => {
	t.deepEqual(answer({journal: ['journal ~journalctl%20is%20not%20on%20the%20node']}).journal, {
		unknown: 'journalctl is not on the node',
	});
	t.deepEqual(answer({journal: ['journal incompatible x y', 'journal empty 0 -']}).journal, {unknown: 'the node did not say'});
});

test('leases without a list of sandboxes have unknown orphans', t => {
	t.deepEqual(answer({leases: ['lease net 3 ~crictl%20is%20not%20on%20the%20node', 'lease x many =0']}).leases, [
		{network: 'net', leases: 3, orphans: {unknown: 'crictl is not on the node'}},
	]);
});

test('keys of the prototype and lone surrogates stay data', t => {
	const {configFiles} = answer({
		files: [
			'confdir /etc/cni/net.d listed 0',
			`file /etc/cni/net.d/a.conf file =0644 =1 =${sha} =${field('{"__proto__":{"type":"x"},"name":"\\ud800"}')}`,
		],
	});
	const {json} = first(configFiles as readonly {content: {json: {type?: string}}}[]).content;
	t.true(Object.hasOwn(json, '__proto__'));
	t.is(json.type, undefined);
});

test('JSON without bottom is unknown', t => {
	const {configFiles} = answer({
		files: [
			'confdir /etc/cni/net.d listed 0',
			`file /etc/cni/net.d/a.conf file =0644 =1 =${sha} =${field('['.repeat(20_000) + ']'.repeat(20_000))}`,
		],
	});
	t.deepEqual((configFiles as readonly {content: unknown}[])[0]?.content, {unknown: 'it is nested deeper than 80 levels'});
});

test('bytes that are no UTF-8 are replaced', t => {
	t.is(answer({host: ['host hostname =a%FF%C3%A9']}).host.hostname, 'a\uFFFD\u00E9');
});

const kinds = [
	'host',
	'runtime',
	'info',
	'settings',
	'confdir',
	'file',
	'bindir',
	'wanted',
	'binary',
	'answer',
	'about',
	'seen',
	'pods',
	'stale',
	'journal',
	'lease',
	'end',
	'missing',
];
const anyField = fc.oneof(
	fc.constantFrom(
		'%',
		'=',
		'-',
		'~',
		'!',
		'=%',
		'%0A',
		'containerd',
		'cri-o',
		'name',
		'x',
		'/opt/cni/bin',
		'/opt/cni/bin/x',
		'searched',
		'elf',
		'yes',
		'=%7B%7D',
		'=%5B%5D',
		'=1',
	),
	fc.string().map(field),
	fc.json().map(text => `=${field(text)}`),
);

test('any records are read without a crash', t => {
	fc.assert(
		fc.property(
			fc.array(
				fc.oneof(
					fc
						.tuple(fc.constantFrom(...kinds), fc.array(anyField, {maxLength: 9}))
						.map(([kind, fields]) => [kind, ...fields].join(' ')),
					fc.string(),
					fc.constantFrom(...Object.values(sound).flat()),
				),
			),
			lines => {
				JSON.stringify(parseAnswer(lines.join('\n')));
			},
		),
		fuzzRuns(1000),
	);
	t.pass();
});

test('an answer that is cut anywhere says less, never something else', t => {
	const text = Object.values(sound).flat().join('\n');
	for (let length = 0; length < text.length; length += 7) {
		const {plugins, journal} = parseAnswer(text.slice(0, length));
		t.deepEqual(plugins, {unknown: "the node's answer was cut short"});
		t.true('unknown' in journal || journal.incompatible.count === 2);
	}
});

test('what the script writes is what this reads', async t => {
	const node = makeNode({
		'/bin/sh': {program: shellHead()},
		'/run/containerd/containerd.sock': '',
		'/etc/containerd/config.toml': 'version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/srv/\u0062in/"\n',
		'/etc/cni/net.d/10 x.conflist': '{"cniVersion": "1.0.0", "name": "x", "plugins": [{"type": "macvlan", "token": "s3cr3t"}]}',
		'/etc/cni/net.d/20.conf': '{',
		'/srv/bin/macvlan': {program: foreignPlugin()},
		'/opt/cni/bin/loopback': '',
		'/var/lib/cni/networks/x/10.0.0.2': 'f00',
	});
	try {
		const half = parseAnswer((await runScript(node)).records);
		t.like(half.runtime, {
			name: 'containerd',
			source: 'files',
			binDirs: ['/srv/bin'],
			confDirs: ['/etc/cni/net.d'],
			networkReady: {unknown: 'crictl is not on the node'},
		});
		t.deepEqual(
			(half.configFiles as readonly {path: string; mode: string; content: unknown}[]).map(({path, mode, content}) => [
				path,
				mode,
				content,
			]),
			[
				['/etc/cni/net.d/10 x.conflist', '0644', {json: {cniVersion: '1.0.0', name: 'x', plugins: [{type: 'macvlan'}]}}],
				['/etc/cni/net.d/20.conf', '0644', {invalid: 'unexpected end of JSON input'}],
			],
		);
		t.deepEqual(
			(half.plugins as readonly PluginFacts[]).map(({type, path, elsewhere, kind}) => ({type, path, elsewhere, kind})),
			[
				{type: 'macvlan', path: '/srv/bin/macvlan', elsewhere: [], kind: 'foreign-elf'},
				{
					type: 'loopback',
					path: null,
					elsewhere: ['/opt/cni/bin/loopback'],
					kind: {unknown: 'no such file is in the directories where the runtime looks'},
				},
			],
		);
		t.deepEqual(half.leases, [{network: 'x', leases: 1, orphans: {unknown: 'crictl is not on the node'}}]);
	} finally {
		rmSync(node.base, {recursive: true});
	}
});
