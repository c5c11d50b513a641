import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {readFrame} from '../../lib/node-script/frame.ts';
import {collectScript} from '../../lib/node-script/script.ts';
import {foreignPlugin, shellHead, simulatedPlugin} from '../embedded/simulated-plugin.ts';
import {awks, makeNode, type Node, run, runScript, shells, type Tree, uid, which} from './run-script.ts';

const nodes: Node[] = [];

test.after.always(() => {
	for (const {base} of nodes) {
		rmSync(base, {recursive: true, force: true});
	}
});

function node(...parameters: Parameters<typeof makeNode>): Node {
	const made = makeNode(...parameters);
	nodes.push(made);
	return made;
}

/** Programs of other machines cannot run here; the script's rules about them still hold. */
const runsPrograms = process.platform === 'linux';

const full = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0'];
const bridge = simulatedPlugin({version: full, about: 'CNI bridge plugin v1.1.1'});

const shell: Tree = {'/bin/sh': {program: shellHead()}};

const list = (...types: string[]): string =>
	JSON.stringify({cniVersion: '1.0.0', name: 'net', plugins: types.map(type => ({type}))});

/** The records of one kind, decoded. */
function of(records: string, kind: string): string[][] {
	return records
		.split('\n')
		.filter(line => line.startsWith(`${kind} `))
		.map(line =>
			line
				.split(' ')
				.slice(1)
				.map(field =>
					Buffer.from(
						field.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
						'latin1',
					).toString('utf8'),
				),
		);
}

const content = (records: string, path: string): string | undefined =>
	of(records, 'file')
		.find(([name]) => name === path)
		?.at(-1);

const canaries = Array.from({length: 20}, (_, index) => `CANARY-${String(index + 1).padStart(2, '0')}-s3cr3t`);
const [c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20] = canaries;

const info = {
	status: {
		conditions: [
			{type: 'RuntimeReady', status: true, reason: '', message: ''},
			{type: 'NetworkReady', status: true, reason: '', message: ''},
		],
	},
	cniconfig: {
		PluginDirs: ['/opt/cni/bin'],
		PluginConfDir: '/etc/cni/net.d',
		PluginMaxConfNum: 1,
		Networks: [
			{
				Config: {
					Name: 'cni-loopback',
					CNIVersion: '0.3.1',
					Plugins: [{Network: {type: 'loopback', ipam: {}, dns: {}}, Source: '{"type":"loopback"}'}],
					Source: '{}',
				},
				IFName: 'lo',
			},
			{
				Config: {Name: 'net', CNIVersion: '', Plugins: [{Network: {type: 'calico'}, Source: `{"token":"${c1}"}`}], Source: c2},
				IFName: 'eth0',
			},
		],
	},
	config: {
		registry: {
			configs: {'registry.example': {auth: {username: 'u', password: c3, identitytoken: c4}}},
			headers: {'X-Auth': [c5]},
		},
		cni: {binDir: '/opt/cni/bin', confDir: '/etc/cni/net.d', maxConfNum: 1, confTemplate: '', ipPref: '', token: c6},
		imageDecryption: {keyModel: c7},
	},
	golang: 'go1.18',
	lastCNILoadStatus: 'OK',
};

const secretList = JSON.stringify({
	cniVersion: '0.3.1',
	name: 'k8s-pod-network',
	plugins: [
		{
			type: 'calico',
			etcd_key: c8,
			policy: {type: 'k8s', k8s_auth_token: c9},
			kubernetes: {kubeconfig: c10},
			ipam: {type: 'calico-ipam', secret: c11, name: c12},
		},
		{
			type: 'multus',
			kubeconfig: c13,
			delegates: [
				{name: 'inner', cniVersion: '0.3.1', type: 'bridge', token: c14, plugins: [{type: 'portmap', [c15 ?? '']: true}]},
			],
		},
		{type: 'portmap', capabilities: {portMappings: true, [c16 ?? '']: true}, args: [{type: c17}]},
	],
});

const secretToml = `
version = 2
imports = ["conf.d/*.toml"] # ${c18}
[plugins."io.containerd.grpc.v1.cri".registry.configs."registry.example".auth]
password = """
bin_dir = "/${c19}"
"""
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/opt/cni/bin"
`;

