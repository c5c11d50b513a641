import test from 'ava';
import {catalog} from '../../lib/check/catalog.ts';
import {runChecks} from '../../lib/check/run-checks.ts';
import {verdictOf} from '../../lib/check/verdict.ts';
import type {ConfigFile, JsonValue, NodeFacts} from '../../lib/facts/node-facts.ts';
import {unknownNodeHalf} from '../../lib/facts/node-facts.ts';
import {bridgeList, configFile, crioFacts, facts, healthyFacts, plugin, upTo040, upTo110} from './healthy-facts.ts';

const path = '/etc/cni/net.d/10-bridge.conflist';
const chain = (cniVersion: JsonValue | undefined, ...types: readonly string[]): JsonValue => ({
	...(cniVersion !== undefined && {cniVersion}),
	name: 'mynet',
	plugins: types.map(type => ({type})),
});
const file = (name: string, json: JsonValue = bridgeList): ConfigFile => configFile(json, `/etc/cni/net.d/${name}`);
const broken = (name: string): ConfigFile => ({...file(name), content: {invalid: 'unexpected end of JSON input'}});
const old = (...types: readonly string[]) => types.map(type => plugin(type, {supportedVersions: upTo040, release: 'v0.8.7'}));
const containerd = (version: string) => ({name: 'containerd', version}) as const;
const noVersion = chain(undefined, 'bridge', 'portmap');
const calico = {
	name: 'k8s-pod-network',
	cniVersion: '0.3.1',
	plugins: [{type: 'calico', ipam: {type: 'calico-ipam'}}, {type: 'portmap'}],
};
const calicoPlugins = ['calico', 'calico-ipam', 'portmap', 'loopback'].map(type => plugin(type));
const weave = {name: 'weave', cniVersion: '0.3.0', plugins: [{type: 'weave-net', ipam: {type: 'weave-ipam'}}]};
const weavePlugins = [
	...['weave-net', 'weave-ipam'].map(type => plugin(type, {supportedVersions: ['0.1.0', '0.2.0', '0.3.0']})),
	plugin('loopback'),
];

/** What a node shows, without what is only said for information: `SEVERITY CHECK OBJECT`. */
type Case = readonly [what: string, given: NodeFacts, found: readonly string[]];

