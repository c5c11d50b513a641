# shellcheck shell=bash disable=SC2034,SC2154
# The wires. Every address but this machine's ends of the wires to jump and control is in a network namespace of the rig's own. Sourced
# by cluster.sh.

outer=10.213.77
inner=10.213.78

address_of() {
	case $1 in
	jump) echo $inner.1 ;;
	control) echo $inner.2 ;;
	node-bookworm) echo $inner.11 ;;
	node-early) echo $inner.12 ;;
	node-trixie) echo $inner.13 ;;
	node-sid) echo $inner.14 ;;
	node-crio) echo $inner.15 ;;
	node-packages) echo $inner.16 ;;
	esac
}

# The addresses of its pods.
pods_of() {
	local address
	address=$(address_of "$1")
	echo "10.88.${address##*.}.0/24"
}

# Where this machine reaches it.
reached_at() {
	case $1 in
	jump) echo $outer.2 ;;
	control) echo $outer.6 ;;
	*) address_of "$1" ;;
	esac
}

make_network() {
	local name
	if ip route show table all | grep -qE "^([a-z]+ )?(${outer//./[.]}|${inner//./[.]}|10[.]0[.]0[.]0/8|10[.]213[.]0[.]0/16)"; then
		missing "the addresses $outer.0/29 and $inner.0/24 are in use here"
	fi
	ip netns add "${prefix}bridge"
	ip -n "${prefix}bridge" link add inner type bridge
	ip -n "${prefix}bridge" link set inner up
	for name in control $machines; do
		ip netns add "$prefix$name"
		ip -n "$prefix$name" link set lo up
		# A namespace may start with the settings of this machine.
		ip netns exec "$prefix$name" sysctl -q -w net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
		ip link add host0 netns "$prefix$name" type veth peer name "$name" netns "${prefix}bridge"
		ip -n "${prefix}bridge" link set "$name" master inner up
		ip -n "$prefix$name" addr add "$(address_of "$name")/24" dev host0
		ip -n "$prefix$name" link set host0 up
	done
	route_pods
	wire jump 1
	wire control 5
	# What aims at a node and not at jump ends here, at once, and does not leave for wherever the default route leads.
	ip route add unreachable $inner.0/24
}

# Each node knows the way to the pods of the others, as a network add-on would see to. What is aimed at a service needs one too, before
# the node's own rules send it on.
route_pods() {
	local name other
	for name in $nodes; do
		ip -n "$prefix$name" route add 10.96.0.0/16 via "$(address_of control)"
		for other in $nodes; do
			[ "$name" = "$other" ] || ip -n "$prefix$name" route add "$(pods_of "$other")" via "$(address_of "$other")"
		done
	done
}

# From this machine to one in the rig: two addresses, the first ours.
wire() {
	ip link add "$prefix$2" type veth peer name outside netns "$prefix$1"
	ip addr add "$outer.$2/30" dev "$prefix$2"
	ip link set "$prefix$2" up
	ip -n "$prefix$1" addr add "$outer.$(($2 + 1))/30" dev outside
	ip -n "$prefix$1" link set outside up
}