const everything: Tree = {
	...shell,
	'/etc/os-release': 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
	'/proc/sys/kernel/hostname': 'node-1\n',
	'/proc/sys/kernel/osrelease': '6.1.0-1-amd64\n',
	'/proc/sys/kernel/random/boot_id': '6b1f5c2e-0000-4000-8000-00000000b001\n',
	'/proc/77/comm': 'kubelet\n',
	'/proc/77/cmdline': '/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0--x\n--container-runtime-endpoint=evil\0',
	'/proc/77/status': 'Name:\tkubelet\nUid:\t0\t0\t0\t0\n',
	'/proc/77/cgroup': '0::/system.slice/kubelet.service\n',
	'/var/lib/kubelet/config.yaml':
		'kind: KubeletConfiguration\ncontainerRuntimeEndpoint: "unix:///run/containerd/containerd.sock"\n',
	'/etc/cni/net.d/10-calico.conflist': secretList,
	'/etc/cni/net.d/05-$(touch canary)`touch canary`.conf':
		'{"type": "bridge", "name": "b\\u0061d\\ud800 \\"q\\"", "cniVersion": 4, "ipam": []}',
	'/etc/cni/net.d/06-; touch canary\n-rf \'"*?[a].conflist': '{"plugins": [',
	'/etc/cni/net.d/-rf.json': '\u{feff}{}',
	'/etc/cni/net.d/empty.conf': '',
	[`/etc/cni/net.d/${'n'.repeat(245)}.conflist`]: '[]',
	'/etc/cni/net.d/.hidden.conflist': `{"name": "h", "type": "../../bin/sh", "plugins": [{"type": "a b"}, {"type": "${'t'.repeat(300)}"}]}`,
	'/etc/cni/net.d/nul.conf': Buffer.from('{"type":"x\0"}'),
	'/etc/cni/net.d/utf8.conf': Buffer.from('7b226e616d65223a22fffe80227d', 'hex'),
	'/etc/cni/net.d/utf16.conf': Buffer.from('{"type":"bridge"}', 'utf16le'),
	'/etc/cni/net.d/nan.conf': '{"type": NaN}',
	'/etc/cni/net.d/huge.conf': '{"type": 1e999}',
	'/etc/cni/net.d/proto.conf': `{"__proto__": {"type": "${c20}"}, "constructor": 1, "TYPE": "bridge", "type": "ptp", "type": "bridge"}`,
	'/etc/cni/net.d/deep.conf': '['.repeat(100_000),
	'/etc/cni/net.d/big.conf': `{"type": "bridge", "x": "${'s'.repeat(262_144)}"}`,
	'/etc/cni/net.d/x.conflist.bak': c20 ?? '',
	'/etc/cni/net.d/net/1.conf': '{}',
	'/etc/cni/net.d/shadow.conf': {link: '../../shadow'},
	'/etc/cni/net.d/gone.conf': {link: 'nowhere'},
	'/etc/cni/net.d/dir.conf': {link: 'net'},
	'/etc/cni/net.d/proc.conf': {link: '/proc/self/status'},
	'/etc/shadow': `root:${c20}:19000::::::\n`,
	'/etc/containerd/config.toml': secretToml,
	'/opt/cni/bin/bridge': {program: bridge},
	'/opt/cni/bin/calico': {program: simulatedPlugin({version: ['0.3.1', '1.0.0'], about: 'touch'})},
	'/opt/cni/bin/portmap': {program: '#!/bin/sh\ntouch canary\n'},
	'/opt/cni/bin/multus': {program: foreignPlugin()},
	'/opt/cni/bin/loopback': bridge,
	'/usr/lib/cni/loopback': {program: bridge},
	'/opt/cni/bin/calico-ipam/x': '',
	'/var/lib/cni/networks/net/10.0.0.1': `${'a'.repeat(64)}\r\neth0`,
	'/var/lib/cni/networks/net/10.0.0.2': 'f'.repeat(64),
	'/var/lib/cni/networks/net/last_reserved_ip.0': '10.0.0.2',
	'/var/lib/cni/networks/net/lock': '',
	'/var/lib/cni/networks/$(touch canary)/10.0.0.2': '',
};

