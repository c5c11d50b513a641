# shellcheck shell=bash disable=SC2034,SC2154
# Starts a machine in its network namespace and in control groups of its own. Sourced by machines.sh.

boot() {
	local name=$1 group
	(
		# Without groups of its own each machine's systemd would take those of this shell for its own. They are also how `down` finds
		# every process of the machines.
		for group in $(group_dirs); do
			mkdir -p "$group/$name"
			echo $BASHPID >"$group/$name/cgroup.procs"
		done
		# A node may set its own network's switches, as bridge does with forwarding.
		export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
		exec setsid systemd-nspawn --quiet --boot --directory="$state/$name/root" --machine="$name" --register=no --keep-unit \
			--network-namespace-path="/run/netns/$prefix$name" --resolv-conf=off --timezone=off --link-journal=no \
			--capability=all --system-call-filter='@keyring bpf' --bind=/dev/kmsg \
			</dev/null >"$state/$name.console" 2>&1
	) &
}

# Where the hierarchies are that systemd keeps its units in: cgroup v1, cgroup v2 beside it, or cgroup v2 alone.
group_dirs() {
	local top
	for top in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[ ! -e $top/cgroup.procs ] || echo $top/${prefix}machines
	done
}
