
has() { command -v "$1" >/dev/null 2>&1; }

# limited SECONDS PROGRAM ...: ends it, and its children where the system's timeout does so, when the time is up (status 124 or 137). In a
# tree of the tests every limit can be one second.
limited() {
	if [ -n "$root" ] && [ -e "$root/cni-upgrade-haste" ]; then
		shift
		set -- 1 "$@"
	fi
	if [ "$timeout" = yes ]; then
		timeout -s KILL "$@"
		return
	fi
	limited_seconds=$1
	shift
	{
		"$@" <&4 4<&- &
		limited_pid=$!
		started_at "$limited_pid"
		# Its sleep outlives it: no descriptor of an answer, whose end is waited for, and none of a lock may stay open in it.
		(
			limited_from=$started
			sleep "$limited_seconds"
			# Where we were killed ourselves this is still here, and the number may be somebody else's by now.
			started_at "$limited_pid"
			[ "$started" != "$limited_from" ] || kill -9 "$limited_pid"
		) 3>&- 4<&- 5<&- 8<&- 9<&- >/dev/null 2>&1 &
		watchdog_pid=$!
		wait "$limited_pid" 2>/dev/null
		limited_status=$?
		kill "$watchdog_pid" 2>/dev/null
	} 4<&0
	return "$limited_status"
}

# Sets $started to when a process began, in ticks since the boot; empty where it is gone.
started_at() {
	started=''
	{ read -r started <"/proc/$1/stat"; } 2>/dev/null
	# The name in brackets may hold anything.
	set -- ${started##*')'}
	started=${20-}
}

# attempt SECONDS PROGRAM ...: the same, and on failure $why is what the program said in its last line. That goes to a file: whoever waits
# for the end of a pipe waits for every daemon that was started with it.
attempt() {
	said='' said_in=$root/run/cni-upgrade-$verb.said
	{ true >"$said_in"; } 2>/dev/null || said_in=/dev/null
	limited "$@" >/dev/null 2>"$said_in" </dev/null
	attempt_status=$?
	[ $attempt_status -ne 0 ] || return 0
	while IFS= read -r said_line || [ -n "$said_line" ]; do said=$said_line; done <"$said_in"
	limit=$1
	shift
	case $attempt_status in
	124 | 137) fail "$*: it did not end within $limit seconds" ;;
	*) fail "$*: it ended with $attempt_status: ${said:-it said nothing}" ;;
	esac
}

# Sets $seconds of a clock that nobody sets, as far as the kernel shows one.
uptime() {
	if { read -r seconds rest <"$root/proc/uptime"; } 2>/dev/null; then
		seconds=${seconds%%.*}
	else
		seconds=$(date +%s)
	fi
}

# Sets $epoch, the seconds since 1970; date is asked once.
now() {
	uptime
	[ -n "$epoch_at_boot" ] || epoch_at_boot=$(($(date +%s) - seconds))
	epoch=$((epoch_at_boot + seconds))
}

# Only in a tree of the tests: fails or hangs at one point of one step, each as the first line of the tree's file cni-upgrade-fail
# says, and once: STEP:before|during|after:fail|hang, where STEP is undo-X on the way back. A test kills what hangs.
failpoint() {
	[ -n "$root" ] || return 0
	{ read -r fail_at <"$root/cni-upgrade-fail"; } 2>/dev/null || return 0
	case $fail_at in
	"$step:$1:"*) ;;
	*) return 0 ;;
	esac
	tail -n +2 "$root/cni-upgrade-fail" >"$root/cni-upgrade-fail.rest"
	mv -f "$root/cni-upgrade-fail.rest" "$root/cni-upgrade-fail"
	case $fail_at in
	*:hang)
		true >"$root/cni-upgrade-hangs"
		while :; do sleep 1000; done
		;;
	esac
	fail "$step: failed as cni-upgrade-fail says"
}
