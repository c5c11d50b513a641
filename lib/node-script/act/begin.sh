
verb_begin() {
	is_able || return 1
	lock_verbs || return 1
	current_run
	if [ "$current" != none ] && [ "$current" != "$run" ]; then
		record unfinished "$current"
		refuse "run/$current: it is not finished on this node; kubectl cni-upgrade resume goes on with it, kubectl cni-upgrade rollback takes it back"
		return 1
	fi
	if [ "$current" = none ] && [ -e "$run_dir/journal" ]; then refuse "run/$run: it is finished on this node; begin another" || return 1; fi
	if mkdir -p "$run_dir/stage" "$run_dir/backup" "$run_dir/state" && reserve_room && write_file "$base/current" "$run"; then return 0; fi 2>/dev/null
	fail "$run_dir: it cannot be written; is its file system full or read-only?"
}

# What must be so on every node that is upgraded, before anything is written there.
is_able() {
	if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then refuse 'act.sh: it must run as root' || return 1; fi
	[ -d "$root/run/systemd/system" ] || refuse 'node: systemd is not its PID 1 (/run/systemd/system is not there); only nodes with systemd are upgraded' || return 1
	for program in systemctl flock tar head tail awk od cksum sha256sum stat cp mv ln chmod chown sync date wc grep sed; do
		has "$program" || refuse "node: the program $program is not there; install it" || return 1
	done
	unit_state "$unit_name"
	[ "$unit_state" != unknown ] || refuse 'node: systemctl did not answer within 20 seconds' || return 1
	[ ! -L "$base" ] || refuse "$base: it is a symbolic link; remove it" || return 1
	mkdir -p "$base" 2>/dev/null && chmod 0700 "$base" 2>/dev/null || fail "$base: it cannot be made; is its file system full or read-only?"
}

# So that the journal can still be written when the disk is full.
reserve_room() { [ -s "$run_dir/reserve" ] || head -c 65536 /dev/zero >"$run_dir/reserve"; }

# Sets $current to the run that is not finished, or to none.
current_run() {
	current=none
	{ read -r current <"$base/current"; } 2>/dev/null
	is_run "$current" && [ -d "$base/$current" ] || current=none
}
