import test from 'ava';
import {pluginTypes, readConfigList} from '../../lib/cni/config-list.ts';
import type {ConfigFile, JsonValue} from '../../lib/facts/node-facts.ts';
import {releaseOf} from '../../lib/runtime/releases.ts';
import {bridgeList, configFile} from '../check/healthy-facts.ts';

const read = (json: JsonValue, path = '/etc/cni/net.d/10-x.conflist') =>
	readConfigList(configFile(json, path), releaseOf('containerd', '1.7.24'));

/** containerd's own words (lastCNILoadStatus of 1.6.20 for each file), without the file's name before and the class behind. */
const refuses = test.macro((t, json: JsonValue, path: string, reason: string) => {
	t.deepEqual(read(json, path), {invalid: reason});
});

const bridge = {type: 'bridge'};

test('a list without a name', refuses, {plugins: [bridge]}, 'a.conflist', 'error parsing configuration list: no name');
test('null is a list without a name', refuses, null, 'a.conflist', 'error parsing configuration list: no name');
test(
	'a name that is a number',
	refuses,
	{name: 1, plugins: [bridge]},
	'a.conflist',
	'error parsing configuration list: invalid name type float64',
);
test(
	'a version that is a number',
	refuses,
	{name: 'x', cniVersion: 1, plugins: [bridge]},
	'a.conflist',
	'error parsing configuration list: invalid cniVersion type float64',
);
test(
	'a version that is null',
	refuses,
	{name: 'x', cniVersion: null, plugins: [bridge]},
	'a.conflist',
	'error parsing configuration list: invalid cniVersion type <nil>',
);
test(
	'a single plugin in a list file',
	refuses,
	{name: 'x', type: 'bridge'},
	'a.conflist',
	"error parsing configuration list: no 'plugins' key",
);
test(
	'plugins that are no list',
	refuses,
	{name: 'x', plugins: {}},
	'a.conflist',
	"error parsing configuration list: invalid 'plugins' type map[string]interface {}",
);
test('no plugins', refuses, {name: 'x', plugins: []}, 'a.conflist', 'error parsing configuration list: no plugins in list');
test(
	'a plugin without a type',
	refuses,
	{name: 'x', plugins: [bridge, {}]},
	'a.conflist',
	"failed to parse plugin config 1: error parsing configuration: missing 'type'",
);
test('a list in a .conf file', refuses, bridgeList, 'a.conf', "error parsing configuration: missing 'type'");
test('a list in a .json file', refuses, bridgeList, 'a.json', "error parsing configuration: missing 'type'");
test(
	'a single plugin whose version is a number',
	refuses,
	{type: 'bridge', cniVersion: 1},
	'a.conf',
	'error parsing configuration: json: cannot unmarshal number into Go struct field NetConf.cniVersion of type string',
);
test(
	'an array',
	refuses,
	[],
	'a.conflist',
	'error parsing configuration list: json: cannot unmarshal array into Go value of type map[string]interface {}',
);

test('what is passed over without a word', t => {
	const entries: readonly ConfigFile[] = [
		{...configFile(bridgeList), entry: 'directory'},
		configFile(bridgeList, 'a.conflist.bak'),
		configFile(bridgeList, 'a.yaml'),
	];
	for (const entry of entries) {
		t.true('notLoaded' in readConfigList(entry), entry.path);
	}

	t.true('list' in read(bridgeList, '.hidden.conflist'));
	t.deepEqual(readConfigList({...configFile(bridgeList), content: {unknown: 'cannot be read'}}), {unknown: 'cannot be read'});
});

