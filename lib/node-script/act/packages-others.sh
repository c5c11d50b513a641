
# Packages: files that are not theirs, and that they may wipe or replace: those of others in the directories of plugins, and configuration files
# that rpm replaces although they were changed.
#
#   backup/packages/at-work   PATH SHA256, a line each: what these were when a package manager was set to work. It is there until what that did is
#                             on the disk and they are so again.
#   backup/packages/others/PATH   copies of what is not what is kept under backup

# What others did until now is theirs, whatever the plan knew of it. One that was cut off has its work from before.
note_others() {
	[ ! -e "$run_dir/backup/packages/at-work" ] || return 0
	others=$run_dir/state/others
	empty_file "$others" && each keep note_keep || return 1
	while read -r name _ <&5; do
		for path in $("${kind}_changed_configs" "$name"); do note_other "$path" || return 1; done
	done 5<"$run_dir/backup/packages/list"
	sync_path "$others" && mv -f "$others" "$run_dir/backup/packages/at-work" || fail "$run_dir/backup/packages/at-work: it cannot be written" || return 1
	sync_path "$run_dir/backup/packages"
}

note_keep() { note_other "$1/$2"; }

note_other() {
	sha_of "$root$1"
	is_sha256 "$sha" || return 0
	seen=$sha
	sha_of "$run_dir/backup$1"
	[ "$sha" = "$seen" ] || backup_file "$1" "$seen" "$run_dir/backup/packages/others" || return 1
	echo "$1 $seen" >>"$others" || fail "$others: it cannot be written; is its file system full?"
}

put_back_others() {
	[ -e "$run_dir/backup/packages/at-work" ] || return 0
	# rpm leaves it to the kernel when its files reach the disk.
	limited 60 sync
	while read -r path old <&5; do put_back "$path" "$old" || return 1; done 5<"$run_dir/backup/packages/at-work"
	rm -f "$run_dir/backup/packages/at-work" || fail "$run_dir/backup/packages/at-work: it cannot be removed" || return 1
	sync_path "$run_dir/backup/packages"
}

# put_back PATH SHA
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
	(umask 022 && mkdir -p "$root${1%/*}") || fail "$root${1%/*}: it cannot be made" || return 1
	set -- "$1" $(stat -c '%a %u %g' "$copy" 2>/dev/null)
	[ $# -eq 4 ] || fail "$copy: stat did not describe it" || return 1
	replace_file "$copy" "$root$1" "$2" "$3" "$4"
}