const everyBin = {
	crictl: `
case "$*" in
'--runtime-endpoint unix:///run/containerd/containerd.sock version') printf 'Version:  0.1.0\\nRuntimeName:  containerd\\nRuntimeVersion:  1.6.20~ds1\\nRuntimeApiVersion:  v1\\n' ;;
'--runtime-endpoint unix:///run/containerd/containerd.sock info') cat "$CNI_UPGRADE_ROOT/../info.json" ;;
'--runtime-endpoint unix:///run/containerd/containerd.sock pods -q') printf '%s\\n' ${'a'.repeat(64)} ${'b'.repeat(64)} ;;
'--runtime-endpoint unix:///run/containerd/containerd.sock pods --state NotReady --last 32 -o json')
	echo '{"items":[{"id":"${'b'.repeat(64)}","metadata":{"name":"p","namespace":"ns","uid":"u"},"state":"SANDBOX_NOTREADY","createdAt":"1700000000123456789","annotations":{"token":"${c20}"}}]}' ;;
*) exit 1 ;;
esac`,
	journalctl: `echo '1763980000.000001 node-1 systemd[1]: started'
echo '1763980001.000001 node-1 kubelet[1]: incompatible CNI versions; config is "1.0.0", ${c20}'
echo '1763980002.000001 node-1 containerd[1]: failed: invalid version \\"\\": the version is empty'
echo '1763980003.000001 node-1 containerd[1]: failed: invalid version \\"\\": the version is empty'`,
	dpkg: `for path; do case $path in */bridge) echo "containernetworking-plugins: $path" ;; esac; done; exit 1`,
	'dpkg-query': "[ \"$1 $2 $4\" = '-W -f containernetworking-plugins' ] && echo 'containernetworking-plugins 1.1.1+ds1-3+b1'",
};

function everyNode(options: {readonly awk?: string} = {}): Node {
	const made = node({...everything, '/var/lib/dpkg/status': ''}, {bin: everyBin, ...options});
	writeFileSync(join(made.base, 'info.json'), JSON.stringify(info));
	const named = Buffer.concat([Buffer.from(join(made.root, 'etc/cni/net.d/')), Buffer.from('fffe2e636f6e66', 'hex')]);
	writeFileSync(named, '{}');
	execFileSync('sh', ['-c', 'mkfifo "$0"', join(made.root, 'etc/cni/net.d/fifo.conf')]);
	return made;
}

const reference = (async () => {
	const made = everyNode();
	const before = snapshot(made);
	const result = await runScript(made);
	return {made, before, after: snapshot(made), ...result};
})();

/** Every entry below the node's root, with size and time. */
function snapshot({root}: Node): string {
	return execFileSync('ls', ['-lRan', root], {encoding: 'latin1'});
}

test('the answer is complete and ends by itself', async t => {
	const {records, code, stderr} = await reference;
	t.is(code, 0);
	t.is(stderr, '');
	t.regex(records, /\nend\n$/);
});

test('it says who the node is', async t => {
	const {records} = await reference;
	t.deepEqual(of(records, 'host').slice(0, 4), [
		['hostname', '=node-1'],
		['boot-id', '=6b1f5c2e-0000-4000-8000-00000000b001'],
		['kernel', '=6.1.0-1-amd64'],
		['os-image', '=Debian GNU/Linux 12 (bookworm)'],
	]);
});

test('it asks the runtime that the kubelet uses', async t => {
	const {records} = await reference;
	t.deepEqual(of(records, 'runtime'), [
		['endpoint', '=unix:///run/containerd/containerd.sock'],
		['name', '=containerd'],
		['version', '=1.6.20~ds1'],
	]);
	const [[json = ''] = []] = of(records, 'info');
	t.deepEqual(JSON.parse(json.slice(1)), {
		status: info.status,
		cniconfig: {
			...info.cniconfig,
			Networks: [
				{Config: {Name: 'cni-loopback', CNIVersion: '0.3.1', Plugins: [{Network: {type: 'loopback'}}]}, IFName: 'lo'},
				{Config: {Name: 'net', CNIVersion: '', Plugins: [{Network: {type: 'calico'}}]}, IFName: 'eth0'},
			],
		},
		config: {cni: {binDir: '/opt/cni/bin', confDir: '/etc/cni/net.d', maxConfNum: 1, confTemplate: '', ipPref: ''}},
		lastCNILoadStatus: 'OK',
	});
});

test('configuration leaves the node reduced to fields of an allow-list', async t => {
	const {records} = await reference;
	t.deepEqual(JSON.parse(content(records, '/etc/cni/net.d/10-calico.conflist')?.slice(1) ?? ''), {
		cniVersion: '0.3.1',
		name: 'k8s-pod-network',
		plugins: [
			{type: 'calico', ipam: {type: 'calico-ipam'}},
			{type: 'multus', delegates: [{name: 'inner', cniVersion: '0.3.1', type: 'bridge', plugins: [{type: 'portmap'}]}]},
			{type: 'portmap', capabilities: {portMappings: true}},
		],
	});
});