test('the version of a list: set, missing, empty', t => {
	const version = (json: JsonValue, path?: string) => {
		const result = read(json, path);
		return 'list' in result ? result.list.version : undefined;
	};
	t.deepEqual(version(bridgeList), {state: 'set', value: '1.0.0'});
	t.deepEqual(version({name: 'x', plugins: [{type: 'bridge', cniVersion: '0.4.0'}]}), {state: 'missing'});
	t.deepEqual(version({name: 'x', cniVersion: '', plugins: [bridge]}), {state: 'empty'});
	t.deepEqual(version({type: 'bridge', cniVersion: '0.3.1'}, 'a.conf'), {state: 'set', value: '0.3.1'});
});

const uses = (json: JsonValue, path?: string) => {
	const result = read(json, path);
	return 'list' in result
		? pluginTypes(result.list).map(({type, role, where, version, inherits}) =>
				[type, role, where, version.state === 'set' ? version.value : version.state, inherits].join(' '),
			)
		: result;
};

test('a chain and its ipam', t => {
	t.deepEqual(uses(bridgeList), [
		'bridge plugin plugins[0] 1.0.0 true',
		'host-local ipam plugins[0].ipam 1.0.0 true',
		'portmap plugin plugins[1] 1.0.0 true',
	]);
	t.deepEqual(uses({type: 'ptp', ipam: {type: 'dhcp'}}, 'a.conf'), [
		'ptp plugin plugins[0] missing true',
		'dhcp ipam plugins[0].ipam missing true',
	]);
});

test("flannel's implicit delegate gets the list's version, whatever stands in it", t => {
	const flannel = (delegate?: JsonValue) =>
		uses({name: 'cbr0', cniVersion: '0.3.1', plugins: [{type: 'flannel', ...(delegate !== undefined && {delegate})}]});
	const expected = [
		'flannel plugin plugins[0] 0.3.1 true',
		'bridge delegate plugins[0].delegates[0] 0.3.1 true',
		'host-local ipam plugins[0].delegates[0].ipam 0.3.1 true',
	];
	t.deepEqual(flannel(), expected);
	t.deepEqual(flannel({hairpinMode: true, cniVersion: '0.2.0'}), expected);
	t.deepEqual(
		flannel({type: 'macvlan'}),
		expected.map(use => use.replace('bridge', 'macvlan')),
	);
});

test("multus' delegates have versions of their own, as single plugins and as lists", t => {
	const delegates = [
		{cniVersion: '0.4.0', type: 'calico', ipam: {type: 'calico-ipam'}},
		{name: 'in', cniVersion: '1.0.0', plugins: [{type: 'bridge', ipam: {type: 'host-local'}}, {type: 'portmap'}]},
	];
	t.deepEqual(uses({name: 'multus', cniVersion: '0.3.1', type: 'multus', delegates}, '00-multus.conf'), [
		'multus plugin plugins[0] 0.3.1 true',
		'calico delegate plugins[0].delegates[0] 0.4.0 false',
		'calico-ipam ipam plugins[0].delegates[0].ipam 0.4.0 false',
		'bridge delegate plugins[0].delegates[1].plugins[0] 1.0.0 false',
		'host-local ipam plugins[0].delegates[1].plugins[0].ipam 1.0.0 false',
		'portmap delegate plugins[0].delegates[1].plugins[1] 1.0.0 false',
	]);
});

test('keys of Object are no keys of a file', t => {
	t.deepEqual(read(JSON.parse('{"__proto__": {"name": "x"}, "plugins": []}') as JsonValue), {
		invalid: 'error parsing configuration list: no name',
	});
});

test('libcni 1.3.0 has other words for two of them', t => {
	const now = (json: JsonValue, path?: string) => readConfigList(configFile(json, path), releaseOf('containerd', '2.1.9'));
	t.deepEqual(now({type: 'bridge', name: 'x'}), {invalid: 'no plugin configs found'});
	t.deepEqual(now({type: 'bridge', name: 'x', cniVersion: 1}, '/etc/cni/net.d/10-x.conf'), {
		invalid:
			'error parsing configuration: json: cannot unmarshal number into Go struct field PluginConf.cniVersion of type string',
	});
});
