
# The staged plugins are asked what they support; then, where the plan says `rehearse chain`, they do ADD, CHECK and DEL of the new config in
# network namespaces that are thrown away: one stands for the node, so that bridges, routes, firewall rules and sysctls land there, and one for
# the pod. Leases go to a directory of the rehearsal. Records:
#   supports TYPE VERSIONS RELEASE|none      VERSIONS parted by commas
#   rehearsed ADD|CHECK|DEL|GONE ok|failed|skipped WHY
# The config's text stays on the node; of what a plugin says, only the message of its error leaves it.

verb_rehearse() {
	load_plan && must_be_current || return 1
	find_staged_plugins
	for type in $staged_types; do ask_plugin "$type" || return 1; done
	[ "$rehearse" = chain ] || return 0
	each config rehearse_config
}

# Sets $staged_types, and $cni_path, which has what is staged before what is installed.
find_staged_plugins() {
	staged_types='' cni_path=$run_dir/stage/plugins plugin_dirs=''
	each plugin add_plugin
	for dir in /usr/lib/cni /usr/libexec/cni /opt/cni/bin; do
		packaged=$run_dir/stage/packages/tree$dir
		[ -d "$packaged" ] || continue
		cni_path=$cni_path:$packaged plugin_dirs="$plugin_dirs $dir"
		for file in $(files_like "$packaged/*"); do
			case " $staged_types " in *" ${file##*/} "*) ;; *) staged_types="$staged_types ${file##*/}" ;; esac
		done
	done
	each bin-dir add_plugin_dir
	for dir in $plugin_dirs; do cni_path=$cni_path:$root$dir; done
}

add_plugin() {
	staged_types="$staged_types $2"
	add_plugin_dir "$1"
}

add_plugin_dir() {
	case " $plugin_dirs " in *" $1 "*) ;; *) plugin_dirs="$plugin_dirs $1" ;; esac
}

# Sets $plugin to the file that would do the work of a type.
find_plugin() {
	plugin=''
	is_name "$1" || return 1
	IFS=:
	for dir in $cni_path; do
		if [ -z "$plugin" ] && [ -f "$dir/$1" ]; then plugin=$dir/$1; fi
	done
	IFS=$blanks
	[ -n "$plugin" ]
}

ask_plugin() {
	find_plugin "$1" || fail "plugin/$1: it is not among what was staged" || return 1
	versions=$(echo '{"cniVersion":"1.0.0"}' | limited 10 env -i CNI_COMMAND=VERSION CNI_NETNS=dummy CNI_IFNAME=dummy CNI_PATH=dummy "$plugin" 2>"$run_dir/state/plugin.said" |
		json_leaves | awk -F '\t' '$1 == "supportedVersions" && $3 ~ /^"[0-9]+[.][0-9]+[.][0-9]+"$/ { gsub(/"/, "", $3); s = s (s == "" ? "" : ",") $3 } END { print s }')
	# Without a command, a reference plugin says its release.
	release=$(limited 10 env -i "$plugin" 2>&1 >/dev/null </dev/null | head -c 4096 | awk 'NR == 1 && /^CNI .* plugin v?[0-9]/ { sub(/.* plugin /, ""); sub(/[^A-Za-z0-9.+-].*/, ""); print }')
	if [ -z "$versions" ]; then
		refuse "plugin/$1: the new one was asked for VERSION and did not answer ($(last_line "$run_dir/state/plugin.said")); is it for this machine ($(uname -m 2>/dev/null))? Nothing was changed"
		return 1
	fi
	record supports "$1" "$versions" "${release:-none}"
}

rehearse_config() {
	if ! has unshare; then
		record rehearsed ADD skipped 'the node has no unshare, which makes a network namespace'
		return 0
	fi
	work=$run_dir/state/rehearsal
	rm -rf "$work"
	mkdir -p "$work/leases" || fail "$work: it cannot be made; make room there" || return 1
	limited 180 unshare -n /bin/sh "$0" rehearsal "$run" "$uid" "$1" "$2" "$(namespace_of self)" >"$work/said" 2>&1 3>&3 </dev/null
	status=$?
	rehearsal_why=$(last_line "$work/why")
	said=$(last_line "$work/said")
	rm -rf "$work"
	[ $status -ne 0 ] || return 0
	refuse "rehearsal/${1##*/}: ${rehearsal_why:-it ended with $status: ${said:-it said nothing}}; nothing was changed"
}

# The number of a process's network namespace.
namespace_of() { readlink "$root/proc/$1/ns/net" 2>/dev/null | tr -cd 0-9; }

# --- In the namespace that stands for the node: PATH VERSION, and the namespace that it must not be ---

