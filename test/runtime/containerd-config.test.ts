import test from 'ava';
import {containerdSettings} from '../../lib/runtime/containerd-config.ts';

const defaults = {
	confDirs: ['/etc/cni/net.d'],
	binDirs: ['/opt/cni/bin'],
	maxConfNum: 1,
	confTemplate: '',
	internalLoopback: false,
	defaultNetwork: '',
};

const main = (toml: string) => ({path: '/etc/containerd/config.toml', toml});
const drop = (toml: string) => ({path: '/etc/containerd/conf.d/a.toml', toml});

const settles = test.macro(
	(
		t,
		texts: readonly {path: string; toml: string}[],
		release: readonly number[] | undefined,
		expected: Partial<typeof defaults>,
	) => {
		t.deepEqual(containerdSettings(texts, release), {...defaults, ...expected});
	},
);

test('nothing means the defaults', settles, [], undefined, {});
test('an empty file means the defaults', settles, [main('')], undefined, {});
test(
	'format 1 names the table plugins.cri',
	settles,
	[main("[plugins.cri.cni]\nbin_dir = '/a'\nconf_dir = '/b/'\n")],
	[1, 3, 0],
	{binDirs: ['/a'], confDirs: ['/b']},
);
test('format 1 may say so', settles, [main("version = 1\n[plugins.cri.cni]\nbin_dir = '/a'\n")], undefined, {binDirs: ['/a']});
test(
	'format 2 names the table by its full name',
	settles,
	[
		main(
			'version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/usr/lib/cni"\nmax_conf_num = 0\nconf_template = "/t"\n',
		),
	],
	[1, 6, 20],
	{
		binDirs: ['/usr/lib/cni'],
		maxConfNum: 0,
		confTemplate: '/t',
	},
);
test(
	'format 2 does not know the table of format 1',
	settles,
	[main("version = 2\n[plugins.cri.cni]\nbin_dir = '/a'\n")],
	undefined,
	{},
);
test(
	'format 1 does not know the table of format 2',
	settles,
	[main('[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/a"\n')],
	undefined,
	{},
);
test(
	'format 3 has a table of its own',
	settles,
	[main("version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dirs = ['/a', '/b/']\nuse_internal_loopback = true\n")],
	[2, 1, 0],
	{
		binDirs: ['/a', '/b'],
		internalLoopback: true,
	},
);
test(
	'format 4 keeps it',
	settles,
	[main("version = 4\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nconf_dir = '/a'\n")],
	[2, 3, 0],
	{confDirs: ['/a']},
);
test(
	'format 3 does not know the table of format 2',
	settles,
	[main('version = 3\n[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/a"\n')],
	[2, 0, 0],
	{},
);
test(
	'bin_dir moves into bin_dirs that has its default',
	settles,
	[main("version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dir = '/a'\nbin_dirs = ['/opt/cni/bin']\n")],
	[2, 1, 0],
	{
		binDirs: ['/a'],
	},
);
test(
	'a dump of 2.1 says bin_dirs and leaves bin_dir empty',
	settles,
	[main("version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dir = ''\nbin_dirs = ['/a']\n")],
	[2, 1, 0],
	{
		binDirs: ['/a'],
	},
);
test(
	'containerd before 2.1 does not know bin_dirs',
	settles,
	[main('version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dirs = ["/a"]\n')],
	[1, 7, 29],
	{},
);
test(
	'containerd before 2.0 does not know the internal loopback',
	settles,
	[main('version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nuse_internal_loopback = true\n')],
	[1, 7, 29],
	{},
);
test(
	'an empty conf_dir means the default',
	settles,
	[main('version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nconf_dir = ""\n')],
	undefined,
	{},
);