test('no secret leaves the node', async t => {
	const {records, stdout, message} = await reference;
	for (const canary of canaries) {
		t.false(records.includes(canary), canary);
		t.false(stdout.includes(canary) || message.includes(canary), canary);
	}
});

test('secrets of containerd and of its imports stay where crictl is absent', async t => {
	const made = node({
		...everything,
		'/etc/containerd/conf.d/a.toml': `[plugins.x]\nkey = '${c1}'\n[proxy]\n"${c2}" = {cni = {bin_dir = "${c3}"}}\n`,
	});
	const {records} = await runScript(made);
	t.is(of(records, 'settings').length, 2);
	t.deepEqual(
		canaries.filter(canary => records.includes(canary)),
		[],
	);
});

const contents: Readonly<Record<string, string>> = {
	'05-$(touch canary)`touch canary`.conf': '={"type":"bridge","name":"bad� \\"q\\"","cniVersion":4,"ipam":[]}',
	'06-; touch canary\n-rf \'"*?[a].conflist': '!unexpected end of JSON input',
	'-rf.json': "!invalid character 'ï' looking for beginning of value",
	'empty.conf': '!unexpected end of JSON input',
	'nul.conf': "!invalid character '\\x00' in string literal",
	'utf8.conf': '={"name":"���"}',
	'utf16.conf': "!invalid character '\\x00' looking for beginning of object key string",
	'nan.conf': "!invalid character 'N' looking for beginning of value",
	'huge.conf': '!json: cannot unmarshal number 1e999 into Go value of type float64',
	'proto.conf': '={"TYPE":"bridge","type":"ptp","type":"bridge"}',
	'deep.conf': '~it is nested deeper than 64 levels',
	'big.conf': '~it is larger than 256 KiB',
	[`${'n'.repeat(245)}.conflist`]: '=[]',
	'x.conflist.bak': '-',
	net: '-',
	'shadow.conf': "!invalid character 'r' looking for beginning of value",
	'gone.conf': '~it is a link that leads nowhere',
	'dir.conf': '~it is a link to something that is not a regular file',
	'proc.conf': '~it is a link into /proc, /sys or /dev',
	'fifo.conf': '~it is not a regular file',
	'\uFFFD\uFFFD.conf': '={}',
};

for (const [name, expected] of Object.entries(contents)) {
	test(`entry ${JSON.stringify(name).slice(0, 60)} is reported for what it is`, async t => {
		const {records} = await reference;
		t.is(content(records, `/etc/cni/net.d/${name}`), expected);
	});
}

test('the hash of a link to a file of another kind stays on the node', async t => {
	const {records} = await reference;
	t.is(of(records, 'file').find(([path]) => path?.endsWith('/shadow.conf'))?.[4], '~its hash was not taken');
});

test('nothing of the node is evaluated, and the node is as it was', async t => {
	const {made, before, after} = await reference;
	t.is(after, before);
	t.deepEqual(readdirSync(made.base).sort(), ['bin', 'info.json', 'root']);
	t.false(existsSync('canary') || existsSync('/canary'));
});

test('names that could leave the directory are not searched for', async t => {
	const {records} = await reference;
	const wanted = of(records, 'wanted');
	t.deepEqual(
		wanted.filter(([, state]) => state === 'odd').map(([type]) => type?.slice(0, 20)),
		['../../bin/sh', 'a b', 'x\0'].filter(type => type !== 'x\0'),
	);
	t.true(wanted.some(([type, state]) => type === 'loopback' && state === 'searched'));
});

