
# containerd 2.0 to 2.2 read a configuration file of version 1 and lose every setting of its CRI plugin, its CNI directories too (measured: 2.0.0,
# 2.1.9 and 2.2.9; 2.3.4 keeps them); files of version 2 they read as they are. So only a file of version 1 is changed, and only to version 2,
# which the old release reads as well: the old one has to dump the same settings before and after, the new one has to find the same CNI
# directories. `containerd config migrate` would write every default of the new release into the file, and the old one could not read it.
#
#   backup/runtime-config   PATH OLDSHA NEWSHA        stage/runtime-config.toml   the new file

# The verb: what would be done, and why not.
#   runtime-config PATH VERSION needed|not-needed|refused SHA LINES|WHY    LINES: numbers of the lines that change, parted by commas
verb_migrate() {
	[ -d "$run_dir/state" ] || refuse "run/$run: it was not begun on this node; begin it first" || return 1
	find_runtime_config
	if [ ! -e "$root$config_path" ]; then
		record runtime-config "$config_path" none not-needed none 'there is no such file'
		return 0
	fi
	sha_of "$root$config_path"
	config_version=$(toml_version "$root$config_path")
	if [ "$config_version" != 1 ]; then
		record runtime-config "$config_path" "$config_version" not-needed "$sha" 'containerd 2 reads a file of this version'
	elif migrate_to "$run_dir/state/runtime-config.toml"; then
		record runtime-config "$config_path" 1 needed "$sha" "$(changed_lines)"
	else
		record runtime-config "$config_path" 1 refused "$sha" "$why"
	fi
	rm -f "$run_dir/state/runtime-config.toml"
}

changed_lines() {
	awk -v other="$root$config_path" '{ new[NR] = $0 } END { while ((getline line < other) > 0) old[++n] = line; shift = NR - n; for (i = 1; i <= n; i++) if (old[i] != new[i + shift]) s = s (s == "" ? "" : ",") i; print s == "" ? 0 : s }' "$run_dir/state/runtime-config.toml"
}

# Sets $config_path: the flag of the containerd that runs as the node's runtime, or the default. Docker has one of its own, pods too.
find_runtime_config() {
	config_path=/etc/containerd/config.toml
	pid=$(limited 20 systemctl show -p MainPID containerd.service 2>/dev/null </dev/null)
	flag=$(tr '\000' '\n' 2>/dev/null <"$root/proc/${pid#MainPID=}/cmdline" | awk 'take { print; exit } /^--?c(onfig)?$/ { take = 1 } sub(/^--?c(onfig)?=/, "") { print; exit }')
	! is_path "$flag" || config_path=$flag
}

# The top-level key version; without one a file is of version 1.
toml_version() {
	awk '/^[ \t]*\[/ { exit } /^[ \t]*version[ \t]*=/ { sub(/^[^=]*=[ \t]*/, ""); sub(/[^0-9].*/, ""); v = $0 } END { print v == "" ? 1 : v }' "$1"
}

