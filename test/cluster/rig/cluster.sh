#!/bin/bash
# A real cluster on this machine: a control plane, and nodes that are systemd-nspawn machines with systemd, sshd, a runtime and a kubelet.
#
#   cluster.sh up       makes it; minutes the first time, less than one after. Prints what to reach it with
#   cluster.sh status   which node is Ready, with what; 1 when one is not
#   cluster.sh root NAME makes the root of a machine alone, in .cache/roots/
#   cluster.sh down     removes every trace, also what a crash left; what was built and downloaded stays in .cache/
#
#   this machine --veth-- jump --bridge-- nodes
#                --veth-- control --'
#
# Each has a network namespace of its own, and so has the bridge: the only ways in are SSH through jump, which forwards connections and no
# packets, and the API server. Ends with 77 where such a cluster cannot be made, and says what is missing. nodes.sh tells the nodes.
# shellcheck disable=SC2034,SC2154 # Parts set what others read.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../../.." && pwd)
roots=$top/.cache/roots
programs=$top/.cache/programs
# One fixed place, so that `down` of any checkout finds what another one made.
state=/var/lib/cni-upgrade-cluster
prefix=cni-upgrade-

for part in need nodes roots network keys kubeconfig images control configure runtime boot clean; do
	# shellcheck source=/dev/null
	. "$here/$part.sh"
done

main() {
	case ${1-} in
	up) up ;;
	down) need_root && clean ;;
	root)
		need_root
		need_programs
		need_mirror
		mkdir -p "$roots"
		make_root "${2?NAME of a machine}"
		;;
	status) status ;;
	*)
		echo 'usage: cluster.sh up | status | down | root NAME' >&2
		exit 2
		;;
	esac
}

up() {
	local name
	need_root
	need_programs
	need_mirror
	if [ -e "$state" ]; then
		if status; then exit; fi
		echo 'cluster: what is left of an earlier one is removed' >&2
	fi
	clean
	# shellcheck disable=SC2046
	"$top/test/programs/build.sh" $(programs_needed) >&2
	make_roots
	# What runs in the foreground ends first: it must not write into what is removed.
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	trap 'echo "cluster: not made; what was begun is removed" >&2; keep_logs; clean' EXIT
	install -d -m 0700 "$state" "$state/ssh" "$state/keys"
	make_network
	make_ssh_keys
	make_certificates
	make_image
	start_control
	for name in $machines; do
		copy_root "$name"
		configure "$name"
		boot "$name"
	done
	wait_for_machines
	wait_for_nodes
	trap - EXIT INT TERM HUP
	status
}

status() {
	local name bad=0
	if [ ! -e "$state/admin.kubeconfig" ]; then
		echo 'cluster: none is up'
		return 1
	fi
	kubectl get nodes -o wide --request-timeout=10s || bad=1
	for name in $nodes; do
		is_ready "$name" || bad=1
	done
	echo "kubeconfig      $state/admin.kubeconfig"
	echo "SSH to a node   ssh -F $state/ssh/config ${nodes%% *}"
	return $bad
}

kubectl() {
	"$programs/kubernetes/kubectl" --kubeconfig "$state/admin.kubeconfig" "$@"
}

is_ready() {
	[ "$(kubectl get node "$1" --request-timeout=10s -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null)" = True ]
}

# One command on one machine, as an operator would.
ask() {
	ssh -F "$state/ssh/config" -o BatchMode=yes -o ConnectTimeout=5 "$1" "$2" </dev/null
}

wait_for_machines() {
	local name tries
	for name in $machines; do
		for ((tries = 0; ; tries++)); do
			if ask "$name" true 2>"$state/$name.ssh"; then break; fi
			if [ $tries -ge 90 ]; then
				echo "cluster: $name does not answer: $(tail -n 1 "$state/$name.ssh")" >&2
				tail -n 20 "$state/$name.console" >&2
				exit 1
			fi
			sleep 1
		done
	done
}

wait_for_nodes() {
	local name tries
	for name in $nodes; do
		for ((tries = 0; ; tries++)); do
			if is_ready "$name"; then break; fi
			if [ $tries -ge 90 ]; then
				echo "cluster: node/$name is not Ready" >&2
				ask "$name" "journalctl --no-pager -n 30 -u kubelet" >&2 || true
				exit 1
			fi
			sleep 1
		done
		kubectl patch node "$name" -p "{\"spec\":{\"podCIDR\":\"$(pods_of "$name")\",\"podCIDRs\":[\"$(pods_of "$name")\"]}}" >/dev/null
	done
}

# What the next `up` would remove, and somebody may want to read.
keep_logs() {
	rm -rf "$top/.cache/failed"
	mkdir -p "$top/.cache/failed"
	cp "$state"/*.console "$state"/control/*.log "$top/.cache/failed/" 2>/dev/null || true
	echo "cluster: its logs are in $top/.cache/failed" >&2
}

main "$@"
