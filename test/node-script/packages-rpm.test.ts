import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {type ActTree, actTree} from './act-functions.ts';
import {packageFile} from './apt-stand-ins.ts';

// The node side of packages needs the tools of Linux, such as `stat -c`.
const onLinux = process.platform === 'linux' ? test : test.skip;

/** rpm, dnf and zypper as far as act.sh asks them; `$DB/NAME` holds the installed version, the other files are as of dpkg's stand-ins. */
const commands = {
	rpm: `echo "rpm $*" >>"$DB/log"
for last; do :; done
case $* in
'-q --qf '*) cat "$DB/$last" 2>/dev/null || { echo "package $last is not installed"; exit 1; } ;;
*--obsoletes*) cat "$DB/obsoletes" 2>/dev/null ;;
*' --qf '*) awk 'NR == 1 { print $1, $2, $3, $4 * 1024 - 1 }' "$last" ;;
'-K '*)
	grep -q ^whole "$last" || exit 1
	if grep -q ^signed "$last"; then echo "$last: digests signatures OK"; else echo "$last: digests OK"; fi
	;;
'-U --test '*) [ ! -e "$DB/needs" ] || { cat "$DB/needs" && exit 1; } ;;
'-U '*)
	shift
	for file; do
		case $file in -*) continue ;; esac
		read -r name version rest <"$file"
		echo "$version" >"$DB/$name"
		echo "of $version" >"$CNI_UPGRADE_ROOT/etc/containerd/config.toml"
	done
	;;
'-V '*) echo 'S.5....T.  c /etc/containerd/config.toml' ;;
esac`,
	dnf: `case $* in *--disablerepo=*) ;; *versionlock*) [ ! -e "$DB/offline" ] || exit 1 ;; esac
while :; do case $1 in -*) shift ;; *) break ;; esac; done
case $1 in
download)
	for spec; do :; done
	cp "$DB/repo/$spec" "$3/$spec.rpm" 2>/dev/null || { echo "No package $spec available." >&2; exit 1; }
	;;
repoquery) printf '0:1.6.20-1\\n0:1.7.24-1\\n' ;;
versionlock)
	case $2 in
	list) cat "$DB/lock" 2>/dev/null ;;
	delete) rm -f "$DB/lock" ;;
	add) [ ! -e "$DB/locked-away" ] && echo "$3-0:$(sed 's/^0://' "$DB/$3").*" >"$DB/lock" ;;
	esac
	;;
esac`,
};

const zypper = `case $* in
*' download '*)
	mkdir -p "$3/repo/x86_64"
	for spec; do :; done
	cp "$DB/repo/\${spec%%=*}-\${spec#*=}" "$3/repo/x86_64/x.rpm"
	;;
*' locks') echo '1 | containerd.io | package | (any)' ;;
*' search '*) printf 'S | Name | Type | Version | Arch | Repository\\n--+--\\nv | containerd.io | package | 1.7.24-1 | x86_64 | r\\n' ;;
esac`;

function rpmTree(orders: readonly string[], manager: 'dnf' | 'zypper' = 'dnf'): ActTree {
	const tree = actTree({
		orders,
		files: {'/etc/containerd/config.toml': 'mine'},
		commands: manager === 'dnf' ? commands : {rpm: commands.rpm, zypper},
	});
	mkdirSync(join(tree.root, 'var'), {recursive: true});
	writeFileSync(join(tree.db, 'containerd.io'), '0:1.6.20-1\n');
	for (const version of ['1.6.20-1', '1.7.24-1']) {
		writeFileSync(join(tree.db, `repo/containerd.io-${version}`), packageFile('containerd.io', version));
	}

	return tree;
}

for (const manager of ['dnf', 'zypper'] as const) {
	onLinux(`packages of ${manager} go to the new version and back, and a changed configuration file stays`, async t => {
		const tree = rpmTree([`package ${manager} containerd.io 1.7.24-1 1.6.20-1`, 'hold containerd.io'], manager);
		writeFileSync(join(tree.db, 'lock'), 'containerd.io-0:1.6.20-1.*\n');
		t.like(await tree.call('fetch_packages && check_packages'), {why: ''});
		rmSync(join(tree.db, 'repo'), {recursive: true});
		for (const [call, version] of [
			['do_packages && do_packages', '1.7.24-1'],
			['undo_packages && undo_packages', '1.6.20-1'],
		] as const) {
			t.like(await tree.call(call), {why: ''});
			t.is(readFileSync(join(tree.db, 'containerd.io'), 'utf8').trim(), version);
			t.is(tree.read('/etc/containerd/config.toml'), 'mine');
			t.is(readFileSync(join(tree.db, 'lock'), 'utf8'), `containerd.io-0:${manager === 'dnf' ? version : '1.6.20-1'}.*\n`);
		}
	});
}

