
# Packages: files that are not theirs, and that they may wipe or replace: those of others in the directories of plugins, and configuration files
# that rpm replaces although they were changed.
#
#   backup/packages/at-work   PATH SHA256 or PATH symlink TARGET, a line each: what these were when a package manager was set to work. It is there
#                             until what that did is on the disk and they are so again.
#   backup/packages/others/PATH   copies of what is not what is kept under backup

# What others did until now is theirs, whatever the plan knew of it. One that was cut off has its work from before.
note_others() {
	[ ! -e "$run_dir/backup/packages/at-work" ] || return 0
	others=$run_dir/state/others
	empty_file "$others" && each keep note_keep && each bin-dir note_links || return 1
	while read -r name _ <&5; do
		for path in $("${kind}_changed_configs" "$name"); do note_other "$path" || return 1; done
	done 5<"$run_dir/backup/packages/list"
	sync_path "$others" && mv -f "$others" "$run_dir/backup/packages/at-work" || fail "$run_dir/backup/packages/at-work: it cannot be written" || return 1
	sync_path "$run_dir/backup/packages"
}

note_keep() { note_other "$1/$2"; }

# Such as those of Weave, which lead to the plugin of its release.
note_links() {
	set +f
	set -- "$root$1"/*
	set -f
	for link in "$@"; do
		if [ -L "$link" ] && is_path "${link#"$root"}"; then note_other "${link#"$root"}" || return 1; fi
	done
}

note_other() {
	sha_of "$root$1"
	seen=$sha
	if [ "$seen" = symlink ]; then
		seen="symlink $(readlink "$root$1")"
	elif is_sha256 "$seen"; then
		sha_of "$run_dir/backup$1"
		[ "$sha" = "$seen" ] || backup_file "$1" "$seen" "$run_dir/backup/packages/others" || return 1
	else
		return 0
	fi
	printf '%s\n' "$1 $seen" >>"$others" || fail "$others: it cannot be written; is its file system full?"
}

put_back_others() {
	[ -e "$run_dir/backup/packages/at-work" ] || return 0
	# rpm leaves it to the kernel when its files reach the disk.
	limited 60 sync
	while read -r path old link <&5; do
		if [ "$old" = symlink ]; then put_back_link "$path" "$link"; else put_back "$path" "$old"; fi || return 1
	done 5<"$run_dir/backup/packages/at-work"
	rm -f "$run_dir/backup/packages/at-work" || fail "$run_dir/backup/packages/at-work: it cannot be removed" || return 1
	sync_path "$run_dir/backup/packages"
}

put_back() {
	sha_of "$root$1"
	[ "$sha" != "$2" ] || return 0
	copy=$run_dir/backup$1
	sha_of "$copy"
	if [ "$sha" != "$2" ]; then
		copy=$run_dir/backup/packages/others$1
		sha_of "$copy"
	fi
	[ "$sha" = "$2" ] || fail "$1: its copy $copy has sha256 $sha, not $2 as it was; put the file back by hand" || return 1
	set -- "$1" $(stat -c '%a %u %g' "$copy" 2>/dev/null)
	[ $# -eq 4 ] || fail "$copy: stat did not describe it" || return 1
	make_parent "$1" && replace_file "$copy" "$root$1" "$2" "$3" "$4"
}

# What a package has in its place is the package's.
put_back_link() {
	sha_of "$root$1"
	[ "$sha" = none ] || return 0
	make_parent "$1" && ln -s "$2" "$root$1" && sync_path "$root${1%/*}" || fail "$1: it was a link to $2 and could not be made again; make it by hand"
}

make_parent() { (umask 022 && mkdir -p "$root${1%/*}") || fail "$root${1%/*}: it cannot be made"; }