const versions: readonly Case[] = [
	['a healthy node', healthyFacts, []],
	['the docs page example', facts({config: {...bridgeList, name: 'containerd-net'}, runtime: containerd('1.6.20')}), []],
	['0.3.1 is not broken by itself', facts({config: chain('0.3.1', 'bridge', 'portmap')}), []],
	['0.3.0 neither', facts({config: chain('0.3.0', 'bridge', 'portmap'), runtime: containerd('1.6.39')}), []],
	[
		'config newer than the plugins',
		facts({plugins: old('bridge', 'host-local', 'portmap', 'loopback')}),
		[`error plugin-supports-config file/${path}`],
	],
	[
		'one plugin older than the others',
		facts({plugins: [plugin('bridge'), plugin('host-local'), ...old('portmap'), plugin('loopback')]}),
		[`error plugin-supports-config file/${path}`],
	],
	[
		'an ipam plugin older',
		facts({plugins: [plugin('bridge'), ...old('host-local'), plugin('portmap'), plugin('loopback')]}),
		[`error plugin-supports-config file/${path}`],
	],
	[
		'exact membership: 0.3.0 is not in a list of 0.3.1 and later',
		facts({
			config: chain('0.3.0', 'vrf'),
			plugins: [plugin('vrf', {supportedVersions: ['0.3.1', '0.4.0', '1.0.0']}), plugin('loopback')],
		}),
		[`error plugin-supports-config file/${path}`],
	],
	[
		'without a version on 1.6.2',
		facts({config: noVersion, runtime: containerd('1.6.2')}),
		[`error spec-version-set file/${path}`, 'warning runtime-handles-versions runtime/containerd'],
	],
	[
		'without a version on 1.6.4',
		facts({config: noVersion, runtime: containerd('1.6.4')}),
		[`warning spec-version-set file/${path}`, 'warning runtime-handles-versions runtime/containerd'],
	],
	[
		'without a version on 1.7',
		facts({config: noVersion, runtime: containerd('1.7.28')}),
		[`warning spec-version-set file/${path}`],
	],
	[
		'an empty version on 1.6.0',
		facts({config: chain('', 'bridge'), runtime: containerd('1.6.0')}),
		[`error spec-version-set file/${path}`, 'warning runtime-handles-versions runtime/containerd'],
	],
	[
		'without a version and with firewall',
		facts({
			config: chain(undefined, 'bridge', 'firewall'),
			plugins: [plugin('bridge'), plugin('firewall', {supportedVersions: ['0.4.0', '1.0.0']}), plugin('loopback')],
			runtime: containerd('1.7.28'),
		}),
		[`error plugin-supports-config file/${path}`, `warning spec-version-set file/${path}`],
	],
	[
		'without a version on CRI-O 1.22',
		crioFacts('1.22.5', {config: noVersion}),
		[`error spec-version-set file/${path}`, 'error runtime-meets-floor runtime/cri-o'],
	],
	['without a version on CRI-O 1.34', crioFacts('1.34.1', {config: noVersion}), [`warning spec-version-set file/${path}`]],
	['a plugin release as version', facts({config: chain('1.0.1', 'bridge')}), [`error spec-version-valid file/${path}`]],
	[
		'a version inside a plugin alone',
		facts({config: {name: 'x', plugins: [{type: 'bridge', cniVersion: '0.4.0'}]}}),
		[`warning spec-version-set file/${path}`, `warning spec-version-at-top file/${path}`],
	],
	[
		'the same version inside a plugin',
		facts({config: {name: 'x', cniVersion: '1.0.0', plugins: [{type: 'bridge', cniVersion: '1.0.0'}]}}),
		[],
	],
	[
		'1.0.0 on containerd 1.5',
		facts({runtime: containerd('1.5.18')}),
		[`error runtime-reads-version file/${path}`, 'error runtime-meets-floor runtime/containerd'],
	],
	[
		'1.1.0 on containerd 1.7',
		facts({
			config: chain('1.1.0', 'bridge'),
			plugins: [plugin('bridge', {supportedVersions: upTo110}), plugin('loopback')],
			runtime: containerd('1.7.28'),
		}),
		[`error runtime-reads-version file/${path}`],
	],
	[
		'1.1.0 on containerd 2.2',
		facts({config: chain('1.1.0', 'bridge'), plugins: [plugin('bridge', {supportedVersions: upTo110}), plugin('loopback')]}),
		[],
	],
	[
		'cniVersions picks one that all support',
		facts({config: {...bridgeList, cniVersion: '1.1.0', cniVersions: ['1.0.0']}, runtime: containerd('1.7.28')}),
		[`error plugin-supports-config file/${path}`, `error runtime-reads-version file/${path}`],
	],
	[
		"multus: a delegate's own version",
		facts({
			configFiles: [
				file('00-multus.conf', {
					name: 'm',
					cniVersion: '1.0.0',
					type: 'multus',
					delegates: [{type: 'bridge', cniVersion: '1.1.0'}],
				}),
			],
			plugins: [plugin('multus'), plugin('bridge'), plugin('loopback')],
		}),
		['error plugin-supports-config file//etc/cni/net.d/00-multus.conf'],
	],
	[
		"flannel: the node's own bridge",
		facts({
			configFiles: [file('10-flannel.conflist', {name: 'cbr0', cniVersion: '1.0.0', plugins: [{type: 'flannel'}]})],
			plugins: [plugin('flannel'), ...old('bridge', 'host-local'), plugin('loopback')],
		}),
		['error plugin-supports-config file//etc/cni/net.d/10-flannel.conflist'],
	],
	[
		'CRI-O leaves a config out that its plugins refuse',
		crioFacts('1.30.1', {plugins: old('bridge', 'host-local', 'portmap'), configFiles: [file('10-bridge.conflist')]}),
		[`error plugin-supports-config file/${path}`, 'error config-present node/worker-1'],
	],
];

