# shellcheck shell=bash disable=SC2034,SC2154
# Removes every trace of the cluster, whatever state it is in. Sourced by cluster.sh.

clean() {
	local group name mount
	for group in $(group_dirs); do
		end_processes "$group"
	done
	for name in $machines control bridge try; do
		[ ! -e "/run/netns/$prefix$name" ] || ip netns del "$prefix$name"
	done
	for name in 1 5; do
		ip link del "$prefix$name" 2>/dev/null || true
	done
	ip route del unreachable "$inner.0/24" 2>/dev/null || true
	for group in $(group_dirs); do
		[ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} +
	done
	for name in $machines; do
		# What a container that ended by itself would have removed.
		[ ! -d "$state/$name/root" ] || rm -f "/run/systemd/nspawn/locks/inode-$(stat -c %d:%i "$state/$name/root")"
		rm -rf "/run/systemd/nspawn/unix-export/$name" "/run/systemd/nspawn/propagate/$name"
	done
	if [ -e "$state" ]; then
		while read -r mount; do umount -l "$mount"; done < <(findmnt -rno TARGET | grep -F "$state/" | sort -r)
		rm -rf --one-file-system "$state"
	fi
}

# Whatever is in the group is the cluster's: boot puts each there before it starts. The first process of a machine takes the others along.
end_processes() {
	local tries pids
	[ -d "$1" ] || return 0
	for ((tries = 0; tries < 100; tries++)); do
		pids=$(find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un | grep -vx 0 || true)
		[ -n "$pids" ] || return 0
		# shellcheck disable=SC2086
		kill -KILL $pids 2>/dev/null || true
		sleep 0.1
	done
	echo "cluster: processes do not end: $pids" >&2
	exit 1
}