onLinux('a configuration file that somebody changed after the plan stays as it was made, forward and back', async t => {
	const tree = rpmTree(['package dnf containerd.io 1.7.24-1 1.6.20-1']);
	t.like(await tree.call('fetch_packages && check_packages'), {why: ''});
	for (const call of ['do_packages', 'undo_packages']) {
		tree.write('/etc/containerd/config.toml', `before ${call}`);
		t.like(await tree.call(`${call} && ${call}`), {why: ''});
		t.is(tree.read('/etc/containerd/config.toml'), `before ${call}`);
		tree.write('/etc/containerd/config.toml', 'by hand');
		t.like(await tree.call(call), {why: ''});
		t.is(tree.read('/etc/containerd/config.toml'), 'by hand');
	}
});

onLinux(
	'holds are set without the repositories; on the way back one that cannot be set is told, and holds up nothing',
	async t => {
		const tree = rpmTree(['package dnf containerd.io 1.7.24-1 1.6.20-1', 'hold containerd.io']);
		writeFileSync(join(tree.db, 'lock'), 'containerd.io-0:1.6.20-1.*\n');
		t.like(await tree.call('fetch_packages'), {why: ''});
		writeFileSync(join(tree.db, 'offline'), '');
		t.like(await tree.call('do_packages'), {why: ''});
		t.is(readFileSync(join(tree.db, 'lock'), 'utf8'), 'containerd.io-0:1.7.24-1.*\n');
		writeFileSync(join(tree.db, 'locked-away'), '');
		const told = 'package/containerd.io: it was held and could not be held again; hold it by hand';
		t.is((await tree.call('do_packages')).why, told);
		t.is((await tree.call('undo_packages && echo "$detail"')).output.trim(), told);
		t.is(readFileSync(join(tree.db, 'containerd.io'), 'utf8').trim(), '1.6.20-1');
	},
);

onLinux('an rpm that was cut off is installed again, although the database names its version', async t => {
	const tree = rpmTree(['package dnf containerd.io 1.7.24-1 1.6.20-1']);
	t.like(await tree.call('fetch_packages && note_others'), {why: ''});
	writeFileSync(join(tree.db, 'containerd.io'), '0:1.7.24-1\n');
	tree.write('/etc/containerd/config.toml', 'of the package');
	t.like(await tree.call('do_packages && do_packages'), {why: ''});
	t.is(readFileSync(join(tree.db, 'log'), 'utf8').match(/^rpm -U --oldpackage/gm)?.length, 1);
	t.is(tree.read('/etc/containerd/config.toml'), 'mine');
});

const orders = ['package dnf containerd.io 1.7.24-1 1.6.20-1'];
const refused: readonly (readonly [title: string, change: (tree: ActTree) => void, why: RegExp])[] = [
	[
		'what it needs',
		({db}) => writeFileSync(join(db, 'needs'), 'error: Failed dependencies:\n\trunc >= 9 is needed by containerd.io\n'),
		/^dnf cannot install .* runc >= 9 is needed by containerd\.io; name what they need/,
	],
	[
		'what it would replace',
		({db}) => {
			writeFileSync(join(db, 'obsoletes'), 'docker < 2\n');
			writeFileSync(join(db, 'docker'), '0:1.13-1\n');
		},
		/^dnf would remove package\/docker \(1\.13-1\)/,
	],
	[
		'a missing signature',
		tree => tree.write('/etc/dnf/dnf.conf', '[main]\ngpgcheck=1\n'),
		/of version 1\.7\.24-1 cannot be fetched by dnf \(.*it is not signed and dnf\.conf says gpgcheck=1\)/,
	],
];
for (const [title, change, why] of refused) {
	onLinux(`before anything is installed by rpm, the reason names ${title}`, async t => {
		const tree = rpmTree(orders);
		change(tree);
		t.regex((await tree.call('fetch_packages')).why, why);
	});
}

onLinux('two versions that a killed rpm left become one', async t => {
	const tree = rpmTree(orders);
	await tree.call('fetch_packages');
	writeFileSync(join(tree.db, 'containerd.io'), '0:1.6.20-1\n0:1.7.24-1\n');
	t.like(await tree.call('undo_packages'), {why: ''});
	t.is(readFileSync(join(tree.db, 'containerd.io'), 'utf8').trim(), '1.6.20-1');
});