const plugins: readonly Case[] = [
	[
		'a plugin is missing',
		facts({plugins: [plugin('bridge', {path: null}), plugin('host-local'), plugin('portmap'), plugin('loopback')]}),
		['error plugin-present plugin/bridge'],
	],
	[
		'it is elsewhere',
		facts({
			plugins: [
				plugin('bridge', {path: null, elsewhere: ['/usr/lib/cni/bridge']}),
				plugin('host-local'),
				plugin('portmap'),
				plugin('loopback'),
			],
		}),
		['error plugin-present plugin/bridge'],
	],
	[
		'all are gone',
		facts({plugins: ['bridge', 'host-local', 'portmap', 'loopback'].map(type => plugin(type, {path: null}))}),
		[`error plugin-present file/${path}`, 'error loopback-present plugin/loopback'],
	],
	[
		'not executable',
		facts({
			plugins: [
				plugin('bridge', {executable: false, supportedVersions: {unknown: 'x'}}),
				plugin('host-local'),
				plugin('portmap'),
				plugin('loopback'),
			],
		}),
		['error plugin-executable plugin/bridge'],
	],
	[
		'for another machine',
		facts({
			plugins: [
				plugin('bridge', {kind: 'foreign-elf', supportedVersions: {unknown: 'x'}}),
				plugin('host-local'),
				plugin('portmap'),
				plugin('loopback'),
			],
		}),
		['error plugin-executable plugin/bridge'],
	],
	[
		'a script',
		facts({
			plugins: [
				plugin('bridge', {kind: 'script', supportedVersions: {unknown: 'x'}}),
				plugin('host-local'),
				plugin('portmap'),
				plugin('loopback'),
			],
		}),
		['warning plugin-is-program plugin/bridge'],
	],
	[
		'no loopback with containerd',
		facts({plugins: [plugin('bridge'), plugin('host-local'), plugin('portmap'), plugin('loopback', {path: null})]}),
		['error loopback-present plugin/loopback'],
	],
	[
		'no loopback with the internal one',
		facts({
			runtime: {internalLoopback: true},
			plugins: [plugin('bridge'), plugin('host-local'), plugin('portmap'), plugin('loopback', {path: null})],
		}),
		[],
	],
	[
		'no loopback with CRI-O',
		crioFacts('1.30.1', {plugins: [plugin('bridge'), plugin('host-local'), plugin('portmap'), plugin('loopback', {path: null})]}),
		[],
	],
	[
		'an old loopback on 1.6.3',
		facts({config: chain('0.4.0', 'bridge'), runtime: containerd('1.6.3'), plugins: old('bridge', 'loopback')}),
		['error loopback-supports-runtime plugin/loopback', 'warning runtime-handles-versions runtime/containerd'],
	],
	[
		'an old loopback on 1.7',
		facts({config: chain('0.4.0', 'bridge'), runtime: containerd('1.7.28'), plugins: old('bridge', 'loopback')}),
		[],
	],
];

const configs: readonly Case[] = [
	['no file', facts({configFiles: []}), ['error config-present node/worker-1']],
	[
		'a broken file first on containerd',
		facts({configFiles: [broken('00-bad.conf'), file('10-bridge.conflist')]}),
		['error config-loads file//etc/cni/net.d/00-bad.conf'],
	],
	[
		'a broken file first on CRI-O',
		crioFacts('1.30.1', {configFiles: [broken('00-bad.conf'), file('10-bridge.conflist')]}),
		['warning config-loads file//etc/cni/net.d/00-bad.conf'],
	],
	[
		'a broken file last',
		facts({configFiles: [file('10-bridge.conflist'), broken('99-bad.conf')]}),
		['warning config-loads file//etc/cni/net.d/99-bad.conf'],
	],
	[
		'a list in a .conf file',
		facts({configFiles: [file('10-x.conf')]}),
		['error config-extension-fits file//etc/cni/net.d/10-x.conf'],
	],
	[
		"a single plugin's config without a name",
		facts({configFiles: [file('10-x.conf', {cniVersion: '1.0.0', type: 'bridge'})]}),
		['error config-named file//etc/cni/net.d/10-x.conf'],
	],
	['a single plugin in a list file', facts({config: {type: 'bridge', name: 'x'}}), [`error config-extension-fits file/${path}`]],
	['a version that is a number', facts({config: chain(1, 'bridge')}), [`error config-loads file/${path}`]],
	[
		'CRI-O waits for a name',
		crioFacts('1.30.1', {runtime: {defaultNetwork: 'other'}, configFiles: [file('10-bridge.conflist')]}),
		['error config-present node/worker-1'],
	],
	[
		"CRI-O's sample before Calico",
		crioFacts('1.30.1', {
			configFiles: [file('10-crio-bridge.conflist'), file('20-calico.conflist', calico)],
			plugins: [...calicoPlugins, plugin('bridge'), plugin('host-local')],
		}),
		['warning add-on-config-first file//etc/cni/net.d/10-crio-bridge.conflist'],
	],
	[
		"Podman's after Calico",
		crioFacts('1.30.1', {
			configFiles: [file('10-calico.conflist', calico), file('87-podman-bridge.conflist')],
			plugins: [...calicoPlugins, plugin('bridge'), plugin('host-local')],
		}),
		[],
	],
	[
		'a hidden backup in use',
		facts({configFiles: [file('.10-bridge.conflist'), file('10-bridge.conflist')]}),
		['warning config-not-hidden file//etc/cni/net.d/.10-bridge.conflist'],
	],
	[
		'memory holds another',
		facts({runtime: {networks: [{name: 'mynet', cniVersion: '', types: ['bridge', 'portmap']}]}}),
		['warning runtime-holds-config runtime/containerd'],
	],
	['Calico', facts({configFiles: [file('10-calico.conflist', calico)], plugins: calicoPlugins}), []],
];