rehearsal() {
	work=$run_dir/state/rehearsal plan_file=$run_dir/plan
	here=$(namespace_of self)
	if [ -z "$here" ] || [ "$here" = "$3" ]; then
		echo 'unshare made no network namespace of its own' >"$work/why"
		exit 1
	fi
	find_staged_plugins
	config=$run_dir/stage/config$1 config_version=$2 pod_pid=''
	trap 'end_rehearsal' EXIT
	trap 'exit 1' TERM INT HUP
	od -An -v -tx1 "$config" | awk "$span_reader" >"$work/spans"
	read_chain && make_pod && run_chain || {
		echo "$why" >"$work/why"
		exit 1
	}
	exit 0
}

end_rehearsal() {
	[ -z "$pod_pid" ] || kill -9 "$pod_pid" 2>/dev/null
}

# Sets $count; the chain of a file without `plugins` is the file itself.
read_chain() {
	count=0
	span_of /name && network=$(span) || fail 'the config has no name' || return 1
	while span_of "/plugins/$count"; do count=$((count + 1)); done
	prefix=/plugins/
	if [ $count -eq 0 ]; then prefix='' count=1; fi
	! has ip || limited 10 ip link set lo up 2>/dev/null
	index=0
	while [ $index -lt $count ]; do
		at=${prefix:+$prefix$index}
		span_of "$at/type" && unquoted "$(span)" && find_plugin "$unquoted" || fail "plugin/${unquoted:-?}: neither what is staged nor the node has it" || return 1
		echo "$plugin" >"$work/plugin.$index"
		# Plugins such as macvlan need an interface of the node.
		for key in master device; do
			span_of "$at/$key" && unquoted "$(span)" || continue
			case $unquoted in '' | *[!A-Za-z0-9._-]* | ????????????????*) continue ;; esac
			limited 10 ip link add "$unquoted" type dummy 2>/dev/null && limited 10 ip link set "$unquoted" up 2>/dev/null
		done
		# portmap refers to a chain that kube-proxy has made in the node's own namespace.
		if span_of "$at/externalsetmarkchain" && unquoted "$(span)"; then make_chain "$unquoted"; fi
		index=$((index + 1))
	done
}

make_chain() {
	case $1 in '' | -* | *[!A-Za-z0-9_-]*) return 0 ;; esac
	for tables in iptables ip6tables; do
		! has $tables || limited 10 $tables -w -t nat -N "$1" >/dev/null 2>&1 </dev/null
	done
}

# The namespace that stands for the pod lives as long as the process in it, a minute and a half at most.
make_pod() {
	unshare -n sleep 90 3>&- >/dev/null 2>&1 &
	pod_pid=$!
	tries=0
	while pod_netns=$(namespace_of "$pod_pid") && { [ -z "$pod_netns" ] || [ "$pod_netns" = "$here" ]; }; do
		tries=$((tries + 1))
		[ $tries -le 50 ] || fail 'unshare made no network namespace for the pod within 5 seconds' || return 1
		sleep 0.1
	done
}

# As libcni does it: each plugin gets the result of the one before it, DEL goes backwards and always to the end.
run_chain() {
	previous='' failed=''
	index=0
	while [ $index -lt $count ] && [ -z "$failed" ]; do
		if call ADD; then previous=$work/result.$index; else failed=$why; fi
		index=$((index + 1))
	done
	say_rehearsed ADD
	if [ -z "$failed" ]; then check_chain; fi
	index=$count
	del_failed=''
	while [ $index -gt 0 ]; do
		index=$((index - 1))
		call DEL || del_failed=${del_failed:-$why}
	done
	# What ADD left half done may well not be taken down.
	if [ -z "$failed" ]; then
		failed=$del_failed
		say_rehearsed DEL
	fi
	[ -z "$failed" ] || fail "$failed" || return 1
	for lease in $(files_like "$work/leases/*/*"); do
		case ${lease##*/} in last_reserved_ip.* | lock) continue ;; esac
		failed="the address ${lease##*/} is still reserved after DEL"
	done
	say_rehearsed GONE
	[ -z "$failed" ] || fail "$failed"
}

# A failed CHECK is told and does not refuse the plan: containerd never calls it, and bandwidth up to 1.6.2 panics where no limit is set.
check_chain() {
	case $config_version in
	0.[123].*) skipped='CHECK began with spec version 0.4.0' ;;
	*) if span_of /disablecheck && [ "$(span)" = true ]; then skipped='the config says disableCheck'; else skipped=''; fi ;;
	esac
	if [ -n "$skipped" ]; then
		record rehearsed CHECK skipped "$skipped"
		return
	fi
	index=0
	while [ $index -lt $count ] && [ -z "$failed" ]; do
		call CHECK || failed=$why
		index=$((index + 1))
	done
	say_rehearsed CHECK
	failed=''
}

