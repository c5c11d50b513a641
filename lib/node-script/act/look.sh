
is_address() {
	case $1 in
	'' | *[!0-9a-fA-F.:]*) return 1 ;;
	*.*.*.* | *:*:*) [ ${#1} -le 45 ] ;;
	*) return 1 ;;
	esac
}

# What the node still holds of a pod's address.
verb_look() {
	[ $# -eq 1 ] && is_address "$1" || refuse 'act.sh look: it needs ADDRESS' || return 1
	set +f
	for lease in "$root"/var/lib/cni/networks/*/"$1"; do
		[ -f "$lease" ] || continue
		id=''
		{ read -r id <"$lease"; } 2>/dev/null
		record lease "${lease#"$root"}" "${id%%[!0-9A-Za-z_.-]*}"
	done
	for cached in "$root"/var/lib/cni/results/*; do
		[ -f "$cached" ] || continue
		! grep -qF -e "\"$1/" -e "\"$1\"" "$cached" 2>/dev/null || record cached "${cached#"$root"}"
	done
	set -f
	interface=$(interface_of "$1")
	[ -z "$interface" ] || record interface "$interface"
}

# The host's side of a pod: where a route leads to it alone, or the port of the bridge behind which its hardware address is.
interface_of() {
	has ip || return 0
	limited 10 ip -o route show table all 2>/dev/null </dev/null | awk -v a="$1" '
		$1 == "local" || $1 == "broadcast" { next }
		$1 == a || $1 == a "/32" || $1 == a "/128" { for (i = 2; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }' | grep . && return 0
	mac=$(limited 10 ip -o neigh show to "$1" 2>/dev/null </dev/null | awk '{ for (i = 2; i < NF; i++) if ($i == "lladdr") { print $(i + 1); exit } }')
	if [ -n "$mac" ] && has bridge; then
		limited 10 bridge fdb show 2>/dev/null </dev/null | awk -v m="$mac" 'tolower($1) == tolower(m) { for (i = 2; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }'
	fi
}

verb_reach() {
	[ $# -ge 1 ] && [ $# -le 2 ] && is_address "$1" || refuse 'act.sh reach: it needs ADDRESS [PORT]' || return 1
	if [ $# -eq 1 ]; then
		reach_by_ping "$1"
	elif is_number "$2" && [ "$2" -gt 0 ] && [ "$2" -lt 65536 ]; then
		reach_by_tcp "$1" "$2"
	else
		refuse 'act.sh reach: PORT is not a port'
	fi
}

reach_by_ping() {
	has ping || { record reached unknown 'ping is not on the node' && return 0; }
	said=$(limited 10 ping -c 1 -W 3 "$1" 2>&1 </dev/null)
	case $? in
	0) record reached yes ping ;;
	1) record reached no 'ping: no answer within 3 seconds' ;;
	*) record reached unknown "ping: ${said##*"$newline"}" ;;
	esac
}

# A connection that is refused was answered, too.
reach_by_tcp() {
	if has bash; then
		said=$(limited 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$1" "$2" 2>&1 </dev/null)
	elif has nc; then
		said=$(limited 5 nc -z -w 3 "$1" "$2" 2>&1 </dev/null)
	else
		record reached unknown 'neither bash nor nc is on the node'
		return 0
	fi
	case "$?:$said" in
	0:*) record reached yes 'tcp: accepted' ;;
	*efused*) record reached yes 'tcp: refused' ;;
	124:* | 137:*) record reached no 'tcp: no answer within 5 seconds' ;;
	*) record reached no "tcp: ${said##*"$newline"}" ;;
	esac
}
