
# Packages: what must hold before anybody is disturbed, and again when the section begins.

check_packages() {
	[ -s "$run_dir/backup/packages/list" ] || return 0
	find_manager || fail 'node: it has lost its package manager' || return 1
	suffix=$("${kind}_word" suffix) sum=0
	while read -r name new old size <&5; do
		case $size in '' | *[!0-9]*) ;; *) sum=$((sum + size)) ;; esac
	done 5<"$run_dir/backup/packages/list"
	check_package_space /usr && check_package_space /var || return 1
	while read -r name new old _ <&5; do
		seen=$("${kind}_installed" "$name")
		if [ "$seen" != "$old" ]; then
			refuse "package/$name is of version $seen, expected $old: it changed since the plan was made; make a new plan"
			return 1
		fi
		if ! is_package "$run_dir/stage/packages/new/$name.$suffix" "$name" "$new"; then
			refuse "package/$name of version $new is not among what was fetched, or is damaged; make a new plan"
			return 1
		fi
		if [ "$old" != none ] && ! is_package "$run_dir/backup/packages/$name.$suffix" "$name" "$old"; then
			refuse "package/$name of version $old, the way back, is not among what was fetched, or is damaged; make a new plan"
			return 1
		fi
		held=no
		! "${manager}_held" "$name" || held=yes
		planned=no
		! orders hold | grep -qxF "$name" || planned=yes
		if [ $held != $planned ]; then
			refuse "package/$name is held: $held, expected $planned: that changed since the plan was made; make a new plan"
			return 1
		fi
	done 5<"$run_dir/backup/packages/list"
	if "${kind}_interrupted"; then
		refuse "$manager was interrupted earlier and some packages are half installed; run \`$("${kind}_word" heal)\` on the node, then try again"
		return 1
	fi
	wait_for_packages 10
}

# A package's new files are written beside its old ones.
check_package_space() {
	free=$(df -Pk "$root$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
	case $free in '' | *[!0-9]*) return 0 ;; esac
	if [ "$free" -lt $((sum + 16384)) ]; then
		refuse "$1: it has $free KiB free, expected $((sum + 16384)) KiB for the new packages; make room there"
		return 1
	fi
}

# Waits until nobody holds the package manager's lock. Lock files are never removed: the one who holds it is at work.
wait_for_packages() {
	until=$(($(date +%s) + $1))
	while holder=$(packages_holder) && [ -n "$holder" ]; do
		if [ "$(date +%s)" -ge "$until" ]; then
			refuse "the lock of $manager is held by $holder, expected nobody for $1 seconds; wait until it has finished, or stop it"
			return 1
		fi
		sleep 1
	done
	return 0
}

packages_holder() {
	for lock in $("${kind}_word" locks); do
		[ -e "$root$lock" ] || continue
		inode=$(stat -c %i "$root$lock" 2>/dev/null) || continue
		writers=$(awk -v inode=":$inode" '$4 == "WRITE" && substr($6, length($6) - length(inode) + 1) == inode { print $5 }' "$root/proc/locks" 2>/dev/null)
		for pid in $writers; do
			for fd in $(file_descriptors "$root/proc/$pid/fd"); do
				[ "$(readlink "$fd" 2>/dev/null)" = "$root$lock" ] || continue
				name=''
				read -r name <"$root/proc/$pid/comm" 2>/dev/null
				echo "process/$pid ($(echo "$name" | tr -cd 'A-Za-z0-9._/:@+-'), $lock)"
				return
			done
		done
	done
}

file_descriptors() {
	(
		set +f
		echo "$1"/*
	)
}