say_rehearsed() {
	if [ -z "$failed" ]; then record rehearsed "$1" ok ''; else record rehearsed "$1" failed "$failed"; fi
}

# call COMMAND: plugin $index, with the config that the runtime would give it. A later key of the same name counts for Go.
call() {
	read -r plugin <"$work/plugin.$index"
	at=${prefix:+$prefix$index}
	span_of "${at:-/}"
	{
		tail -c "+$((span_from + 1))" "$config" | head -c "$((span_size - 1))"
		printf ',"cniVersion":"%s","name":%s' "$config_version" "$network"
		if span_of "$at/ipam/type" && [ "$(span)" = '"host-local"' ]; then printf ',"ipam":{"dataDir":"%s"}' "$work/leases"; fi
		case ${plugin##*/} in tuning) printf ',"dataDir":"%s"' "$work" ;; esac
		if span_of "$at/capabilities/portmappings" && [ "$(span)" = true ]; then printf ',"runtimeConfig":{"portMappings":[{"hostPort":47812,"containerPort":80,"protocol":"tcp"}]}'; fi
		case $1:$config_version in DEL:0.[123].*) previous='' ;; esac
		if [ -n "$previous" ]; then printf ',"prevResult":' && cat "$previous"; fi
		echo '}'
	} >"$work/config.$index"
	# firewall would find the node's firewalld over the system bus.
	limited 30 env -i "CNI_COMMAND=$1" "CNI_CONTAINERID=cni-upgrade-$run" "CNI_NETNS=/proc/$pod_pid/ns/net" CNI_IFNAME=eth0 "CNI_PATH=$cni_path" CNI_ARGS=IgnoreUnknown=1 \
		DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$plugin" <"$work/config.$index" >"$work/answer" 2>"$work/said.$index"
	status=$?
	if [ $status -eq 0 ]; then
		[ "$1" != ADD ] || mv "$work/answer" "$work/result.$index"
		return 0
	fi
	message=$(json_leaves <"$work/answer" | awk -F '\t' '$1 == "msg" || $1 == "details" { gsub(/^"|"$/, "", $2); gsub(/\\"/, "\"", $2); s = s (s == "" ? "" : "; ") $2 } END { gsub(/[\001-\037\177]/, " ", s); print substr(s, 1, 300) }')
	[ -n "$message" ] || message=$(awk '/^panic:/ { gsub(/[\001-\037\177]/, " "); print substr($0, 1, 300); exit }' "$work/said.$index")
	[ -n "$message" ] || message=$(last_line "$work/said.$index")
	fail "plugin/${plugin##*/}: $1 ended with $status in the rehearsal: ${message:-it said nothing}"
}

# Sets $span_from and $span_size of a value in the config.
span_of() {
	span_from=''
	while read -r span_path span_start span_length; do
		if [ "$span_path" = "$1" ]; then span_from=$span_start span_size=$span_length; fi
	done <"$work/spans"
	[ -n "$span_from" ]
}

span() { tail -c "+$((span_from + 1))" "$config" | head -c "$span_size"; }

# PATH FROM LENGTH of the values that matter, in bytes of a file that `edit` found to be valid. Keys in lower case.
span_reader='
function ws() { while (P < N && (B[P] == "20" || B[P] == "0a" || B[P] == "0d" || B[P] == "09")) P++ }
function string(  c) {
	K = ""; P++
	while (P < N) {
		c = B[P++]
		if (c == "22") return
		if (c == "5c") { P++; K = K "?" } else if (length(K) < 40) K = K (c in char ? char[c] : "?")
	}
}
function value(path, depth,  c, start, n) {
	ws(); start = P; c = B[P]
	if (c == "22") string()
	else if ((c == "7b" || c == "5b") && depth < 70) {
		P++; ws(); n = 0
		if (B[P] == "7d" || B[P] == "5d") P++
		else while (P < N) {
			ws()
			if (c == "7b") { string(); ws(); P++; value(path "/" tolower(K), depth + 1) } else value(path "/" n++, depth + 1)
			ws()
			if (B[P++] != "2c") break
		}
	} else while (P < N && B[P] != "2c" && B[P] != "7d" && B[P] != "5d" && B[P] != "20" && B[P] != "0a" && B[P] != "0d" && B[P] != "09") P++
	if (path == "") path = "/"
	if (path ~ /^\/(name|disablecheck)?$/ || path ~ /^\/plugins\/[0-9]+$/ || path ~ /^(\/plugins\/[0-9]+)?\/(type|master|device|externalsetmarkchain|ipam\/type|capabilities\/portmappings)$/) print path, start, P - start
}
BEGIN { for (i = 33; i < 127; i++) char[sprintf("%02x", i)] = sprintf("%c", i) }
{ for (i = 1; i <= NF; i++) B[N++] = $i }
END { N += 0; P = 0; value("", 0) }'