test('plugins are asked, each for what it is', async t => {
	const {records} = await reference;
	const sha = /^=[0-9a-f]{64}$/;
	const binaries = new Map(of(records, 'binary').map(fields => [fields[1], fields]));
	t.deepEqual(
		binaries.get('/opt/cni/bin/bridge')?.filter(field => !sha.test(field)),
		['bridge', '/opt/cni/bin/bridge', 'elf', 'yes', '=containernetworking-plugins 1.1.1+ds1-3+b1'],
	);
	t.deepEqual(
		binaries.get('/opt/cni/bin/calico')?.filter(field => !sha.test(field)),
		['calico', '/opt/cni/bin/calico', 'elf', 'yes', '-'],
	);
	t.is(binaries.get('/opt/cni/bin/portmap')?.[2], 'script');
	t.is(binaries.get('/opt/cni/bin/multus')?.[2], 'foreign-elf');
	t.is(binaries.get('/opt/cni/bin/loopback')?.[3], 'no');
	t.false(binaries.has('/opt/cni/bin/calico-ipam'));
	t.deepEqual(of(records, 'seen'), [['loopback', '/usr/lib/cni/loopback']]);
	if (runsPrograms) {
		t.deepEqual(
			of(records, 'answer'),
			[
				['/opt/cni/bin/bridge', '0', `={"cniVersion":"1.0.0","supportedVersions":${JSON.stringify(full)}}`],
				['/opt/cni/bin/calico', '0', '={"cniVersion":"1.0.0","supportedVersions":["0.3.1","1.0.0"]}'],
			].sort((a, b) => records.indexOf(`answer ${a[0]}`) - records.indexOf(`answer ${b[0]}`)),
		);
		t.deepEqual(of(records, 'about'), [['/opt/cni/bin/bridge', '=CNI bridge plugin v1.1.1']]);
	}
});

test('sandboxes, journal and leases are counted', async t => {
	const {records} = await reference;
	t.deepEqual(of(records, 'pods'), [['=2']]);
	t.deepEqual(JSON.parse(of(records, 'stale')[0]?.[0]?.slice(1) ?? ''), {
		items: [
			{id: 'b'.repeat(64), metadata: {name: 'p', namespace: 'ns'}, state: 'SANDBOX_NOTREADY', createdAt: '1700000000123456789'},
		],
	});
	t.deepEqual(of(records, 'journal'), [
		['incompatible', '1', '1763980001'],
		['empty', '2', '1763980003'],
	]);
	t.deepEqual(of(records, 'lease'), [['net', '2', '=1']]);
});

/** A shell or awk that is not on this machine is passed over, and said so. */
const same = test.macro(async (t: ExecutionContext, [program = '', ...flags]: readonly string[], awk: string) => {
	const path = which(program);
	if (path === undefined || which(awk) === undefined) {
		t.log(`${path === undefined ? program : awk} is not on this machine`);
		t.pass();
		return;
	}

	const {records} = await runScript(everyNode({awk}), {shell: [path, ...flags]});
	t.is(records, (await reference).records);
});

for (const command of shells) {
	test(`${command.join(' ')} gives the same bytes`, same, command, 'mawk');
}

for (const awk of awks) {
	test(`${awk} gives the same bytes`, same, ['sh'], awk);
}

const reads = test.macro(
	async (
		t: ExecutionContext,
		tree: Tree,
		bin: Readonly<Record<string, string>>,
		kind: string,
		expected: readonly (readonly string[])[],
	) => {
		const {records} = await runScript(node({...shell, ...tree}, {bin}));
		t.deepEqual(of(records, kind), expected);
	},
);

test('without crictl, containerd is asked for its own view', async t => {
	const made = node(
		{
			...shell,
			'/run/containerd/containerd.sock': '',
			'/proc/5/comm': 'containerd\n',
			'/proc/5/cmdline': '/usr/bin/containerd\0-c\0/etc/c.toml\0',
			'/srv/net.d/a.conf': '{}',
		},
		{
			bin: {
				containerd: `case "$*" in --version) echo 'containerd github.com/containerd/containerd v1.7.2 0cae528dd6cb557f7201036e9f43420650207b58' ;;
'-c /etc/c.toml config dump') printf 'version = 2\\n[plugins."io.containerd.grpc.v1.cri".cni]\\n  conf_dir = "/srv/net.d"\\n' ;; esac`,
			},
		},
	);
	const {records} = await runScript(made);
	t.deepEqual(of(records, 'runtime').slice(1), [
		['name', '=containerd'],
		['version', '=1.7.2'],
	]);
	t.deepEqual(
		of(records, 'settings').map(fields => fields.slice(0, 3)),
		[['containerd', 'dump', '/etc/c.toml']],
	);
	t.deepEqual(of(records, 'confdir'), [['/srv/net.d', 'listed', '0']]);
	t.is(content(records, '/srv/net.d/a.conf'), '={}');
});

test(
	'a container that calls itself containerd is not believed',
	reads,
	{
		'/run/containerd/containerd.sock': '',
		'/proc/5/comm': 'containerd\n',
		'/proc/5/cmdline': 'containerd\0-c\0/evil.toml\0',
		'/proc/5/cgroup': `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${'0'.repeat(64)}.scope\n`,
		'/proc/6/comm': 'containerd\n',
		'/proc/6/cmdline': 'containerd\0-c\0/evil.toml\0',
		'/proc/6/status': 'Uid:\t1000\t1000\t1000\t1000\n',
		'/evil.toml': '',
	},
	{},
	'settings',
	[],
);

