
# The operator's own programs, for what we do not know of. They run as root with the kubelet and the runtime stopped, with nothing of our
# environment, and again after a reboot in the middle of the section: they have to stand that.

do_hook_before() { run_hook before; }

do_hook_after() { run_hook after; }

undo_hook_before() { hook_stays before; }

undo_hook_after() { hook_stays after; }

# What the journal says about something that cannot be taken back.
hook_stays() {
	find_hook "$1"
	[ -z "$hook" ] || detail="what hook/$hook did besides to files of the plan was not taken back: a hook is not called on the way back"
}

find_hook() {
	hook='' hook_when=$1
	each hook choose_hook
}

choose_hook() { [ "$1" != "$hook_when" ] || hook=$2; }

run_hook() {
	find_hook "$1"
	if [ -z "$hook" ]; then
		skipped='the plan names none'
		return 0
	fi
	hook_log=$run_dir/state/hook.log
	chmod 0700 "$run_dir/stage/$hook" || fail "hook/$hook: it is not among what was staged; make a new plan" || return 1
	failpoint during || return 1
	(
		umask 022
		limited 600 env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "CNI_UPGRADE_NODE=$(orders node)" "CNI_UPGRADE_RUN=$run" "CNI_UPGRADE_STEP=hook-$1" \
			"$run_dir/stage/$hook" >"$hook_log" 2>&1 </dev/null
	)
	hook_status=$?
	note_hooked
	detail=$(last_line "$hook_log")
	case $hook_status in
	0) return 0 ;;
	124 | 137) why="hook/$hook: it did not end within 600 seconds, or was killed: ${detail:-it said nothing}" ;;
	126) why="hook/$hook: it cannot be run: ${detail:-it said nothing}; is its first line, such as #!/bin/sh, right, and may programs be run below $run_dir?" ;;
	*) why="hook/$hook: it ended with $hook_status: ${detail:-it said nothing}" ;;
	esac
	detail=''
	return 1
}

# What a program of the section makes of the files that are taken back is taken back with them: nobody else is at them meanwhile.
note_hooked() {
	each config note_hooked_file
	each plugin note_hooked_plugin
	with_runtime_config note_hooked_file
	if [ "$kubeadm" = yes ]; then
		for path in $kubeadm_files; do note_hooked_file "$path"; done
	fi
	sync_path "$run_dir/backup/hooked"
}

note_hooked_file() {
	sha_of "$root$1"
	echo "$sha $1" >>"$run_dir/backup/hooked"
}

note_hooked_plugin() { note_hooked_file "$1/$2"; }

# Whether $sha is what such a program has made of this file.
is_hooked() { grep -qxF "$sha $1" "$run_dir/backup/hooked" 2>/dev/null; }

# Without what a terminal would obey.
last_line() {
	tail -c 4096 "$1" 2>/dev/null | tr '\t' '\n' | tr '\r' '\n' | grep -v '^ *$' | tail -n 1 | tr -d '\000-\037\177' | head -c 300
}
