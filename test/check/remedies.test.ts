import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {catalog} from '../../lib/check/catalog.ts';
import type {Finding} from '../../lib/check/check.ts';
import {runChecks} from '../../lib/check/run-checks.ts';
import type {ConfigFile, JsonValue, NodeFacts} from '../../lib/facts/node-facts.ts';
import {bridgeList, configFile, crioFacts, facts, plugin, upTo040} from './healthy-facts.ts';

const file = (name: string, json: JsonValue = bridgeList): ConfigFile => configFile(json, `/etc/cni/net.d/${name}`);
const old = (...types: readonly string[]) => types.map(type => plugin(type, {supportedVersions: upTo040, release: 'v0.8.7'}));
const containerd = (version: string) => ({name: 'containerd', version}) as const;
const noVersion = {name: 'mynet', plugins: [{type: 'bridge'}, {type: 'portmap'}]};
const calico = {
	name: 'k8s-pod-network',
	cniVersion: '0.3.1',
	plugins: [{type: 'calico', ipam: {type: 'calico-ipam'}}, {type: 'portmap'}],
};
const calicoPlugins = ['calico', 'calico-ipam', 'portmap', 'loopback'].map(type => plugin(type));

const remedyOf = (given: NodeFacts, check: string): Finding =>
	runChecks(given).find(finding => finding.check === check) ?? ({remedy: '', effect: ''} as Finding);

