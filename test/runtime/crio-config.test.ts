import test from 'ava';
import {crioSettings} from '../../lib/runtime/crio-config.ts';

const defaults = {
	confDirs: ['/etc/cni/net.d'],
	binDirs: ['/opt/cni/bin'],
	maxConfNum: 1,
	confTemplate: '',
	internalLoopback: false,
	defaultNetwork: '',
};

const settles = test.macro((t, texts: readonly string[], expected: Partial<typeof defaults>) => {
	const files = texts.map((toml, index) => ({path: `/etc/crio/crio.conf.d/${index}`, toml}));
	t.deepEqual(crioSettings(files), {...defaults, ...expected});
});

test('nothing means the defaults', settles, [], {});
test(
	'what `crio config` comments out is the default',
	settles,
	['[crio.network]\n# network_dir = "/no"\n# plugin_dirs = [\n# "/no",\n# ]\n'],
	{},
);
test(
	'the table is read',
	settles,
	['[crio.network]\ncni_default_network = "net"\nnetwork_dir = "/a/"\nplugin_dirs = ["/b/", "/c"]\n'],
	{
		confDirs: ['/a'],
		binDirs: ['/b', '/c'],
		defaultNetwork: 'net',
	},
);
test(
	'the legacy plugin_dir is searched after plugin_dirs',
	settles,
	['[crio.network]\nplugin_dir = "/x"\nplugin_dirs = ["/b"]\n'],
	{binDirs: ['/b', '/x']},
);
test('the legacy plugin_dir alone joins the default', settles, ['[crio.network]\nplugin_dir = "/x"\n'], {
	binDirs: ['/opt/cni/bin', '/x'],
});
test('a directory counts once', settles, ['[crio.network]\nplugin_dir = "/b/"\nplugin_dirs = ["/b"]\n'], {binDirs: ['/b']});
test(
	'a later file stands above, key by key',
	settles,
	['[crio.network]\nnetwork_dir = "/a"\nplugin_dirs = ["/b"]\n', '[crio.network]\nplugin_dirs = ["/c"]\n'],
	{
		confDirs: ['/a'],
		binDirs: ['/c'],
	},
);
test('other tables change nothing', settles, ['[crio.runtime]\nnetwork_dir = "/a"\n', '[network]\nnetwork_dir = "/a"\n'], {});

test('broken TOML makes every setting unknown, and says where', t => {
	const {binDirs} = crioSettings([{path: '/etc/crio/crio.conf', toml: '[crio\n'}]);
	t.regex((binDirs as {unknown: string}).unknown, /^\/etc\/crio\/crio\.conf is not valid TOML: /);
});

test('values of the wrong type are unknown, one by one', t => {
	const {confDirs, binDirs, defaultNetwork} = crioSettings([
		{path: 'x', toml: '[crio.network]\nnetwork_dir = 1\nplugin_dirs = "/x"\ncni_default_network = []\n'},
	]);
	t.deepEqual(
		[confDirs, binDirs, defaultNetwork].map(value => (value as {unknown: string}).unknown.split(' ')[0]),
		['network_dir', 'plugin_dirs', 'cni_default_network'],
	);
	const legacy = crioSettings([{path: 'x', toml: '[crio.network]\nplugin_dir = 1\n'}]);
	t.deepEqual(legacy.binDirs, {unknown: "plugin_dir is not a string in the runtime's configuration"});
});
