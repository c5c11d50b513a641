import test from 'ava';
import {loadedConfigs} from '../../lib/cni/load-order.ts';
import type {ConfigFile, JsonValue} from '../../lib/facts/node-facts.ts';
import {isUnknown} from '../../lib/facts/unknown.ts';
import {bridgeList, configFile, crioFacts, type FactsOverrides, facts, plugin, upTo040} from '../check/healthy-facts.ts';

const list = (name: string, cniVersion = '1.0.0'): JsonValue => ({...bridgeList, name, cniVersion});
const file = (name: string, json: JsonValue = list(name)): ConfigFile => configFile(json, `/etc/cni/net.d/${name}`);
const broken = (name: string): ConfigFile => ({...file(name), content: {invalid: 'unexpected end of JSON input'}});

/** `active | skipped | failed | shadowed`, by file names. */
function outcome(given: ReturnType<typeof facts>): string {
	const load = loadedConfigs(given);
	if (isUnknown(load)) {
		return `unknown: ${load.unknown}`;
	}

	const names = (paths: readonly string[]) => paths.map(path => path.slice(15)).join(' ');
	return [
		names(load.active.map(({path}) => path)),
		names(load.skipped.map(({path}) => path)),
		names(load.failed === undefined ? [] : [load.failed.path]),
		names(load.shadowed),
	].join(' | ');
}

type Case = readonly [what: string, files: readonly ConfigFile[], overrides: FactsOverrides, expected: string];

const containerd: readonly Case[] = [
	['nothing', [], {}, ' |  |  | '],
	['the first by name', [file('20-b.conflist'), file('10-a.conflist')], {}, '10-a.conflist |  |  | 20-b.conflist'],
	['bytes, not words: capitals first', [file('a.conflist'), file('Z.conflist')], {}, 'Z.conflist |  |  | a.conflist'],
	['a hidden file', [file('00-a.conflist'), file('.zz.conflist')], {}, '.zz.conflist |  |  | 00-a.conflist'],
	['.conf and .json too', [file('b.conflist'), file('a.json', {type: 'bridge', name: 'a'})], {}, 'a.json |  |  | b.conflist'],
	['other extensions', [file('00-a.conflist.bak'), file('00-a.yaml'), file('b.conflist')], {}, 'b.conflist |  |  | '],
	['a directory', [{...file('00.conflist'), entry: 'directory'}, file('b.conflist')], {}, 'b.conflist |  |  | '],
	['the first bad file ends it', [broken('00-bad.conf'), file('10-a.conflist')], {}, ' |  | 00-bad.conf | 10-a.conflist'],
	['a bad file that comes too late', [file('10-a.conflist'), broken('99-bad.conf')], {}, '10-a.conflist |  |  | 99-bad.conf'],
	[
		'max_conf_num 2',
		[file('a.conflist'), file('b.conflist'), file('c.conflist')],
		{runtime: {maxConfNum: 2}},
		'a.conflist b.conflist |  |  | c.conflist',
	],
	[
		'max_conf_num 0 is all',
		[file('a.conflist'), file('b.conflist')],
		{runtime: {maxConfNum: 0}},
		'a.conflist b.conflist |  |  | ',
	],
	['no plugin is asked', [file('a.conflist', list('a', '9.9.9'))], {plugins: []}, 'a.conflist |  |  | '],
	['max_conf_num unknown and one file', [file('a.conflist')], {runtime: {maxConfNum: {unknown: 'x'}}}, 'a.conflist |  |  | '],
	[
		'max_conf_num unknown and two files',
		[file('a.conflist'), file('b.conflist')],
		{runtime: {maxConfNum: {unknown: 'x'}}},
		'unknown: x',
	],
	[
		'a file that nobody could read',
		[{...file('a.conflist'), content: {unknown: 'x'}}],
		{},
		'unknown: file//etc/cni/net.d/a.conflist: x',
	],
	[
		'a file that nobody could read, too late',
		[file('a.conflist'), {...file('b.conflist'), content: {unknown: 'x'}}],
		{},
		'a.conflist |  |  | b.conflist',
	],
	['another runtime', [file('a.conflist')], {runtime: {name: 'rkt'}}, 'unknown: it is not known how runtime/rkt loads configs'],
	['an unknown runtime', [file('a.conflist')], {runtime: {name: {unknown: 'x'}}}, 'unknown: x'],
	[
		'files at hand without a runtime',
		[broken('a.conflist'), file('b.conflist')],
		{via: 'file', runtime: {name: {unknown: 'x'}, maxConfNum: {unknown: 'x'}}},
		' |  | a.conflist | b.conflist',
	],
];