# migrate_to OUT: the file in version 2, proved by the release that is installed.
migrate_to() {
	old_program=$(command -v containerd) || fail "$config_path: it is of version 1 and no containerd is installed to check its change; write it in version 2 by hand" || return 1
	empty_file "$1" || return 1
	said=$(awk -v out="$1" '
		BEGIN {
			id["cri"] = "grpc.v1.cri"; id["cgroups"] = "monitor.v1.cgroups"; id["restart"] = "internal.v1.restart"; id["opt"] = "internal.v1.opt"
			id["linux"] = "runtime.v1.linux"; id["scheduler"] = "gc.v1.scheduler"; id["diff-service"] = "service.v1.diff-service"; id["bolt"] = "metadata.v1.bolt"
			id["devmapper"] = "snapshotter.v1.devmapper"; id["overlayfs"] = "snapshotter.v1.overlayfs"; id["native"] = "snapshotter.v1.native"
			id["btrfs"] = "snapshotter.v1.btrfs"; id["zfs"] = "snapshotter.v1.zfs"; id["aufs"] = "snapshotter.v1.aufs"
			print "version = 2" >out
		}
		!tables && /^[ \t]*version[ \t]*=/ { next }
		/^[ \t]*\[/ { tables = 1 }
		/^[ \t]*(disabled|required)_plugins[ \t]*=/ && !/\[[ \t]*\]/ { print "line " NR " names plugins by their names of version 1"; exit }
		match($0, /^[ \t]*\[?\[?[ \t]*plugins[ \t]*\.[ \t]*/) {
			head = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1)
			if (!match(rest, /^"?[A-Za-z0-9_-]+"?/)) { print "line " NR " names a plugin in a way that is not known"; exit }
			name = substr(rest, 1, RLENGTH); tail = substr(rest, RLENGTH + 1); gsub(/"/, "", name)
			if (!(name in id)) { print "line " NR " names a plugin that is not known"; exit }
			print head "\"io.containerd." id[name] "\"" tail >out
			next
		}
		{ print >out }
	' "$root$config_path")
	[ -z "$said" ] || fail "$config_path: $said; write it in version 2 by hand, as docs/PLUGINS.md of containerd 1.6 tells" || return 1
	dump_settings "$old_program" "$root$config_path" >"$run_dir/state/dump.old" || fail "$config_path: the containerd that is installed cannot read it; mend it by hand first" || return 1
	dump_settings "$old_program" "$1" >"$run_dir/state/dump.new" && cmp -s "$run_dir/state/dump.old" "$run_dir/state/dump.new" && return 0
	fail "$config_path: in version 2 the containerd that is installed does not find the same settings in it; write it in version 2 by hand, as docs/PLUGINS.md of containerd 1.6 tells"
}

# The list of files that were read differs, of course.
dump_settings() {
	limited 30 "$1" -c "$2" config dump 2>/dev/null </dev/null >"$run_dir/state/dump.raw" && grep -v '^imports = ' "$run_dir/state/dump.raw"
}

# What the CNI tables of a dump name, sorted: bin_dir and bin_dirs are the same to containerd.
cni_directories() {
	awk '/^ *\[/ { cni = /\.cni\]/ && /cri/ } cni && /^ *(bin_dirs?|conf_dir) *=/ { key = $1; sub(/s$/, "", key); sub(/^[^=]*= */, ""); gsub(/[]["'"'"' ]/, ""); if ($0 != "") print key, $0 }' "$1" | sort
}

# Called by `plan`, after the packages were fetched.
stage_runtime_config() {
	rm -f "$run_dir/backup/runtime-config"
	set -- $(orders runtime-config)
	[ $# -eq 2 ] || return 0
	find_runtime_config
	sha_of "$root$config_path"
	[ "$sha" = "$2" ] || refuse "$config_path: it has sha256 $sha, not $2 as planned: somebody changed it; make a new plan" || return 1
	staged=$run_dir/stage/runtime-config.toml
	[ "$(toml_version "$root$config_path")" = 1 ] || return 0
	migrate_to "$staged" || refuse "$why" || return 1
	new_program=''
	for program in /usr/bin/containerd /usr/sbin/containerd; do
		if [ -f "$run_dir/stage/packages/tree$program" ]; then new_program=$run_dir/stage/packages/tree$program; fi
	done
	[ -n "$new_program" ] || refuse "$config_path: it has to be migrated for the new containerd, but none is among the packages of the plan; add --package containerd=VERSION" || return 1
	# Releases before 2.0 only know dump; 2.0.0 dumps what it has not migrated.
	limited 30 "$new_program" -c "$staged" config migrate >"$run_dir/state/dump.raw" 2>/dev/null </dev/null ||
		limited 30 "$new_program" -c "$staged" config dump >"$run_dir/state/dump.raw" 2>/dev/null </dev/null || refuse "$config_path: the new containerd cannot read it in version 2; write it by hand" || return 1
	cni_directories "$run_dir/state/dump.raw" >"$run_dir/state/directories.new"
	cni_directories "$run_dir/state/dump.old" >"$run_dir/state/directories.old"
	if ! cmp -s "$run_dir/state/directories.old" "$run_dir/state/directories.new"; then
		refuse "$config_path: the new containerd would look for CNI in $(tr '\n' ' ' <"$run_dir/state/directories.new"), expected $(tr '\n' ' ' <"$run_dir/state/directories.old"); write the file by hand"
		return 1
	fi
	sync_path "$staged"
	sha_of "$staged"
	write_file "$run_dir/backup/runtime-config" "$config_path $2 $sha"
}

# Calls a function with PATH OLDSHA NEWSHA.
with_runtime_config() {
	config_path=''
	{ read -r config_path old_sha new_sha <"$run_dir/backup/runtime-config"; } 2>/dev/null
	[ -n "$config_path" ] || return 0
	"$1" "$config_path" "$old_sha" "$new_sha"
}

check_runtime_config() { with_runtime_config check_migrated; }

check_migrated() { check_sha "$1" "$2" && check_staged runtime-config.toml "$3"; }

backup_runtime_config() { with_runtime_config backup_migrated; }

backup_migrated() { backup_file "$1" "$2"; }

do_runtime_config() {
	[ -e "$run_dir/backup/runtime-config" ] || skipped='the new containerd reads the file as it is'
	with_runtime_config replace_runtime_config
}

undo_runtime_config() { with_runtime_config restore_file; }

replace_runtime_config() {
	sha_of "$root$1"
	[ "$sha" != "$3" ] || return 0
	[ "$sha" = "$2" ] || fail "$root$1: it has sha256 $sha, not $2 as planned: somebody changed it" || return 1
	sha_of "$run_dir/stage/runtime-config.toml"
	[ "$sha" = "$3" ] || fail "$run_dir/stage/runtime-config.toml: it has sha256 $sha, not $3 as it was made: it was damaged" || return 1
	set -- "$1" $(stat -c '%a %u %g' "$root$1" 2>/dev/null)
	[ $# -eq 4 ] || fail "$root$1: stat did not describe it" || return 1
	replace_file "$run_dir/stage/runtime-config.toml" "$root$1" "$2" "$3" "$4"
}
