import {createHash} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {type ActTree, actTree} from './act-functions.ts';

/**
dpkg and apt as far as act.sh asks them. `$DB/NAME` holds `STATUS VERSION`, `$DB/NAME.want` what is wanted of it; a package file is its
`NAME VERSION ARCHITECTURE KIB`, then `whole`, then paths that its installation wipes.
*/
const aptCommands = {
	'dpkg-query': `for name; do :; done
case $* in
*Status-Want*) cat "$DB/$name.want" 2>/dev/null || echo install ;;
*) cat "$DB/$name" 2>/dev/null || exit 1 ;;
esac`,
	'dpkg-deb': `for file; do :; done
case $1 in
-W) head -n 1 "$file" ;;
*) grep -q '^whole' "$file" ;;
esac`,
	dpkg: `echo "dpkg $*" >>"$DB/log"
while :; do case $1 in --force-* | --auto-deconfigure) shift ;; *) break ;; esac; done
case $1 in
--audit) cat "$DB/audit" 2>/dev/null ;;
--set-selections) read -r name want && echo "$want" >"$DB/$name.want" ;;
--configure) rm -f "$DB/audit" ;;
--purge) shift && for name; do rm "$DB/$name"; done ;;
--remove) shift && for name; do echo "config-files 1" >"$DB/$name"; done ;;
-i)
	shift
	for file; do
		read -r name version rest <"$file"
		if [ -e "$DB/breaks-$name-$version" ]; then echo "dpkg: error processing archive of $name"; exit 1; fi
		echo "installed $version" >"$DB/$name"
		rm -f "$DB/$name.want"
		sed 1,2d "$file" | while read -r path; do rm -rf "$CNI_UPGRADE_ROOT$path"; done
	done
	;;
esac`,
	'apt-get': `case $* in
*' download '*)
	for word; do :; done
	if [ -e "$DB/repo/$word" ]; then cp "$DB/repo/$word" "\${word%%=*}_1.deb"; else echo "E: Version of $word was not found" >&2; exit 100; fi
	;;
*)
	if [ -e "$DB/conflict" ]; then cat "$DB/conflict"; exit 100; fi
	for word; do
		case $word in
		/*.deb) read -r name version rest <"$word" ;;
		*::* | -*) continue ;;
		*=*) name=\${word%%=*} version=\${word#*=} ;;
		*) continue ;;
		esac
		old=$(sed -n 's/^installed //p' "$DB/$name" 2>/dev/null)
		echo "Inst $name \${old:+[$old] }($version Debian:13/stable [amd64])"
	done
	cat "$DB/also" 2>/dev/null
	exit 0
	;;
esac`,
	'apt-cache': `cat "$DB/madison.$2" 2>/dev/null`,
};

export function packageFile(name: string, version: string, rest = 'whole\n'): string {
	return `${name} ${version} amd64 100\n${rest}`;
}

export function sha256(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

/** A node of containerd 1.6.20, held, and of runc 1.1.5, whose repositories have these and containerd 1.7.24. */
export function aptTree(
	orders: readonly string[] = ['package apt containerd 1.7.24 1.6.20', 'hold containerd'],
	commands = {},
): ActTree {
	const tree = actTree({
		orders,
		files: {'/var/lib/dpkg/status': '', '/opt/cni/bin/calico': 'theirs'},
		commands: {...aptCommands, ...commands},
	});
	mkdirSync(join(tree.root, 'var/lib/dpkg/updates'));
	mkdirSync(join(tree.root, 'usr'), {recursive: true});
	known(tree, 'containerd', 'installed 1.6.20\n');
	known(tree, 'containerd.want', 'hold\n');
	known(tree, 'runc', 'installed 1.1.5\n');
	for (const [name, version] of [
		['containerd', '1.6.20'],
		['containerd', '1.7.24'],
		['runc', '1.1.5'],
	] as const) {
		known(tree, `repo/${name}=${version}`, packageFile(name, version));
	}

	known(
		tree,
		'madison.containerd',
		' containerd | 2.1.9+ds1-5 | http://x sid/main amd64 Packages\n containerd | 1.7.24~ds1-6 | http://x trixie/main amd64 Packages\n containerd | 1.7.24~ds1-6 | http://x trixie/main Sources\n',
	);
	return tree;
}

/** Writes what the stand-ins know. */
export function known({db}: ActTree, name: string, text: string): void {
	writeFileSync(join(db, name), text);
}
