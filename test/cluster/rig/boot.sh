# shellcheck shell=bash disable=SC2034,SC2154
# Starts a machine in its network namespace and in control groups of its own. Sourced by cluster.sh.

boot() {
	local name=$1 bind=()
	[ "$name" = jump ] || bind=(--bind-ro="$programs/kubernetes/kubelet:/usr/local/bin/kubelet")
	(
		join_groups "$name"
		# A node may set its own network's switches, as bridge does with forwarding.
		export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
		# 133: the machine was rebooted, and wants to be started again.
		# shellcheck disable=SC2016 # It is the other shell's.
		exec setsid sh -c 'while "$@"; [ $? -eq 133 ]; do :; done' "$name" \
			systemd-nspawn --quiet --boot --directory="$state/$name/root" --machine="$name" --register=no --keep-unit \
			--network-namespace-path="/run/netns/$prefix$name" --resolv-conf=off --timezone=off --link-journal=no \
			--capability=all --system-call-filter='@keyring bpf' --bind=/dev/kmsg "${bind[@]}" \
			</dev/null >"$state/$name.console" 2>&1
	) &
	disown
}

# Puts this shell into groups of its own in every hierarchy. They become the machine's root of each: without them its systemd would take
# this shell's for its own, and the kubelets of all machines would make the same groups. They are also how `down` finds every process.
join_groups() {
	local group
	for group in $(group_dirs); do
		new_group "$group"
		new_group "$group/$1"
		echo $BASHPID >"$group/$1/cgroup.procs"
	done
}

# A group of cgroup v1's cpuset takes no process before it has processors and memory.
new_group() {
	local file
	mkdir -p "$1"
	for file in cpuset.cpus cpuset.mems; do
		[ ! -e "$1/$file" ] || [ -n "$(cat "$1/$file")" ] || cat "$1/../$file" >"$1/$file"
	done
}

# Each hierarchy's: those of cgroup v1, cgroup v2 beside them, or cgroup v2 alone.
group_dirs() {
	local hierarchy
	findmnt -rno TARGET -t cgroup,cgroup2 | while read -r hierarchy; do
		case $hierarchy in /sys/fs/cgroup | /sys/fs/cgroup/*) echo "$hierarchy/${prefix}cluster" ;; esac
	done
}