const runtimes: readonly Case[] = [
	[
		'Docker',
		facts({runtime: {name: 'docker', version: '24.0.7', defaultNetwork: {unknown: 'x'}, networks: {unknown: 'x'}}}),
		['warning runtime-known runtime/docker'],
	],
	[
		'containerd 1.6.0 with Weave Net',
		facts({config: weave, plugins: weavePlugins, runtime: containerd('1.6.4')}),
		['error runtime-handles-versions runtime/containerd'],
	],
	['containerd 1.7 with Weave Net', facts({config: weave, plugins: weavePlugins, runtime: containerd('1.7.28')}), []],
	['CRI-O 1.23.4 has the fixes', crioFacts('1.23.4'), ['warning runtime-meets-floor runtime/cri-o']],
	['CRI-O 1.24.1', crioFacts('1.24.1'), ['warning runtime-handles-versions runtime/cri-o']],
	['CRI-O 1.24.2', crioFacts('1.24.2'), []],
];

const nodes: readonly Case[] = [
	['not ready', facts({node: {ready: {status: 'False'}}}), ['warning node-ready node/worker-1']],
	[
		'network not ready',
		facts({runtime: {networkReady: {ready: false, message: 'cni plugin not initialized'}}}),
		['error network-ready node/worker-1'],
	],
	['kubelet four behind', facts({node: {kubeletVersion: 'v1.31.9'}}), ['warning kubelet-skew node/worker-1']],
	['kubelet three behind', facts({node: {kubeletVersion: 'v1.32.9'}}), []],
	[
		'kubelet 1.24 three behind',
		facts({node: {kubeletVersion: 'v1.24.9', newestKubelet: 'v1.27.1'}}),
		['warning kubelet-skew node/worker-1'],
	],
	[
		'the journal',
		facts({journal: {incompatible: {count: 3, last: '2026-09-01T01:00:00Z'}, emptyVersion: {count: 0, last: null}}}),
		['warning no-cni-errors-logged node/worker-1'],
	],
	[
		'sandboxes of finished pods',
		facts({sandboxes: {total: 9, notReady: [{id: 'a', namespace: 'n', name: 'p', createdAt: ''}]}}),
		[],
	],
	[
		'sandboxes that cannot be torn down',
		facts({
			sandboxes: {total: 9, notReady: [{id: 'a', namespace: 'n', name: 'p', createdAt: ''}]},
			journal: {incompatible: {count: 0, last: null}, emptyVersion: {count: 12, last: '2026-09-01T01:00:00Z'}},
		}),
		['warning no-cni-errors-logged node/worker-1', 'warning sandboxes-stop node/worker-1'],
	],
	['leases without a sandbox', facts({leases: [{network: 'mynet', leases: 12, orphans: 3}]}), []],
];

const all = [...versions, ...plugins, ...configs, ...runtimes, ...nodes];

for (const [what, given, found] of all) {
	test(what, t => {
		const findings = runChecks(given).filter(({severity}) => severity !== 'info');
		t.deepEqual(
			findings.map(({severity, check, object}) => `${severity} ${check} ${object}`),
			found,
		);
		t.is(verdictOf(given, findings) === 'ok', found.length === 0);
	});
}

