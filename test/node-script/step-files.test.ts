import {existsSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {type ActTree, actTree} from './act-functions.ts';
import {sha256} from './apt-stand-ins.ts';

// The node side needs the tools of Linux, such as `stat -c`.
const onLinux = process.platform === 'linux' ? test : test.skip;

const v1 =
	'# mine\nroot = "/var/lib/containerd"\n[plugins.cri]\n  sandbox_image = "x"\n  [plugins.cri.cni]\n    bin_dir = "/usr/lib/cni"\n[[plugins."cgroups".x]]\n';
const v2 =
	'version = 2\n# mine\nroot = "/var/lib/containerd"\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "x"\n  [plugins."io.containerd.grpc.v1.cri".cni]\n    bin_dir = "/usr/lib/cni"\n[[plugins."io.containerd.monitor.v1.cgroups".x]]\n';

/** The same settings in both versions; `$DB/other` has it dump something else for version 2. */
const containerd = `for last; do :; done
case $last in dump | migrate) ;; *) exit 1 ;; esac
echo "imports = [\\"$2\\"]"
if grep -q '^version = 2' "$2" && [ -e "$DB/other" ]; then echo other; fi
echo '    [plugins."io.containerd.grpc.v1.cri".cni]'
grep bin_dir "$2"`;
const newContainerd = (directory: string) => `#!/bin/sh
echo "    [plugins.'io.containerd.cri.v1.runtime'.cni]"
echo "      bin_dir = ''"
echo "      bin_dirs = ['${directory}']"
`;

function containerdTree(text: string, directory = '/usr/lib/cni'): ActTree {
	const tree = actTree({
		orders: [`runtime-config migrate ${sha256(text)}`],
		files: {'/etc/containerd/config.toml': text},
		commands: {containerd},
	});
	tree.write(`${tree.run}/stage/packages/tree/usr/bin/containerd`, newContainerd(directory), 0o755);
	return tree;
}

onLinux('a containerd configuration of version 1 becomes one of version 2, and again what it was', async t => {
	const tree = containerdTree(v1);
	const {records} = await tree.call('verb_migrate');
	t.deepEqual(records, [['runtime-config', '/etc/containerd/config.toml', '1', 'needed', sha256(v1), '3,5,7']]);
	t.like(await tree.call('stage_runtime_config && backup_runtime_config && do_runtime_config && do_runtime_config'), {why: ''});
	t.is(tree.read('/etc/containerd/config.toml'), v2);
	tree.finish();
	t.like(await tree.call('undo_runtime_config && undo_runtime_config'), {why: ''});
	t.is(tree.read('/etc/containerd/config.toml'), v1);
});

for (const [words, path] of [
	['containerd --config /etc/mine.toml', '/etc/mine.toml'],
	['containerd -c=/etc/mine.toml', '/etc/mine.toml'],
	['containerd', '/etc/containerd/config.toml'],
] as const) {
	onLinux(`${words}: the configuration is that of the node's runtime, whoever else runs one`, async t => {
		const tree = actTree({
			files: {
				'/proc/41/comm': 'containerd\n',
				'/proc/41/cmdline': 'containerd\0--config\0/var/run/docker/containerd/containerd.toml\0',
				'/proc/4242/comm': 'containerd\n',
				'/proc/4242/cmdline': `${words.replaceAll(' ', '\0')}\0`,
			},
			commands: {systemctl: 'case $* in "show -p MainPID containerd.service") echo MainPID=4242 ;; esac'},
		});
		t.is((await tree.call('find_runtime_config && echo "$config_path"')).output.trim(), path);
		rmSync(join(tree.root, '/proc/4242'), {recursive: true});
		t.is((await tree.call('find_runtime_config && echo "$config_path"')).output.trim(), '/etc/containerd/config.toml');
	});
}

onLinux('a new containerd configuration that was damaged is not put in place', async t => {
	const tree = containerdTree(v1);
	await tree.call('stage_runtime_config && backup_runtime_config');
	tree.write(`${tree.run}/stage/runtime-config.toml`, '');
	t.regex((await tree.call('do_runtime_config')).why, /stage\/runtime-config\.toml: it has sha256 .*: it was damaged$/);
	t.regex(
		(await tree.call("problem='' targets=''; check_runtime_config; fail \"$problem\"")).why,
		/stage\/runtime-config\.toml: it has sha256 .*: it was damaged; take the run back/,
	);
	t.is(tree.read('/etc/containerd/config.toml'), v1);
});

onLinux('a containerd configuration of version 2 is left alone', async t => {
	const tree = containerdTree(v2);
	t.like((await tree.call('verb_migrate')).records[0], {2: '2', 3: 'not-needed'});
	const {why, output} = await tree.call('stage_runtime_config && do_runtime_config && undo_runtime_config && echo "$skipped"');
	t.is(why, '');
	t.is(output.trim(), 'the new containerd reads the file as it is');
	t.is(tree.read('/etc/containerd/config.toml'), v2);
});

for (const [title, text, change, why] of [
	['names a plugin that is not known', '[plugins.nvidia]\n', undefined, /line 1 names a plugin that is not known/],
	[
		'disables plugins by their old names',
		'disabled_plugins = ["restart"]\n',
		undefined,
		/line 1 names plugins by their names of version 1/,
	],
	['would mean something else', v1, (tree: ActTree) => tree.write('/../db/other', ''), /does not find the same settings/],
	['changed meanwhile', v1, (tree: ActTree) => tree.write('/etc/containerd/config.toml', 'x'), /not [0-9a-f]{64} as planned/],
	[
		'leads the new containerd elsewhere',
		v1,
		(tree: ActTree) => tree.write(`${tree.run}/stage/packages/tree/usr/bin/containerd`, newContainerd('/opt/cni/bin'), 0o755),
		/the new containerd would look for CNI in bin_dir \/opt\/cni\/bin , expected bin_dir \/usr\/lib\/cni/,
	],
] as const) {
	onLinux(`a containerd configuration that ${title} is refused`, async t => {
		const tree = containerdTree(text);
		change?.(tree);
		t.regex((await tree.call('stage_runtime_config')).why, why);
	});
}

function hookTree(body: string): ActTree {
	const tree = actTree({orders: ['node worker-1', 'hook before mine.sh 00']});
	tree.write(`${tree.run}/stage/mine.sh`, body);
	return tree;
}

onLinux('a hook runs with an environment of its own, and its last line is told', async t => {
	const tree = hookTree(
		'#!/bin/sh\nenv | sed "s/=.*//" | grep -v -e "^_$" -e PWD -e SHLVL | sort | tr "\\n" " "\necho "$CNI_UPGRADE_NODE $CNI_UPGRADE_STEP \u001b[31m"\n',
	);
	const {why, output} = await tree.call(
		'SECRET=x; export SECRET; do_hook_before && echo "$detail"; do_hook_after && echo "$skipped"; undo_hook_before && echo "$detail"',
	);
	t.is(why, '');
	t.deepEqual(output.trim().split('\n'), [
		'CNI_UPGRADE_NODE CNI_UPGRADE_RUN CNI_UPGRADE_STEP HOME PATH worker-1 hook-before [31m',
		'the plan names none',
		'what hook/mine.sh did besides to files of the plan was not taken back: a hook is not called on the way back',
	]);
});

onLinux('a hook that fails says how', async t => {
	t.is(
		(await hookTree('#!/bin/sh\necho no licence >&2\nexit 3\n').call('do_hook_before')).why,
		'hook/mine.sh: it ended with 3: no licence',
	);
	t.regex((await hookTree('#!/nowhere\n').call('do_hook_before')).why, /^hook\/mine\.sh: it (cannot be run|ended with 127)/);
});

onLinux(
	'what a hook makes of a file of the plan is taken back with it, in place or not; what somebody else makes of it is not',
	async t => {
		const path = '/etc/cni/net.d/10.conflist';
		const tree = actTree({
			orders: ['node worker-1', 'hook before mine.sh 00', `config ${path} 1.0.0 ${sha256('old')} ${sha256('new')}`],
			files: {[path]: 'old'},
		});
		tree.write(`${tree.run}/stage/mine.sh`, `#!/bin/sh\necho spoiled >${join(tree.root, path)}\n`);
		tree.write(`${tree.run}/stage/config${path}`, 'new');
		t.is((await tree.call('each config backup_config && do_hook_before')).why, '');
		t.is(tree.read(path), 'spoiled\n');
		t.regex((await tree.call('do_config')).why, /somebody changed it/);
		t.is((await tree.call('undo_config')).why, '');
		t.is(tree.read(path), 'old');
		tree.write(path, 'by somebody else');
		t.regex((await tree.call('undo_config')).why, /somebody changed it, and it is left alone/);
		t.is(tree.read(path), 'by somebody else');
	},
);

onLinux('a backup that was damaged is not put back', async t => {
	const path = '/etc/cni/net.d/10.conflist';
	const tree = actTree({
		orders: [`config ${path} 1.0.0 ${sha256('old')} ${sha256('new')}`],
		files: {[path]: 'new'},
	});
	tree.write(`${tree.run}/backup${path}`, 'damaged');
	t.regex((await tree.call('undo_config')).why, /it was damaged/);
	t.is(tree.read(path), 'new');
});

function kubeadmTree(body: string): ActTree {
	return actTree({
		files: {'/etc/kubernetes/kubelet.conf': '', '/var/lib/kubelet/config.yaml': 'old'},
		commands: {kubeadm: body},
	});
}

onLinux('what kubeadm changed is put back, and what it made is removed', async t => {
	const tree = kubeadmTree(
		'echo new >"$CNI_UPGRADE_ROOT/var/lib/kubelet/config.yaml"; : >"$CNI_UPGRADE_ROOT/var/lib/kubelet/instance-config.yaml"; echo "$1 $2 done"',
	);
	const {why, output} = await tree.call('kubeadm=yes; check_kubeadm && do_kubeadm && echo "$detail" && do_kubeadm');
	t.is(why, '');
	t.is(output.trim(), 'upgrade node done');
	t.is(tree.read('/var/lib/kubelet/config.yaml'), 'new\n');
	tree.finish();
	t.like(await tree.call('kubeadm=yes; undo_kubeadm && undo_kubeadm'), {why: ''});
	t.is(tree.read('/var/lib/kubelet/config.yaml'), 'old');
	t.false(existsSync(join(tree.root, '/var/lib/kubelet/instance-config.yaml')));
	t.is(statSync(join(tree.root, '/var/lib/kubelet/config.yaml')).mode & 0o777, 0o644);
});

onLinux('what somebody else made of a file of kubeadm meanwhile is left alone', async t => {
	const tree = kubeadmTree('echo new >"$CNI_UPGRADE_ROOT/var/lib/kubelet/config.yaml"');
	t.is((await tree.call('kubeadm=yes; do_kubeadm')).why, '');
	tree.write('/var/lib/kubelet/config.yaml', 'by hand');
	t.regex(
		(await tree.call('kubeadm=yes; undo_kubeadm')).why,
		/config\.yaml: it has sha256 .*: somebody changed it, and it is left alone/,
	);
	t.is(tree.read('/var/lib/kubelet/config.yaml'), 'by hand');
});

onLinux('a migrated configuration that a hook changed besides becomes what it was', async t => {
	const tree = containerdTree(v1);
	tree.write(
		`${tree.run}/plan`,
		`cni-upgrade 1\nnode worker-1\nruntime-config migrate ${sha256(v1)}\nhook after mine.sh 00\nend\n`,
	);
	tree.write(`${tree.run}/stage/mine.sh`, `#!/bin/sh\necho more >>${join(tree.root, '/etc/containerd/config.toml')}\n`);
	t.is((await tree.call('stage_runtime_config && backup_runtime_config && do_runtime_config && do_hook_after')).why, '');
	t.is(tree.read('/etc/containerd/config.toml'), `${v2}more\n`);
	t.is((await tree.call('undo_runtime_config')).why, '');
	t.is(tree.read('/etc/containerd/config.toml'), v1);
});

onLinux('a sandbox that could not be made and is there all the same: the reason is the first one', async t => {
	const tree = actTree({
		commands: {crictl: 'case $* in *" runp "*) echo "rpc error: no network" >&2; exit 1 ;; *" pods "*) echo 0123abc ;; esac'},
	});
	t.is((await tree.call('crictl=crictl sandbox=yes; do_sandbox')).why, 'crictl runp: no sandbox was made: rpc error: no network');
});

onLinux('what watches over a program without the help of timeout keeps no lock', async t => {
	const tree = actTree();
	const lock = 'exec 9<"$base"; try_lock 9';
	t.is((await tree.call(`timeout=no; ${lock} && limited 30 true; exec 9<&-; ${lock} || fail 'it is locked'`)).why, '');
});

onLinux('kubeadm is refused on a control plane, and its failure told', async t => {
	const tree = kubeadmTree('echo "error: no API server" >&2; exit 1');
	t.regex((await tree.call('kubeadm=yes; do_kubeadm')).why, /^kubeadm upgrade node: it ended with 1: error: no API server/);
	tree.write('/etc/kubernetes/manifests/kube-apiserver.yaml', '');
	t.regex((await tree.call('kubeadm=yes; check_kubeadm')).why, /^node: it is of the control plane/);
});