test(
	'without any program, files are read in the order of their imports',
	reads,
	{
		'/run/containerd/containerd.sock': '',
		'/etc/containerd/config.toml':
			'imports = ["conf.d/*.toml", "/etc/containerd/missing.toml", "/etc/$(touch x).toml"]\nversion = 3\n',
		'/etc/containerd/conf.d/b.toml': 'imports = ["/etc/containerd/config.toml"]',
		'/etc/containerd/conf.d/a.toml':
			"[plugins.'io.containerd.cri.v1.runtime']\ncni = { bin_dirs = [ # no\n '/a', '''/b''' ], conf_dir = \"/\\u0065tc/x\" }\n",
		'/etc/containerd/conf.d/odd name.toml': '',
	},
	{},
	'settings',
	[
		[
			'containerd',
			'file',
			'/etc/containerd/config.toml',
			'="imports" = ["conf.d/*.toml","/etc/containerd/missing.toml","/etc/$(touch x).toml"]\n"version" = 3\n',
		],
		['containerd', 'file', '/etc/containerd/config.toml', '~it imports a file whose name holds characters that are not followed'],
		[
			'containerd',
			'file',
			'/etc/containerd/conf.d/a.toml',
			'="plugins"."io.containerd.cri.v1.runtime"."present" = true\n"plugins"."io.containerd.cri.v1.runtime"."cni"."bin_dirs" = ["/a","/b"]\n"plugins"."io.containerd.cri.v1.runtime"."cni"."conf_dir" = "/etc/x"\n',
		],
		['containerd', 'file', '/etc/containerd/conf.d/b.toml', '="imports" = ["/etc/containerd/config.toml"]\n'],
		['containerd', 'file', '/etc/containerd/missing.toml', '~it is not there'],
	],
);

test(
	'TOML that is broken is unknown, and named by its line',
	reads,
	{'/run/containerd/containerd.sock': '', '/etc/containerd/config.toml': 'version = 2\n[plugins\npassword = "x"\n'},
	{},
	'settings',
	[['containerd', 'file', '/etc/containerd/config.toml', '~it is not valid TOML at line 2']],
);

test(
	'CRI-O is asked with `crio config`, and its flags stand above',
	reads,
	{
		'/run/crio/crio.sock': '',
		'/proc/9/comm': 'crio\n',
		'/proc/9/cmdline': '/usr/bin/crio\0--cni-config-dir=/srv/net.d/\0--cni-default-network\0main\0',
	},
	{
		crio: `[ "$1" = config ] && printf '[crio.runtime]\\nx = 1\\n[crio.network]\\n# network_dir = "/no"\\nplugin_dirs = [\\n"/opt/cni/bin",\\n"/usr/libexec/cni",\\n]\\n'`,
	},
	'settings',
	[
		['cri-o', 'dump', '/etc/crio/crio.conf', '="crio"."network"."plugin_dirs" = ["/opt/cni/bin","/usr/libexec/cni"]\n'],
		['cri-o', 'flags', '--cni-config-dir', '="crio"."network"."network_dir" = "/srv/net.d/"'],
		['cri-o', 'flags', '--cni-default-network', '="crio"."network"."cni_default_network" = "main"'],
	],
);

test(
	"CRI-O's files are read where it cannot be asked",
	reads,
	{
		'/run/crio/crio.sock': '',
		'/etc/crio/crio.conf': '[crio.network]\nnetwork_dir = "/a"\n',
		'/etc/crio/crio.conf.d/10-b': '[crio.network]\nnetwork_dir = "/b"\n',
	},
	{},
	'confdir',
	[
		['/a', 'absent', '0'],
		['/b', 'absent', '0'],
	],
);

