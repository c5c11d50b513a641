
do_config() { each config replace_config; }

replace_config() {
	sha_of "$root$1"
	[ "$sha" != "$4" ] || return 0
	[ "$sha" = "$3" ] || fail "$root$1: it has sha256 $sha, not $3 as planned: somebody changed it" || return 1
	sha_of "$run_dir/stage/config$1"
	[ "$sha" = "$4" ] || fail "$run_dir/stage/config$1: it has sha256 $sha, not $4 as it was made: it was damaged" || return 1
	set -- "$1" $(stat -c '%a %u %g' "$root$1" 2>/dev/null)
	[ $# -eq 4 ] || fail "$root$1: stat did not describe it" || return 1
	replace_file "$run_dir/stage/config$1" "$root$1" "$2" "$3" "$4"
}

undo_config() { each config restore_config; }

restore_config() { restore_file "$1" "$3" "$4"; }

backup_config() { backup_file "$1" "$3"; }

# The new files, made by the edit that `edit` shows.
stage_config() {
	to=$run_dir/stage/config$1
	mkdir -p "${to%/*}" || return 1
	edit_config "$1" "$2" "$to.part" || { rm -f "$to.part" && return 1; }
	if [ "$old_sha" != "$3" ] || [ "$new_sha" != "$4" ]; then
		rm -f "$to.part"
		refuse "$1: it has sha256 $old_sha and would become $new_sha, not $3 and $4 as planned: somebody changed it; make a new plan"
		return 1
	fi
	sync_path "$to.part" && mv -f "$to.part" "$to"
}