for (const [what, configFiles, overrides, expected] of containerd) {
	test(`containerd: ${what}`, t => {
		t.is(outcome(facts({...overrides, configFiles})), expected);
	});
}

const old = ['bridge', 'host-local', 'portmap'].map(type => plugin(type, {supportedVersions: upTo040}));
const crio: readonly Case[] = [
	['a bad file is left out', [broken('00-bad.conf'), file('10-a.conflist')], {}, '10-a.conflist | 00-bad.conf |  | '],
	[
		'plugins that do not support the version',
		[file('10-a.conflist'), file('20-b.conflist', list('b', '0.4.0'))],
		{plugins: old},
		'20-b.conflist | 10-a.conflist |  | ',
	],
	[
		'a plugin that is missing',
		[file('20-b.conflist')],
		{plugins: [plugin('bridge', {path: null}), plugin('portmap')]},
		' | 20-b.conflist |  | ',
	],
	[
		'cni_default_network',
		[file('a.conflist', list('x')), file('b.conflist', list('y'))],
		{runtime: {defaultNetwork: 'y'}},
		'b.conflist |  |  | a.conflist',
	],
	[
		'cni_default_network that is not there',
		[file('a.conflist', list('x'))],
		{runtime: {defaultNetwork: 'y'}},
		' |  |  | a.conflist',
	],
	[
		'of two with one name the first',
		[file('a.conflist', list('x')), file('b.conflist', list('x'))],
		{runtime: {defaultNetwork: 'x'}},
		'a.conflist |  |  | b.conflist',
	],
	[
		'a plugin whose answer is not known',
		[file('a.conflist')],
		{plugins: old.map(each => ({...each, supportedVersions: {unknown: 'silent'}}))},
		'unknown: plugin/bridge: silent',
	],
	[
		'no version counts as 0.1.0',
		[file('a.conflist', {name: 'a', plugins: [{type: 'firewall'}]})],
		{plugins: [plugin('firewall', {supportedVersions: ['0.4.0', '1.0.0']})]},
		' | a.conflist |  | ',
	],
	[
		'ipam is not asked',
		[file('a.conflist', {name: 'a', cniVersion: '1.0.0', plugins: [{type: 'bridge', ipam: {type: 'none'}}]})],
		{},
		'a.conflist |  |  | ',
	],
];

for (const [what, configFiles, overrides, expected] of crio) {
	test(`CRI-O: ${what}`, t => {
		t.is(outcome(crioFacts('1.30.0', {...overrides, configFiles})), expected);
	});
}

test('CRI-O before 1.18 asks no plugin', t => {
	t.is(outcome(crioFacts('1.17.4', {configFiles: [file('a.conflist')], plugins: old})), 'a.conflist |  |  | ');
	t.is(outcome(crioFacts('1.17.5', {configFiles: [file('a.conflist')], plugins: old})), ' | a.conflist |  | ');
});

test("CRI-O's own words for what it leaves out", t => {
	const load = loadedConfigs(crioFacts('1.30.0', {plugins: [...old.slice(0, 2), plugin('portmap', {path: null})]}));
	t.deepEqual(isUnknown(load) ? load : load.skipped.map(({reason}) => reason), [
		'[plugin bridge does not support config version "1.0.0" failed to find plugin "portmap" in path [/opt/cni/bin]]',
	]);
});

test('cri-dockerd goes on after a bad file too', t => {
	t.is(
		outcome(
			facts({
				runtime: {name: 'docker', version: '24.0.7', defaultNetwork: {unknown: 'x'}},
				configFiles: [broken('a.conf'), file('b.conflist')],
			}),
		),
		'b.conflist | a.conf |  | ',
	);
});

test('a runtime named like a part of Object is one that is not known', t => {
	for (const name of ['__proto__', 'constructor', 'toString']) {
		t.deepEqual(loadedConfigs(facts({runtime: {name}})), {unknown: `it is not known how runtime/${name} loads configs`});
	}
});
