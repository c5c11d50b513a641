
do_plugins() { each plugin replace_plugin; }

replace_plugin() {
	sha_of "$root$1/$2"
	[ "$sha" != "$3" ] || return 0
	[ "$sha" = "$4" ] || fail "$root$1/$2: it has sha256 $sha, not $4 as planned: somebody changed it" || return 1
	sha_of "$run_dir/stage/plugins/$2"
	[ "$sha" = "$3" ] || fail "$run_dir/stage/plugins/$2: it has sha256 $sha, not $3 as it was sent: it was damaged" || return 1
	replace_file "$run_dir/stage/plugins/$2" "$root$1/$2" 0755 0 0
}

undo_plugins() { each plugin restore_plugin; }

restore_plugin() { restore_file "$1/$2" "$4" "$3"; }

backup_plugin() { [ "$4" = none ] || backup_file "$1/$2" "$4"; }

# Unpacks the plugins that the plan names, and no other member of the archive.
unpack_plugins() {
	mkdir -p "$run_dir/stage/plugins" || return 1
	archive_name='' archive_sha=''
	each archive set_archive && each plugin unpack_plugin
}

set_archive() { archive_name=$1 archive_sha=$2; }

unpack_plugin() {
	to=$run_dir/stage/plugins/$2
	sha_of "$to"
	[ "$sha" != "$3" ] || return 0
	for member in "./$2" "$2"; do
		rm -f "$to.part"
		limited 120 tar -xzOf "$run_dir/stage/$archive_name" "$member" >"$to.part" 2>/dev/null </dev/null
		sha_of "$to.part"
		[ "$sha" != "$3" ] || break
	done
	if [ "$sha" != "$3" ]; then
		rm -f "$to.part"
		refuse "plugin/$2: it has sha256 $sha in $archive_name, not $3 as planned; is there room in $run_dir, and is it the archive that the plan was made from?"
		return 1
	fi
	chown 0:0 "$to.part" && chmod 0755 "$to.part" && sync_path "$to.part" && mv -f "$to.part" "$to" || fail "plugin/$2: it cannot be written to $to" || return 1
}