for (const [name, socket, config] of [
	['k3s', '/run/k3s/containerd/containerd.sock', '/var/lib/rancher/k3s/agent/etc/containerd/config.toml'],
	['RKE2', '/run/k3s/containerd/containerd.sock', '/var/lib/rancher/rke2/agent/etc/containerd/config.toml'],
	['MicroK8s', '/var/snap/microk8s/common/run/containerd.sock', '/var/snap/microk8s/current/args/containerd.toml'],
	['k0s', '/run/k0s/containerd.sock', '/etc/k0s/containerd.toml'],
] as const) {
	test(
		`the directories of ${name} are found`,
		reads,
		{
			[socket]: '',
			[config]:
				"version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nconf_dir = '/var/own/net.d'\nbin_dirs = ['/var/own/bin']\n",
			'/var/own/net.d/10-flannel.conflist': list('flannel'),
			'/var/own/bin/flannel': {program: foreignPlugin()},
			'/opt/cni/bin/flannel': {program: foreignPlugin()},
		},
		{},
		'wanted',
		[
			['flannel', 'searched'],
			['bridge', 'searched'],
			['host-local', 'searched'],
			['loopback', 'searched'],
		],
	);
}

test('a node with nothing on it answers all the same', async t => {
	const {records} = await runScript(node(shell));
	t.deepEqual(of(records, 'confdir'), [['/etc/cni/net.d', 'absent', '0']]);
	t.deepEqual(of(records, 'info'), [['~crictl is not on the node']]);
	t.deepEqual(of(records, 'journal'), [['~journalctl is not on the node']]);
	t.deepEqual(of(records, 'pods'), [['~crictl is not on the node']]);
	t.deepEqual(of(records, 'runtime')[0], ['name', '~no container runtime was found on the node']);
});

test('a node without awk says so', async t => {
	const {records} = await runScript(node(shell, {without: ['awk']}));
	t.is(records, 'missing awk\nend\n');
});

test('a node without gzip answers in plain text', async t => {
	const {records, stdout} = await runScript(node(shell, {without: ['gzip']}));
	t.regex(stdout, / plain /);
	t.regex(records, /\nend\n$/);
});

test('a crictl that fails is not taken for an empty answer', async t => {
	const {records} = await runScript(node({...shell, '/run/crio/crio.sock': ''}, {bin: {crictl: 'exit 1'}}));
	t.deepEqual(of(records, 'pods'), [['~crictl got no answer from the container runtime']]);
	t.deepEqual(of(records, 'runtime')[1], ['name', '=cri-o']);
});

test('of more than 64 files the rest is counted', async t => {
	const files = Object.fromEntries(Array.from({length: 70}, (_, index) => [`/etc/cni/net.d/${index + 10}.conf`, '{}']));
	const {records} = await runScript(node({...shell, ...files}));
	t.is(of(records, 'file').length, 64);
	t.deepEqual(of(records, 'confdir'), [['/etc/cni/net.d', 'listed', '6']]);
});

test('the termination message holds the answer when it fits, and else a word that it is in the log', async t => {
	const small = await runScript(node(shell));
	t.is(small.message, small.stdout);
	t.true(small.message.length <= 4096);
	const noise = Object.fromEntries(
		Array.from({length: 60}, (_, index) => [
			`/etc/cni/net.d/${index}.conf`,
			JSON.stringify({type: `${Math.random()}${Math.random()}`}),
		]),
	);
	const large = await runScript(node({...shell, ...noise}));
	t.true(large.stdout.length > 4096);
	t.deepEqual(readFrame(large.message, {run, uid}), {kind: 'in-log'});
	t.regex(large.records, /\nend\n$/);
});

test('an answer that is too long is cut where it was made, and says so by its missing end', async t => {
	const random = (): string => Math.random().toString(36).slice(2);
	const files = Object.fromEntries(
		Array.from({length: 60}, (_, index) => [
			`/etc/cni/net.d/${index}.conf`,
			JSON.stringify({cniVersions: Array.from({length: 150}, () => random() + random())}),
		]),
	);
	const {records, stdout} = await runScript(node({...shell, ...files}));
	t.true(stdout.length < 66_000);
	t.true(records.length > 40_000);
	t.notRegex(records, /\nend\n$/);
});

