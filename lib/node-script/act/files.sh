
# Sets $sha to the hash of a file, to none where nothing is there, or to something that equals no hash.
sha_of() {
	if [ -L "$1" ]; then
		sha=symlink
	elif [ ! -e "$1" ]; then
		sha=none
	elif [ ! -f "$1" ]; then
		sha=no-file
	else
		sha=$(sha256sum <"$1" 2>/dev/null)
		sha=${sha%% *}
		sha=${sha:-unread}
	fi
}

sync_path() { sync -- "$1" 2>/dev/null || limited 60 sync; }

# replace_file NEW DEST MODE UID GID: whoever reads DEST sees the old file or the new one, whole, whatever happens to us or the node.
# The temporary name has no extension that a runtime would load.
replace_file() {
	temp=${2%/*}/.${2##*/}.cni-upgrade
	if [ -L "$2" ] || [ -d "$2" ]; then fail "$2: it is no regular file; it is left alone" || return 1; fi
	said=''
	if said=$({ rm -f "$temp" && cp "$1" "$temp" && chown "$4:$5" "$temp" && chmod "$3" "$temp"; } 2>&1) && label_like "$2" "$temp" &&
		sync_path "$temp" && failpoint during && said=$(mv -f "$temp" "$2" 2>&1); then
		sync_path "${2%/*}"
		return 0
	fi
	rm -f "$temp"
	why="$2: it was not replaced: ${said:-$why}"
	return 1
}

# SELinux: the label of the file that is replaced, or what the policy says of a new one.
label_like() {
	[ -e "$root/sys/fs/selinux/enforce" ] || return 0
	if [ -e "$1" ] && chcon --reference="$1" "$2" 2>/dev/null; then return 0; fi
	! has restorecon || restorecon "$2" 2>/dev/null || true
}

# write_file DEST TEXT: a small file of our own.
write_file() {
	temp=${1%/*}/.${1##*/}.cni-upgrade
	if mkdir -p "${1%/*}" && printf '%s\n' "$2" >"$temp" && chmod 0644 "$temp" && sync_path "$temp" && mv -f "$temp" "$1"; then
		sync_path "${1%/*}"
		return 0
	fi 2>/dev/null
	rm -f "$temp"
	why="$1: it cannot be written; is its file system full or read-only?"
	return 1
}

# By no `:`, which is a special builtin: where its file cannot be written, the whole shell ends.
empty_file() { { true >"$1"; } 2>/dev/null || fail "$1: it cannot be written; is its file system full or read-only?"; }

# backup_file PATH SHA [DIR]: keeps the file that has this hash, as a copy: a link would change with it where a hook or a network add-on writes
# into the file itself.
backup_file() {
	kept=${3-$run_dir/backup}$1
	sha_of "$kept"
	[ "$sha" != "$2" ] || return 0
	mkdir -p "${kept%/*}"
	said=$({ rm -f "$kept.part" && cp -p "$root$1" "$kept.part"; } 2>&1) && label_like "$root$1" "$kept.part" && sync_path "$kept.part" &&
		mv -f "$kept.part" "$kept" || {
		rm -f "$kept.part"
		why="$root$1: it was not backed up: $said"
		return 1
	}
	sync_path "${kept%/*}"
	sha_of "$kept"
	[ "$sha" = "$2" ] || fail "$root$1: it has sha256 $sha, not $2 as planned: somebody changed it; make a new plan" || return 1
}

# restore_file PATH OLDSHA|none NEWSHA: the file as it was. What is neither the old nor the new one, nor what a hook of ours made of it, is
# somebody else's work.
restore_file() {
	sha_of "$root$1"
	if [ "$sha" = "$2" ]; then
		rm -f "$root${1%/*}/.${1##*/}.cni-upgrade"
		return 0
	fi
	if [ "$sha" != "$3" ] && [ "$sha" != none ] && ! is_hooked "$1"; then
		why="$root$1: it has sha256 $sha, neither the old $2 nor the new $3: somebody changed it, and it is left alone; the old file is $run_dir/backup$1"
		return 1
	fi
	if [ "$2" = none ]; then
		rm -f "$root$1" || fail "$root$1: it cannot be removed" || return 1
		sync_path "$root${1%/*}"
		return 0
	fi
	kept=$run_dir/backup$1 temp=$root${1%/*}/.${1##*/}.cni-upgrade said=''
	sha_of "$kept"
	[ "$sha" = "$2" ] || fail "$kept: it has sha256 $sha, not $2 as it was kept: it was damaged; $root$1 is left alone" || return 1
	rm -f "$temp"
	# By a link where that is possible: it takes no room on the disk.
	if { ln "$kept" "$temp" 2>/dev/null || { said=$(cp -p "$kept" "$temp" 2>&1) && label_like "$kept" "$temp" && sync_path "$temp"; }; } &&
		failpoint during && said=$(mv -f "$temp" "$root$1" 2>&1); then
		sync_path "$root${1%/*}"
		return 0
	fi
	rm -f "$temp"
	why="$root$1: it was not put back: ${said:-$why}; the old file is $kept"
	return 1
}
