
# After the outcome: nothing of ours stays but the plan, the journal and the old files. Asked again, it goes on where it was.
verb_finish() {
	lock_verbs || return 1
	current_run
	if [ "$current" != "$run" ]; then
		[ "$current" = none ] && [ -e "$run_dir/plan" ] || refuse "run/$run: it is not the run that this node is at, which is $current" || return 1
	fi
	load_plan || return 1
	read_journal
	case $section in
	done) [ ! -e "$run_dir/back" ] || refuse "run/$run: it is being taken back; wait for the outcome in the journal" || return 1 ;;
	undone | stuck) ;;
	*) refuse "run/$run: its section has no outcome yet; wait for it, or discard the run if it never began" || return 1 ;;
	esac
	write_file "$base/last" "$run" && remove_unit || return 1
	rm -rf "$run_dir/stage" "$run_dir/reserve" "$run_dir/state" "$run_dir/back" "$root/run/cni-upgrade-back"
	set +f
	for dir in "$base"/??????????; do
		if is_run "${dir##*/}" && [ "${dir##*/}" != "$run" ]; then rm -rf "$dir"; fi
	done
	set -f
	rm -f "$base/current" || fail "$base/current: it cannot be removed" || return 1
	sync_path "$base"
}

# Only of a run whose section never began: the node is as it was before it.
verb_discard() {
	lock_verbs || return 1
	current_run
	if [ "$current" != "$run" ] && [ ! -e "$run_dir" ]; then return 0; fi
	must_be_current || return 1
	if [ -e "$run_dir/plan" ]; then load_plan; else runtime_unit='' kubelet_unit=''; fi
	if [ -e "$root/etc/systemd/system/$unit_name" ]; then attempt 150 systemctl stop "$unit_name"; fi
	read_journal
	if [ -n "$section" ]; then
		attempt 60 systemctl start --no-block "$unit_name"
		refuse "run/$run: its section has begun; roll it back"
		return 1
	fi
	remove_unit || return 1
	rm -f "$base/current"
	rm -rf "$run_dir"
	set +f
	for dir in "$base"/??????????; do [ ! -d "$dir" ] || return 0; done
	set -f
	# The first run on this node: not even the script stays.
	rm -rf "$base"
}