test('a plugin that never answers costs its timeout and nothing else', async t => {
	if (!runsPrograms) {
		t.pass();
		return;
	}

	// The stand-in shortens the five seconds.
	const made = node(
		{
			...shell,
			'/etc/cni/net.d/a.conflist': list('hangs', 'bridge', 'fails'),
			'/opt/cni/bin/hangs': {program: simulatedPlugin({hangs: true})},
			'/opt/cni/bin/bridge': {program: bridge},
			'/opt/cni/bin/fails': {
				program: simulatedPlugin({version: '{"code":4,"msg":"unknown CNI_COMMAND: VERSION"}\n', versionExit: 1}),
			},
		},
		{
			bin: {
				timeout: `seconds=$3; [ "$4" = env ] && seconds=0.3; shift 3; exec ${which('timeout')} -s KILL $seconds "$@"`,
			},
		},
	);
	const {records} = await runScript(made);
	t.deepEqual(of(records, 'answer'), [
		['/opt/cni/bin/hangs', '137', '!unexpected end of JSON input'],
		['/opt/cni/bin/bridge', '0', `={"cniVersion":"1.0.0","supportedVersions":${JSON.stringify(full)}}`],
		['/opt/cni/bin/fails', '1', '={"code":4,"msg":"unknown CNI_COMMAND: VERSION"}'],
	]);
});

test('a system without timeout ends programs by itself', async t => {
	if (!runsPrograms) {
		t.pass();
		return;
	}

	const made = node(
		{
			...shell,
			'/etc/cni/net.d/a.conflist': list('hangs', 'bridge'),
			'/opt/cni/bin/hangs': {program: simulatedPlugin({hangs: true})},
			'/opt/cni/bin/bridge': {program: bridge},
		},
		{without: ['timeout', 'sleep'], bin: {sleep: `[ "$1" = 5 ] && set -- 0.4; exec ${which('sleep')} "$@"`}},
	);
	const {records} = await runScript(made);
	t.deepEqual(
		of(records, 'answer').map(fields => fields[1]),
		['137', '0'],
	);
	t.regex(records, /\nend\n$/);
});

test('real reference plugins answer', async t => {
	const dir = '/usr/lib/cni';
	if (!existsSync(join(dir, 'bridge'))) {
		t.log(`${dir} is not on this machine`);
		t.pass();
		return;
	}

	const made = node({
		'/etc/cni/net.d/a.conflist': JSON.stringify({
			name: 'x',
			plugins: [{type: 'bridge', ipam: {type: 'host-local'}}, {type: 'firewall'}],
		}),
		'/bin': null,
	});
	mkdirSync(join(made.root, 'opt/cni'), {recursive: true});
	execFileSync('cp', ['-r', dir, join(made.root, 'opt/cni/bin')]);
	const {records} = await runScript(made);
	const answers = new Map(
		of(records, 'answer').map(([path, status, json = '']) => [path, [status, JSON.parse(json.slice(1))] as const]),
	);
	t.deepEqual(
		[...answers.keys()],
		['bridge', 'host-local', 'firewall', 'loopback'].map(name => `/opt/cni/bin/${name}`),
	);
	t.true(answers.get('/opt/cni/bin/bridge')?.[1].supportedVersions.includes('0.4.0'));
	t.false(answers.get('/opt/cni/bin/firewall')?.[1].supportedVersions.includes('0.1.0'));
});

test('packages of an rpm system are named', async t => {
	const made = node(
		{
			...shell,
			'/etc/cni/net.d/a.conf': '{"type":"bridge"}',
			'/opt/cni/bin/bridge': {program: bridge},
			'/opt/cni/bin/loopback': {program: bridge},
		},
		{
			bin: {
				rpm: `[ "$*" = '-qf --qf %{NAME}%%20%{VERSION}-%{RELEASE}\\n /opt/cni/bin/bridge /opt/cni/bin/loopback' ] || exit 1
echo 'kubernetes-cni%201.2.0-0'; echo 'file /opt/cni/bin/loopback is not owned by any package'; exit 1`,
			},
		},
	);
	const {records} = await runScript(made);
	t.deepEqual(
		of(records, 'binary').map(fields => fields.at(-1)),
		['=kubernetes-cni 1.2.0-0', '-'],
	);
});

test('wrong arguments are refused before anything is done', t => {
	for (const parameters of [[], ['x'], ['x', 'y', 'z'], ['$(touch x)', 'y'], ['x', '']]) {
		t.throws(
			() => execFileSync('/bin/sh', ['-s', '--', ...parameters], {input: collectScript(), stdio: ['pipe', 'pipe', 'ignore']}),
			{message: /Command failed/},
		);
	}
});

test('shellcheck has nothing to say', t => {
	const path = which('shellcheck');
	if (path === undefined) {
		t.log('shellcheck is not on this machine');
		t.pass();
		return;
	}

	t.notThrows(() => execFileSync(path, ['-s', 'sh', '-'], {input: collectScript()}));
});

test('the script never writes a here-document, which needs a directory to write to', t => {
	t.notRegex(collectScript(), /<</);
});
