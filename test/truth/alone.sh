#!/bin/bash
# Runs one pod's network in namespaces of its own, which end with it: nothing of the machine is touched, and texts are the same each time.
#
#   alone.sh LIBCNI BIN_DIR IFNAME <CONFLIST
#
# LIBCNI is the program of test/programs/libcni. Its JSON comes out. What is left behind goes with the namespaces.
set -euo pipefail

# The plugins call iptables and nft: those of the system, and not what npm puts before them, where a package of it has an nft too.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

if [ "${1-}" != --inside ]; then
	exec unshare --mount --net --pid --fork --kill-child --mount-proc "${BASH_SOURCE[0]}" --inside "$@"
fi
shift
libcni=$(realpath "$1") bin=$(realpath "$2") ifname=$3

mount -t tmpfs tmpfs /run
mkdir -p /run/cni/bin /run/cni/net.d
cp "$libcni" /run/cni/libcni
mount --bind "$bin" /run/cni/bin
mount -t tmpfs tmpfs /var/lib
cat >/run/cni/net.d/10-truth.conflist
ip link set lo up
ip netns add pod
exec /run/cni/libcni /run/cni/net.d/10-truth.conflist /run/cni/bin /run/netns/pod "$ifname"