/** What is said for information, of the whole table: `CHECK OBJECT`. */
const notes: readonly Case[] = [
	[
		'STATUS',
		facts({config: chain('1.1.0', 'bridge'), plugins: [plugin('bridge', {supportedVersions: upTo110}), plugin('loopback')]}),
		[`status-decides-readiness file/${path}`],
	],
	[
		'an old loopback',
		facts({config: chain('0.4.0', 'bridge'), plugins: old('bridge', 'loopback')}),
		['loopback-supports-runtime plugin/loopback'],
	],
	[
		'several configs',
		facts({runtime: {maxConfNum: 0}, configFiles: [file('a.conflist'), file('b.conflist')]}),
		['one-config-in-use runtime/containerd'],
	],
	[
		'Calico',
		facts({configFiles: [file('10-calico.conflist', calico)], plugins: calicoPlugins}),
		['config-owner file//etc/cni/net.d/10-calico.conflist'],
	],
	['the last day of support', facts({runtime: containerd('2.2.1'), collectedAt: '2026-11-06T23:59:59Z'}), []],
	[
		'the day after',
		facts({runtime: containerd('2.2.1'), collectedAt: '2026-11-07T00:00:00Z'}),
		['runtime-supported runtime/containerd'],
	],
	['leases without a sandbox', facts({leases: [{network: 'mynet', leases: 12, orphans: 3}]}), ['leases-in-use node/worker-1']],
	[
		'containerd 1.7 and the kubelet to come',
		facts({runtime: containerd('1.7.28')}),
		['runtime-fits-next-kubelet runtime/containerd'],
	],
	[
		'an add-on left by another',
		facts({
			configFiles: [file('10-calico.conflist', calico), file('10-weave.conflist', weave)],
			plugins: [...calicoPlugins, ...weavePlugins],
		}),
		['add-on-config-first file//etc/cni/net.d/10-calico.conflist', 'config-owner file//etc/cni/net.d/10-calico.conflist'],
	],
];

for (const [what, given, found] of notes) {
	test(`for information: ${what}`, t => {
		const findings = runChecks(given).filter(({severity}) => severity === 'info');
		t.deepEqual(
			findings.map(({check, object}) => `${check} ${object}`),
			found,
		);
	});
}

test('every check finds something in these tables', t => {
	const found = new Set([...all, ...notes].flatMap(([, given]) => runChecks(given).map(({check}) => check)));
	t.deepEqual(
		catalog.map(({id}) => id).filter(id => !found.has(id)),
		[],
	);
});

test('every finding says what was seen, what was expected, what it does and what to do', t => {
	for (const [what, given] of [...all, ...notes]) {
		for (const {object, message, expected, effect, remedy, doc} of runChecks(given)) {
			t.regex(object, /^(file|plugin|runtime|node)\/\S/, what);
			for (const text of [message, expected, effect, remedy]) {
				t.regex(text, /\S/, what);
				t.notRegex(text, /undefined|\[object|null|NaN| {3,}\S| ,|\.\.(?!\/)/, `${what}: ${text}`);
			}

			t.regex(doc, /^https:\/\//);
		}
	}
});

test('what is unknown is no finding, and no crash', t => {
	const half = unknownNodeHalf('the node did not answer');
	const silent: NodeFacts = {...healthyFacts, ...half};
	t.deepEqual(runChecks(silent), []);
	t.is(verdictOf(silent, []), 'unknown');
	for (const key of ['runtime', 'configFiles', 'plugins', 'sandboxes', 'journal', 'leases'] as const) {
		t.notThrows(() => runChecks({...healthyFacts, [key]: half[key]}), key);
	}

	for (const key of Object.keys(healthyFacts.runtime) as (keyof NodeFacts['runtime'])[]) {
		for (const base of [healthyFacts, crioFacts('1.30.1'), facts({config: noVersion, plugins: old('bridge', 'portmap')})]) {
			t.notThrows(() => runChecks({...base, runtime: {...base.runtime, [key]: {unknown: 'x'}}}), key);
		}
	}
});

test('no remedy sends people to a broken file that somebody writes again', t => {
	const remedyOf = (name: string) =>
		runChecks(facts({configFiles: [broken(name)]})).find(({check}) => check === 'config-loads')?.remedy ?? '';
	t.regex(remedyOf('10-calico.conflist'), /^Calico writes it, .*kubectl -n kube-system edit configmap calico-config/s);
	t.notRegex(remedyOf('10-calico.conflist'), /\bmv\b/);
	t.regex(remedyOf('10-mine.conflist'), /mv \S+10-mine\.conflist \/root\//);
});