test("remedies have this node's values", t => {
	const newer = remedyOf(facts({plugins: old('bridge', 'host-local', 'portmap', 'loopback')}), 'plugin-supports-config');
	t.regex(newer.remedy, /Install bridge, host-local and portmap of containernetworking\/plugins v[\d.]+, on the node:\n/);
	t.regex(newer.remedy, /cni-plugins-linux-amd64-v/);
	t.regex(newer.remedy, /Or: Give \/etc\/cni\/net\.d\/10-bridge\.conflist "cniVersion": "0\.4\.0"/);

	const packaged = remedyOf(
		facts({
			plugins: ['bridge', 'host-local', 'portmap', 'loopback'].map(type =>
				plugin(type, {supportedVersions: upTo040, path: `/usr/lib/cni/${type}`, package: 'containernetworking-plugins 0.9.1'}),
			),
		}),
		'plugin-supports-config',
	);
	t.regex(packaged.remedy, /apt-get install --only-upgrade containernetworking-plugins/);

	const managed = remedyOf(
		facts({node: {provider: 'eks'}, plugins: old('bridge', 'host-local', 'portmap', 'loopback')}),
		'plugin-supports-config',
	);
	t.regex(managed.remedy, /^Amazon EKS brings this node's software\./);
	t.notRegex(managed.remedy, /curl/);

	const owned = remedyOf(
		facts({
			configFiles: [file('10-calico.conflist', {...calico, cniVersion: undefined as unknown as string})],
			plugins: calicoPlugins,
		}),
		'spec-version-set',
	);
	t.regex(owned.remedy, /Calico writes \/etc\/cni\/net\.d\/10-calico\.conflist[\s\S]*configmap calico-config/);
	t.notRegex(owned.remedy, /sed/);
});

test('where pods hang, no remedy drains first: that would hang too', t => {
	const hangs = remedyOf(facts({config: noVersion, runtime: containerd('1.6.2')}), 'spec-version-set');
	t.notRegex(hangs.remedy, /kubectl drain/);
	t.regex(hangs.remedy, /"cniVersion": "1\.0\.0"/);
	t.regex(
		remedyOf(facts({config: noVersion, runtime: containerd('1.7.28')}), 'spec-version-set').remedy,
		/kubectl drain worker-1/,
	);
	t.notRegex(
		remedyOf(facts({plugins: old('bridge', 'host-local', 'portmap', 'loopback')}), 'plugin-supports-config').remedy,
		/kubectl drain/,
	);
});

test('a name that a node chose never becomes more than one word of a shell', t => {
	const evil = "10-$(touch x)'; rm -rf ~ #\n.conflist";
	const found = runChecks(facts({configFiles: [file(evil, noVersion)], runtime: containerd('1.6.2')}));
	const {remedy = ''} = found.find(({check}) => check === 'spec-version-set') ?? {};
	t.true(remedy.includes(String.raw`'/etc/cni/net.d/10-$(touch x)'\''; rm -rf ~ #?.conflist'`), remedy);
});

test('no text of a node begins a line of a remedy, where it would read as a command of ours', t => {
	const evil = (given: NodeFacts): NodeFacts =>
		JSON.parse(
			JSON.stringify(given).replaceAll(/bridge|worker-1|mynet|calico|plugins-pkg|net\.d|script/g, String.raw`$&\n  EVIL`),
		) as NodeFacts;
	const cases: readonly NodeFacts[] = [
		facts({config: noVersion, runtime: containerd('1.6.2')}),
		facts({config: noVersion, runtime: containerd('1.7.28'), leases: [{network: 'mynet', leases: 2, orphans: 1}]}),
		facts({plugins: old('bridge', 'host-local', 'portmap', 'loopback')}),
		facts({plugins: old('bridge').map(old => ({...old, package: 'plugins-pkg 1.0'}))}),
		facts({plugins: [plugin('bridge', {path: null}), plugin('portmap', {path: null, elsewhere: ['/usr/lib/cni/bridge']})]}),
		facts({plugins: [plugin('bridge', {path: '/opt/cni/bin/script', kind: 'script', executable: true})]}),
		facts({config: {...bridgeList, plugins: [{type: 'bridge', cniVersion: '0.4.0'}]}}),
		facts({config: {name: 'mynet', plugins: [{type: 'bridge', cniVersion: '0.4.0'}]}}),
		facts({configFiles: [file('10-bridge.conf')]}),
		facts({configFiles: [{...file('10-bridge.conf'), content: {invalid: 'unexpected end of JSON input'}}]}),
		facts({configFiles: [file('.10-bridge.conflist'), file('20-calico.conflist', calico)], plugins: calicoPlugins}),
		facts({configFiles: [file('20-calico.conflist', calico)], plugins: [plugin('calico', {path: null}), ...old('calico-ipam')]}),
		facts({runtime: {networks: []}, node: {ready: {status: 'False'}}}),
		crioFacts('1.24.1', {configFiles: [file('11-crio-bridge.conf', {type: 'bridge', name: 'x', cniVersion: '1.0.0'})]}),
	];
	let seen = 0;
	for (const given of cases.map(evil)) {
		for (const {remedy, check} of runChecks(given)) {
			seen += remedy.includes('EVIL') ? 1 : 0;
			t.notRegex(remedy, /^\s*EVIL/m, `${check}: ${remedy}`);
		}
	}

	t.true(seen > 15, String(seen));
});

test('a plugin keeps its name in a remedy', t => {
	const {remedy} = remedyOf(
		facts({config: {...bridgeList, plugins: [{type: 'MyPlugin'}]}, plugins: [plugin('MyPlugin', {path: null})]}),
		'plugin-present',
	);
	t.regex(remedy, /brings plugin MyPlugin\.$/);
});

/** Runs the last line of commands of a remedy on a file that holds this text, with the tools of a PATH, and gives back the file. */
function afterRemedy(text: string, version: string | undefined, path: string): {text: string; mode: number} {
	const directory = mkdtempSync(join(tmpdir(), "cni-upgrade it's "));
	try {
		const config = join(directory, '-10 x.conflist');
		writeFileSync(config, text, {mode: 0o600});
		const given = facts({
			via: 'file',
			configFiles: [configFile(JSON.parse(text) as JsonValue, config)],
			runtime: containerd('1.6.20'),
			plugins: [...(version === undefined ? [plugin('bridge')] : old('bridge')), plugin('loopback')],
		});
		const {remedy} = remedyOf(given, version === undefined ? 'spec-version-set' : 'plugin-supports-config');
		const command = remedy.split('\n').findLast(line => /^ {2}cp /.test(line)) ?? 'exit 9';
		execFileSync('sh', ['-c', command], {env: {PATH: path}});
		return {text: readFileSync(config, 'utf8'), mode: statSync(config).mode & 0o777};
	} finally {
		rmSync(directory, {recursive: true});
	}
}

const shapes: readonly (readonly [what: string, text: (version: string) => string])[] = [
	[
		'over several lines',
		version => `{\n  ${version}"name": "x",\n  "plugins": [\n    {\n      "type": "bridge"\n    }\n  ]\n}\n`,
	],
	['on one line', version => `{${version}"name":"x","plugins":[{"type":"bridge"}]}`],
	['after an empty line', version => `\n\n  {${version}"name":"x",\n"plugins":[{"type":"bridge"}]}`],
];

for (const [what, text] of shapes) {
	test(`the command that gives a config its version leaves sound JSON, ${what}`, t => {
		const {text: added, mode} = afterRemedy(text(''), undefined, process.env['PATH'] ?? '');
		t.deepEqual(JSON.parse(added), {cniVersion: '1.0.0', name: 'x', plugins: [{type: 'bridge'}]}, added);
		t.is(mode, 0o600);
		const changed = afterRemedy(text('"cniVersion" :  "1.0.0", '), '1.0.0', process.env['PATH'] ?? '').text;
		t.deepEqual(JSON.parse(changed), {cniVersion: '0.4.0', name: 'x', plugins: [{type: 'bridge'}]}, changed);
	});
}

test('where a version stands in a plugin too, no command replaces whichever comes first', t => {
	const {remedy} = remedyOf(
		facts({
			config: {name: 'x', plugins: [{cniVersion: '1.0.0', type: 'bridge'}], cniVersion: '1.0.0'},
			plugins: old('bridge', 'loopback'),
		}),
		'plugin-supports-config',
	);
	t.regex(remedy, /"cniVersion": "0\.4\.0" at its top level\. .* edit it by hand/);
	t.notRegex(remedy, /\bsed\b/);
});

test('where cniVersions would win over it, the version alone is not the remedy', t => {
	const {remedy} = remedyOf(facts({config: {...bridgeList, cniVersions: ['1.1.0']}}), 'plugin-supports-config');
	t.regex(remedy, /"cniVersion": "1\.0\.0" at its top level, and take 1\.1\.0 out of its "cniVersions"/);
	t.notRegex(remedy, /\bsed\b/);
});

test('an archive whose checksum is wrong is not unpacked', t => {
	const {remedy} = remedyOf(facts({plugins: old('bridge', 'host-local', 'portmap', 'loopback')}), 'plugin-supports-config');
	t.regex(remedy, /sha256sum -c &&\n +mkdir -p \S+ && tar /);
	t.notRegex(remedy, /cd \/tmp/);
});

test('an upgrade of the runtime does not drain where draining hangs, nor stop anything on the machine of lint', t => {
	const hangs = facts({config: noVersion, runtime: containerd('1.6.2')});
	t.regex(
		remedyOf(hangs, 'runtime-handles-versions').remedy,
		/^Give the config its version first: until then draining hangs\.\n/,
	);
	t.notRegex(remedyOf(facts({runtime: containerd('1.6.2')}), 'runtime-handles-versions').remedy, /hangs/);

	const {remedy} = remedyOf(facts({via: 'file', runtime: containerd('1.6.2')}), 'runtime-handles-versions');
	t.regex(remedy, /^Drain the node, then upgrade containerd to 1\.6\.5 or later\.$/);
	t.notRegex(remedyOf(facts({runtime: containerd('1.6.2')}), 'runtime-supported').remedy, /releases\/:/);
});

test('CRI-O tears down by the config that it kept: neither the file nor a restart heals what hangs', t => {
	const notReady = [{id: 'a', namespace: 'n', name: 'p', createdAt: ''}];
	const given = crioFacts('1.22.5', {
		config: noVersion,
		sandboxes: {total: 9, notReady},
		journal: {incompatible: {count: 0, last: null}, emptyVersion: {count: 12, last: null}},
	});
	t.regex(remedyOf(given, 'spec-version-set').remedy, /with which they were started: .*CRI-O 1\.24\.2 or later/);
	t.regex(remedyOf(given, 'sandboxes-stop').remedy, /with which they were started: .*CRI-O 1\.24\.2 or later/);
	t.notRegex(remedyOf(given, 'sandboxes-stop').remedy, /restart/);
	t.regex(remedyOf(given, 'runtime-meets-floor').effect, /do not start/);
	t.regex(remedyOf(given, 'runtime-meets-floor').remedy, /draining may hang/i);
	for (const id of ['spec-version-set', 'sandboxes-stop']) {
		t.notRegex(catalog.find(check => check.id === id)?.fix ?? '', /drain first|restart it after/);
	}
});

test('a rename never takes the place of another config', t => {
	const {remedy} = remedyOf(facts({configFiles: [file('10-x.conf'), file('10-x.conflist')]}), 'config-extension-fits');
	t.regex(remedy, /^10-x\.conflist is there already\./);
	t.notRegex(remedy, /10-x\.conflist$/);
	t.regex(
		remedyOf(facts({configFiles: [file('10-x.conf')]}), 'config-extension-fits').remedy,
		/mv \/etc\/cni\/net\.d\/10-x\.conf \/etc\/cni\/net\.d\/10-x\.conflist$/,
	);
});

test('a broken file behind the config in use has no effect yet, on CRI-O either', t => {
	const invalid = (name: string): ConfigFile => ({...file(name), content: {invalid: 'unexpected end of JSON input'}});
	const effect = (...names: readonly string[]) =>
		remedyOf(
			crioFacts('1.30.1', {configFiles: names.map(name => (name.includes('bad') ? invalid(name) : file(name)))}),
			'config-loads',
		).effect;
	t.regex(effect('10-bridge.conflist', '99-bad.conf'), /^None as long as another file sorts before it\./);
	t.regex(effect('00-bad.conf', '10-bridge.conflist'), /leaves it out and goes on: pods get the network of the next file\.$/);
});

test("a network add-on's plugins come with it, also where somebody else replaces the node", t => {
	const gone = {
		configFiles: [file('10-calico.conflist', calico)],
		plugins: [plugin('calico', {path: null}), ...calicoPlugins.slice(1)],
	};
	for (const provider of ['none', 'eks', 'openshift', 'flatcar']) {
		t.regex(
			remedyOf(facts({...gone, node: {provider}}), 'plugin-present').remedy,
			/^Plugin calico comes with Calico: /,
			provider,
		);
	}
});

test('where the image brings no plugins, an upgrade of the image is no remedy', t => {
	const given = (provider: string, dir: string) =>
		remedyOf(
			facts({
				node: {provider},
				plugins: old('bridge', 'host-local', 'portmap').map(each => ({...each, path: `${dir}/${each.type}`})),
			}),
			'plugin-supports-config',
		).remedy;
	t.regex(given('flatcar', '/opt/cni/bin'), /^Install bridge, host-local and portmap/);
	t.regex(given('fedora-coreos', '/usr/libexec/cni'), /^Fedora CoreOS brings this node's software\./);
	t.regex(given('eks', '/opt/cni/bin'), /^Amazon EKS brings this node's software\./);
});

test('pods that hang since containerd 1.5 are healed by 0.2.0 first', t => {
	const remedy = (version: string) =>
		remedyOf(facts({config: noVersion, runtime: containerd(version)}), 'spec-version-set').remedy;
	t.regex(remedy('1.5.18'), /Pods that hang already need 0\.2\.0 first/);
	t.notRegex(remedy('1.6.3'), /0\.2\.0/);
	t.notRegex(remedy('1.7.24'), /0\.2\.0/);
});

test('where STATUS is asked for, a plugin that refuses the version makes the node NotReady', t => {
	const effect = (version: string, runtime: string, check: string) =>
		remedyOf(facts({config: {...bridgeList, cniVersion: version}, runtime: containerd(runtime)}), check).effect;
	t.regex(effect('1.1.0', '2.0.1', 'plugin-supports-config'), /STATUS fails too, so that the node is NotReady\.$/);
	t.regex(effect('9.9.9', '2.3.4', 'spec-version-valid'), /STATUS fails too/);
	t.regex(effect('1.1.0', '2.0.0', 'plugin-supports-config'), /The node stays Ready all the while\.$/);
	t.regex(effect('1.0.1', '2.3.4', 'spec-version-valid'), /The node stays Ready all the while\.$/);
});

test('CRI-O that was ready once goes on saying so without a config', t => {
	const effect = (ready: boolean) =>
		remedyOf(crioFacts('1.36.3', {configFiles: [], runtime: {networkReady: {ready, message: ''}}}), 'config-present').effect;
	t.regex(effect(true), /The node stays Ready all the while/);
	t.regex(effect(false), /the node is NotReady/);
});

test('plugins beside the list are no other config in memory', t => {
	const held = (version: string, ...types: readonly string[]) =>
		remedyOf(
			facts({config: bridgeList, runtime: {...containerd(version), networks: [{name: 'mynet', cniVersion: '1.0.0', types}]}}),
			'runtime-holds-config',
		).effect;
	t.is(held('2.1.9', 'bridge', 'portmap', 'bandwidth'), '');
	t.not(held('1.7.24', 'bridge', 'portmap', 'bandwidth'), '');
	t.not(held('2.1.9', 'bridge'), '');
});