const v2 = main('version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/a"\nconf_dir = "/b"\n');
test(
	'an import stands above',
	settles,
	[v2, drop('version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nconf_dir = "/c"\n')],
	[2, 0, 0],
	{binDirs: ['/a'], confDirs: ['/c']},
);
test(
	'an import has the format of the main file where it names none',
	settles,
	[v2, drop('[plugins."io.containerd.grpc.v1.cri".cni]\nconf_dir = "/c"\n')],
	undefined,
	{binDirs: ['/a'], confDirs: ['/c']},
);
test(
	'up to 1.7 an import replaces the whole section',
	settles,
	[v2, drop('[plugins."io.containerd.grpc.v1.cri".cni]\nconf_dir = "/c"\n')],
	[1, 7, 29],
	{confDirs: ['/c']},
);
test(
	'up to 1.7 an import that names the section for something else resets it',
	settles,
	[v2, drop('[plugins."io.containerd.grpc.v1.cri"]\npresent = true\n')],
	[1, 6, 0],
	{},
);
test(
	'from 2.0 on such an import changes nothing',
	settles,
	[v2, drop('[plugins."io.containerd.grpc.v1.cri"]\npresent = true\n')],
	[2, 0, 0],
	{binDirs: ['/a'], confDirs: ['/b']},
);
test(
	'an import of another section changes nothing',
	settles,
	[v2, drop('[plugins."io.containerd.snapshotter.v1.x"]\nroot_path = "/x"\n')],
	[1, 6, 0],
	{binDirs: ['/a'], confDirs: ['/b']},
);

test(
	'the words of collect.sh are read as the file would be',
	settles,
	[
		main(
			'"version" = 2\n"plugins"."io.containerd.grpc.v1.cri"."present" = true\n"plugins"."io.containerd.grpc.v1.cri"."cni"."bin_dir" = "/a\\u000a"\n',
		),
	],
	[1, 6, 0],
	{
		binDirs: ['/a\n'],
	},
);

test('broken TOML makes every setting unknown, and says where', t => {
	const {confDirs, binDirs} = containerdSettings([main('version = 2\n[plugins\n')]);
	t.deepEqual(confDirs, {unknown: '/etc/containerd/config.toml is not valid TOML: line 2: illegal character in key'});
	t.deepEqual(binDirs, confDirs);
});

test('a format that is not known makes every setting unknown', t => {
	t.deepEqual(containerdSettings([main('version = 9\n')]).maxConfNum, {
		unknown: '/etc/containerd/config.toml is of a format that is not known: version 9',
	});
	t.deepEqual(containerdSettings([main('[[version]]\n')]).maxConfNum, {
		unknown: '/etc/containerd/config.toml is of a format that is not known: version of another type',
	});
});

test('values of the wrong type are unknown, one by one', t => {
	const {confDirs, binDirs, maxConfNum, confTemplate, internalLoopback} = containerdSettings([
		main(
			'version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nconf_dir = 1\nbin_dir = []\nmax_conf_num = "1"\nconf_template = true\nuse_internal_loopback = "no"\n',
		),
	]);
	t.deepEqual(
		[confDirs, binDirs, maxConfNum, confTemplate, internalLoopback].map(
			value => (value as {unknown: string}).unknown.split(' ')[0],
		),
		['conf_dir', 'bin_dir', 'max_conf_num', 'conf_template', 'use_internal_loopback'],
	);
});

test('bin_dir and bin_dirs together stop containerd', t => {
	const {binDirs} = containerdSettings(
		[main("version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dir = '/a'\nbin_dirs = ['/b']\n")],
		[2, 1, 0],
	);
	t.deepEqual(binDirs, {unknown: 'bin_dir and bin_dirs are both set, with which containerd starts without its CRI'});
});

test('in a file of version 2 bin_dir wins over bin_dirs', t => {
	const both = main('version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/a"\nbin_dirs = ["/b"]\n');
	t.deepEqual(containerdSettings([both], [2, 3, 4]).binDirs, ['/a']);
});

test(
	'keys of the prototype are no keys',
	settles,
	[main('version = 2\n["__proto__".cni]\nbin_dir = "/a"\n[plugins.__proto__.cni]\nbin_dir = "/b"\n')],
	undefined,
	{},
);
