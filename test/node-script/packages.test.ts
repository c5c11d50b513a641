import {mkdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import type {ActTree} from './act-functions.ts';
import {aptTree, known, packageFile, sha256} from './apt-stand-ins.ts';
import {shells, which} from './run-script.ts';

// The node side of packages needs the tools of Linux, such as `stat -c`.
const onLinux = process.platform === 'linux' ? test : test.skip;

const plan = ['package apt containerd 1.7.24 1.6.20', 'hold containerd', `keep /opt/cni/bin calico ${sha256('theirs')}`];
const stored = ({db}: ActTree, name: string) => readFileSync(join(db, name), 'utf8').trim();

for (const shell of shells.filter(([program = '']) => which(program) !== undefined)) {
	onLinux(
		`packages go to the new version and back offline, holds and files of others as they were, in ${shell.join(' ')}`,
		async t => {
			const tree = aptTree(plan);
			known(tree, 'repo/containerd=1.7.24', packageFile('containerd', '1.7.24', 'whole\n/opt/cni/bin/calico\n'));
			t.like(await tree.call('fetch_packages && check_packages && each keep backup_keep', shell), {why: ''});
			rmSync(join(tree.db, 'repo'), {recursive: true});
			for (const _ of ['once', 'again']) {
				t.like(await tree.call('do_packages', shell), {why: ''});
				t.is(stored(tree, 'containerd'), 'installed 1.7.24');
				t.is(stored(tree, 'containerd.want'), 'hold');
				t.is(tree.read('/opt/cni/bin/calico'), 'theirs');
			}

			tree.finish();
			t.like(await tree.call('undo_packages && undo_packages', shell), {why: ''});
			t.is(stored(tree, 'containerd'), 'installed 1.6.20');
			t.is(stored(tree, 'containerd.want'), 'hold');
			t.is(statSync(join(tree.root, '/opt/cni/bin/calico')).mode & 0o777, 0o644);
		},
	);
}

onLinux('what a killed dpkg left is made whole, whichever way it goes on', async t => {
	for (const [way, version] of [
		['do_packages', '1.7.24'],
		['undo_packages', '1.6.20'],
	] as const) {
		const tree = aptTree();
		await tree.call('fetch_packages');
		known(tree, 'containerd', 'half-installed 1.6.20\n');
		known(tree, 'audit', 'containerd is half installed\n');
		t.like(await tree.call(way), {why: ''});
		t.is(stored(tree, 'containerd'), `installed ${version}`);
		t.regex(stored(tree, 'log'), /--configure -a/);
	}
});

for (const shell of shells.filter(([program = '']) => which(program) !== undefined)) {
	onLinux(`a log that cannot be written ends the step, not the script, in ${shell.join(' ')}`, async t => {
		const tree = aptTree();
		await tree.call('fetch_packages');
		const log = join(tree.root, tree.run, 'state/packages.log');
		rmSync(log);
		mkdirSync(log);
		const {why, output} = await tree.call('{ undo_packages || echo goes on; } && fail "$why"', shell);
		t.regex(output, /^goes on$/m);
		t.regex(why, /state\/packages\.log: it cannot be written; is its file system full or read-only\?$/);
	});
}

onLinux('what others did after the plan is theirs, and stays although a package wipes it', async t => {
	const tree = aptTree(plan);
	for (const version of ['1.6.20', '1.7.24']) {
		known(tree, `repo/containerd=${version}`, packageFile('containerd', version, 'whole\n/opt/cni\n'));
	}

	t.like(await tree.call('fetch_packages && check_packages && each keep backup_keep'), {why: ''});
	for (const [call, content] of [
		['do_packages', 'by a hook'],
		['undo_packages', 'by a newer DaemonSet'],
	] as const) {
		tree.write('/opt/cni/bin/calico', content, 0o755);
		t.like(await tree.call(`${call} && ${call}`), {why: ''});
		t.is(tree.read('/opt/cni/bin/calico'), content);
		t.is(statSync(join(tree.root, '/opt/cni')).mode & 0o777, 0o755);
		tree.write('/opt/cni/bin/calico', 'by hand');
		t.like(await tree.call(call), {why: ''});
		t.is(tree.read('/opt/cni/bin/calico'), 'by hand');
	}

	rmSync(join(tree.root, '/opt/cni/bin/calico'));
	t.like(await tree.call('do_packages'), {why: ''});
	t.false(tree.has('/opt/cni/bin/calico'));
});

onLinux('links in a directory of plugins are there again when a package has wiped it', async t => {
	const tree = aptTree([
		...plan,
		`keep /opt/cni/bin weave-plugin-2.8 ${sha256('weave')}`,
		'bin-dir /opt/cni/bin',
		'bin-dir /nowhere',
	]);
	for (const version of ['1.6.20', '1.7.24']) {
		known(tree, `repo/containerd=${version}`, packageFile('containerd', version, 'whole\n/opt/cni/bin\n'));
	}

	tree.write('/opt/cni/bin/weave-plugin-2.8', 'weave');
	const link = join(tree.root, '/opt/cni/bin/weave-net');
	symlinkSync('weave-plugin-2.8', link);
	t.like(await tree.call('fetch_packages && each keep backup_keep'), {why: ''});
	for (const call of ['do_packages', 'undo_packages']) {
		t.like(await tree.call(call), {why: ''});
		t.is(readlinkSync(link), 'weave-plugin-2.8');
		t.is(tree.read('/opt/cni/bin/weave-net'), 'weave');
	}
});

onLinux(
	'a package manager that was cut off works again, and what it wiped is put back as it was before it first did',
	async t => {
		const tree = aptTree(plan);
		t.like(await tree.call('fetch_packages && each keep backup_keep'), {why: ''});
		tree.write('/opt/cni/bin/calico', 'newer');
		t.like(await tree.call('find_manager && note_others'), {why: ''});
		known(tree, 'containerd', 'installed 1.7.24\n');
		rmSync(join(tree.root, '/opt/cni/bin'), {recursive: true});
		const other = `${tree.run}/backup/packages/others/opt/cni/bin/calico`;
		const copy = tree.read(other);
		tree.write(other, '');
		t.regex(
			(await tree.call('do_packages')).why,
			/^\/opt\/cni\/bin\/calico: its copy .* has sha256 .*; put the file back by hand$/,
		);
		tree.write(other, copy);
		t.like(await tree.call('do_packages && do_packages'), {why: ''});
		t.is(tree.read('/opt/cni/bin/calico'), 'newer');
		t.is(stored(tree, 'log').match(/ -i /g)?.length, 2);
	},
);

onLinux('a package that was not there before is taken away again', async t => {
	const tree = aptTree(['package apt runc 1.1.5 none']);
	rmSync(join(tree.db, 'runc'));
	t.like(await tree.call('fetch_packages && check_packages && do_packages'), {why: ''});
	t.is(stored(tree, 'runc'), 'installed 1.1.5');
	t.like(await tree.call('undo_packages'), {why: ''});
	t.throws(() => stored(tree, 'runc'), {code: 'ENOENT'});
});

onLinux('what the package manager said is told although a file had to be put back after it', async t => {
	const tree = aptTree([...plan.filter(line => !line.startsWith('hold')), 'package apt runc 1.1.6 1.1.5']);
	known(tree, 'repo/containerd=1.7.24', packageFile('containerd', '1.7.24', 'whole\n/opt/cni/bin/calico\n'));
	known(tree, 'repo/runc=1.1.6', packageFile('runc', '1.1.6'));
	known(tree, 'breaks-runc-1.1.6', '');
	t.like(await tree.call('fetch_packages && each keep backup_keep'), {why: ''});
	t.is(
		(await tree.call('do_packages')).why,
		'package/runc is of version 1.1.5, expected 1.1.6: apt said: dpkg: error processing archive of runc',
	);
	t.is(tree.read('/opt/cni/bin/calico'), 'theirs');
});

onLinux('a package that was not there before, but for its configuration files, leaves them', async t => {
	const tree = aptTree(['package apt runc 1.1.5 none']);
	known(tree, 'runc', 'config-files 1\n');
	t.like(await tree.call('fetch_packages && check_packages && do_packages'), {why: ''});
	tree.finish();
	t.like(await tree.call('undo_packages && undo_packages'), {why: ''});
	t.is(stored(tree, 'runc'), 'config-files 1');
});

const refused: readonly (readonly [title: string, change: (tree: ActTree) => void, call: string, why: RegExp])[] = [
	[
		'a version that changed meanwhile',
		tree => known(tree, 'containerd', 'installed 1.6.21\n'),
		'fetch_packages',
		/^package\/containerd is of version 1\.6\.21, expected 1\.6\.20: it changed since/,
	],
	[
		'a new version that no repository has',
		tree => rmSync(join(tree.db, 'repo/containerd=1.7.24')),
		'fetch_packages',
		/^package\/containerd of version 1\.7\.24 cannot be fetched by apt \(E: Version of containerd=1\.7\.24 was not found\); add its repository/,
	],
	[
		'an old version that is nowhere',
		tree => rmSync(join(tree.db, 'repo/containerd=1.6.20')),
		'fetch_packages',
		/no way back: .*--package-file OLD\.deb$/,
	],
	[
		'a package that would be removed',
		tree => known(tree, 'also', 'Remv kubelet [1.33]\n'),
		'fetch_packages',
		/^apt would remove package\/kubelet \(1\.33\), which the plan does not ask for/,
	],
	[
		'a package that would change too',
		tree => known(tree, 'also', 'Inst runc [1.1.5] (1.3.6 Debian:13/stable [amd64])\n'),
		'fetch_packages',
		/^apt would also change package\/runc from 1\.1\.5 to 1\.3\.6, .* add --package runc=1\.3\.6$/,
	],
	[
		'versions that do not go together',
		tree => known(tree, 'conflict', 'Reading package lists...\n containerd : Depends: runc (>= 9)\n'),
		'fetch_packages',
		/^apt cannot install the planned versions together: containerd : Depends: runc \(>= 9\)/,
	],
	[
		'a package of another manager',
		tree => tree.write(`${tree.run}/plan`, 'cni-upgrade 1\npackage dnf containerd 1.7.24 1.6.20\nend\n'),
		'fetch_packages',
		/planned for dnf, but the node's package manager is apt/,
	],
	[
		'a name that is an option',
		tree => tree.write(`${tree.run}/plan`, 'cni-upgrade 1\npackage apt --purge 1.7.24 1.6.20\nend\n'),
		'fetch_packages',
		/is not a name and two versions/,
	],
	[
		'a staged file that was cut',
		tree => tree.write(`${tree.run}/stage/packages/new/containerd.deb`, packageFile('containerd', '1.7.24', '')),
		'check_packages',
		/^package\/containerd of version 1\.7\.24 is not among what was fetched, or is damaged/,
	],
	[
		'a way back that was lost',
		tree => rmSync(join(tree.root, tree.run, 'backup/packages/containerd.deb')),
		'check_packages',
		/of version 1\.6\.20, the way back, is not among/,
	],
	[
		'a hold that nobody knows of',
		tree => known(tree, 'containerd.want', 'install\n'),
		'check_packages',
		/^package\/containerd is held: no, expected yes/,
	],
	[
		'a dpkg that was interrupted before',
		tree => known(tree, 'audit', 'x is half installed\n'),
		'check_packages',
		/^apt was interrupted earlier .* run `dpkg --configure -a`/,
	],
	['a full disk', tree => known(tree, 'free', '1000'), 'check_packages', /^\/usr: it has 1000 KiB free, expected 16484 KiB/],
	[
		'a package that cannot be installed',
		tree => known(tree, 'breaks-containerd-1.7.24', ''),
		'do_packages',
		/^package\/containerd is of version 1\.6\.20, expected 1\.7\.24: apt said: dpkg: error processing archive of containerd/,
	],
];

for (const [title, change, call, why] of refused) {
	onLinux(`the reason names ${title}`, async t => {
		const tree = aptTree(undefined, {
			df: 'echo "Filesystem 1024-blocks Used Available"; echo "/dev/x 9 9 $(cat "$DB/free" 2>/dev/null || echo 999999)"',
		});
		if (call !== 'fetch_packages') {
			t.like(await tree.call('fetch_packages'), {why: ''});
		}

		change(tree);
		t.regex((await tree.call(call)).why, why);
	});
}

onLinux('whoever holds the lock of dpkg is named', async t => {
	const tree = aptTree();
	tree.write('/var/lib/dpkg/lock-frontend', '');
	const lock = join(tree.root, '/var/lib/dpkg/lock-frontend');
	tree.write('/proc/locks', `1: POSIX  ADVISORY  WRITE 412 08:01:${statSync(lock).ino} 0 EOF\n`);
	tree.write('/proc/412/comm', 'unattended-upgr\n');
	mkdirSync(join(tree.root, '/proc/412/fd'));
	symlinkSync('/dev/null', join(tree.root, '/proc/412/fd/1'));
	symlinkSync(lock, join(tree.root, '/proc/412/fd/7'));
	t.is(
		(await tree.call('find_manager && wait_for_packages 0')).why,
		'the lock of apt is held by process/412 (unattended-upgr, /var/lib/dpkg/lock-frontend), expected nobody for 0 seconds; wait until it has finished, or stop it',
	);
});

for (const [title, place] of [
	[
		'the cache',
		(tree: ActTree) => tree.write('/var/cache/apt/archives/containerd_1.6.20_amd64.deb', packageFile('containerd', '1.6.20')),
	],
	[
		'a file that was given',
		(tree: ActTree) => {
			tree.write(`${tree.run}/stage/old.deb`, packageFile('containerd', '1.6.20'));
			tree.write(`${tree.run}/plan`, 'cni-upgrade 1\npackage apt containerd 1.7.24 1.6.20\npackage-file old.deb 00\nend\n');
		},
	],
] as const) {
	onLinux(`an old version that no repository has any more is taken from ${title}`, async t => {
		const tree = aptTree();
		rmSync(join(tree.db, 'repo/containerd=1.6.20'));
		place(tree);
		t.like(await tree.call('fetch_packages'), {why: ''});
		t.is(tree.read(`${tree.run}/backup/packages/containerd.deb`), packageFile('containerd', '1.6.20'));
	});
}

onLinux('the verb packages tells what is there, what could be, and what would happen', async t => {
	const tree = aptTree();
	tree.write(`${tree.run}/stage/runc.deb`, packageFile('runc', '1.3.6'));
	writeFileSync(join(tree.db, 'also'), 'Remv kubelet [1.33]\n');
	const {records} = await tree.call('verb_packages containerd=1.7.24 file:runc.deb kubeadm containerd=9 -x');
	t.deepEqual(records, [
		['package', 'containerd', '1.6.20', '2.1.9+ds1-5,1.7.24~ds1-6', 'apt', 'yes'],
		['file', 'runc.deb', 'runc', '1.3.6', 'amd64'],
		['package', 'runc', '1.1.5', 'none', 'apt', 'no'],
		['package', 'kubeadm', 'none', 'none', 'apt', 'no'],
		['package', 'containerd', '1.6.20', '2.1.9+ds1-5,1.7.24~ds1-6', 'apt', 'yes'],
		[
			'problem',
			'package/containerd has no version 9 in the repositories of the node: seen 2.1.9+ds1-5,1.7.24~ds1-6; add the repository, or give the file with --package-file',
		],
		['problem', 'package/-x is not the name of a package, nor NAME=VERSION'],
		['change', 'apt', 'containerd', '1.7.24~ds1-6', '1.6.20'],
		['change', 'apt', 'runc', '1.3.6', '1.1.5'],
		['remove', 'apt', 'kubelet', '1.33'],
	]);
});

test('a version is chosen as people write it', async t => {
	const tree = aptTree();
	const candidates = '5:2.0.1-1,5:1.7.24-1,1.7.2-1,1.7.1+x';
	for (const [wanted, chosen] of [
		['1.7.24', '5:1.7.24-1'],
		['1.7.2', '1.7.2-1'],
		['1.7.1', '1.7.1+x'],
		['5:2.0.1', '5:2.0.1-1'],
		['1.7', ''],
		['2.0.1-1', '5:2.0.1-1'],
	] as const) {
		t.is((await tree.call(`choose_candidate ${wanted} ${candidates}`)).output.trim(), chosen, wanted);
	}
});
