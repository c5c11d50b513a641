
# Locks are on directories, which can be opened on a full disk too: where an exec fails, the shell ends. The kernel gives them back when
# their holder dies, however it dies. A client whose stream broke may ask again while its first question is still being worked on.
lock_verbs() {
	[ -d "$base" ] || fail "$base: it is not there; begin a run first" || return 1
	exec 9<"$base"
	wait_for_lock 9 20 || fail "$base: another kubectl cni-upgrade has been working on this node for 20 seconds; try again when it has ended" || return 1
}

# What an earlier instance of the unit had started may still be at work after that one's death: a package manager is left to end by
# itself. Its limit ends it sooner or later, and a daemon that it started must not hold us up.
lock_run() {
	exec 8<"$run_dir"
	wait_for_lock 8 120 || return 0
}

wait_for_lock() {
	tries=0
	while ! flock -n "$1" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -le "$2" ] || return 1
		pause
	done
}
