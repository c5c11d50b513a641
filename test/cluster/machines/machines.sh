#!/bin/bash
# Real systems to ask: systemd-nspawn machines with systemd, sshd, containerd and CNI plugins of Debian's releases.
#
#   machines.sh up       makes them; minutes the first time, seconds after. Prints where the SSH configuration is
#   machines.sh status   who answers, and with what; 1 when somebody does not
#   machines.sh down     removes every trace, also what a crash left; the base roots stay in .cache/
#
#   this machine --veth-- jump --bridge-- node-bookworm, node-bullseye, node-trixie
#
# The bridge is in a network namespace of its own: the only way to the nodes is through jump, which forwards connections of SSH and no
# packets. Ends with 77 where such machines cannot be made, and says what is missing.
#
#   node-bookworm  containerd 1.6, a config list of spec version 1.0.0 and plugins of bullseye, which know 0.4.0 at most
#   node-bullseye  containerd 1.4, a config list without cniVersion
#   node-trixie    containerd 1.7, nothing wrong with it
#
# Users of each, by the same key: root; admin, who may sudo without a password; careful, whose sudo asks for the password in
# $state/ssh/password.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # The parts read it.
cache=$(cd "$here/../../.." && pwd)/.cache/machines
# One fixed place, so that `down` of any checkout finds what another one made.
state=/var/lib/cni-upgrade-machines
prefix=cni-upgrade-
all='jump node-bookworm node-bullseye node-trixie'
nodes=${all#jump }

for part in roots network configure boot clean; do
	# shellcheck source=/dev/null
	. "$here/$part.sh"
done

main() {
	case ${1-} in
	up) up ;;
	down) need_root && clean ;;
	status) status ;;
	*)
		echo 'usage: machines.sh up | status | down' >&2
		exit 2
		;;
	esac
}

up() {
	need_root
	need_programs
	if [ -e "$state" ]; then
		if status; then exit; fi
		echo 'machines: what is left of earlier ones is removed' >&2
	fi
	clean
	make_roots
	trap 'echo "machines: not made; what was begun is removed" >&2; clean' EXIT
	install -d -m 0700 "$state" "$state/ssh"
	make_network
	make_keys
	for name in $all; do
		copy_root "$name"
		configure "$name"
		boot "$name"
	done
	wait_for_all
	trap - EXIT
	status
}

# shellcheck disable=SC2016 # It is for the machine's shell.
question='. /etc/os-release; echo "$PRETTY_NAME, $(containerd --version 2>/dev/null || echo no containerd)"'

status() {
	local name bad=0
	if [ ! -e "$state/ssh/config" ]; then
		echo 'machines: none is up'
		return 1
	fi
	for name in $all; do
		printf '%-14s ' "$name"
		ask "$name" "$question" 2>/dev/null || {
			echo 'does not answer'
			bad=1
		}
	done
	echo "ssh -F $state/ssh/config $nodes"
	return $bad
}

# One command on one machine, as an operator would.
ask() {
	ssh -F "$state/ssh/config" -o BatchMode=yes -o ConnectTimeout=5 "$1" "$2" </dev/null
}

wait_for_all() {
	local name tries
	for name in $all; do
		for ((tries = 0; ; tries++)); do
			if ask "$name" true 2>"$state/$name.ssh"; then break; fi
			if [ $tries -ge 60 ]; then
				echo "machines: $name does not answer: $(tail -n 1 "$state/$name.ssh")" >&2
				tail -n 20 "$state/$name.console" >&2
				exit 1
			fi
			sleep 1
		done
	done
}

need_root() {
	[ "$(id -u)" = 0 ] || missing 'it takes root'
}

need_programs() {
	local program
	for program in systemd-nspawn debootstrap ip ssh ssh-keygen apt-get; do
		command -v $program >/dev/null || missing "$program is not on this machine (Debian: systemd-container, debootstrap, iproute2, openssh-client)"
	done
	ip netns add ${prefix}try 2>/dev/null || missing 'no network namespaces can be made here'
	ip netns del ${prefix}try
}

missing() {
	echo "machines: $1" >&2
	exit 77
}

main "$@"
