# shellcheck shell=bash disable=SC2034,SC2154
# The wires. Every address but this machine's end of the wire to jump is in a network namespace of the rig's own. Sourced by machines.sh.

outer=10.213.77
inner=10.213.78

address_of() {
	case $1 in
	jump) echo $inner.1 ;;
	node-bookworm) echo $inner.11 ;;
	node-bullseye) echo $inner.12 ;;
	node-trixie) echo $inner.13 ;;
	esac
}

make_network() {
	local name
	if ip route show table all | grep -qE "^([a-z]+ )?(${outer//./[.]}|${inner//./[.]}|10[.]0[.]0[.]0/8|10[.]213[.]0[.]0/16)"; then
		missing "the addresses $outer.0/30 and $inner.0/24 are in use here"
	fi
	ip netns add ${prefix}bridge
	ip -n ${prefix}bridge link add inner type bridge
	ip -n ${prefix}bridge link set inner up
	for name in $all; do
		ip netns add "$prefix$name"
		ip -n "$prefix$name" link set lo up
		# A namespace may start with the settings of this machine.
		ip netns exec "$prefix$name" sysctl -q -w net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
		ip link add host0 netns "$prefix$name" type veth peer name "$name" netns ${prefix}bridge
		ip -n ${prefix}bridge link set "$name" master inner up
		ip -n "$prefix$name" addr add "$(address_of "$name")/24" dev host0
		ip -n "$prefix$name" link set host0 up
	done
	ip link add ${prefix}0 type veth peer name outside netns ${prefix}jump
	ip addr add $outer.1/30 dev ${prefix}0
	ip link set ${prefix}0 up
	# What aims at a node and not at jump ends here, at once, and does not leave for wherever the default route leads.
	ip route add unreachable $inner.0/24
	ip -n ${prefix}jump addr add $outer.2/30 dev outside
	ip -n ${prefix}jump link set outside up
}
