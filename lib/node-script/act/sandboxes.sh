
do_stop_sandboxes() {
	if [ -z "$crictl" ]; then
		skipped='crictl is not on the node; pods that are left keep what the old plugins made'
		return 0
	fi
	unit_state "$runtime_unit"
	if [ "$unit_state" != active ]; then
		# After a reboot the runtime does not run, but what its sandboxes held is still there.
		if has_changed_files || ! do_start_runtime; then
			skipped="$runtime_unit does not run${why:+: $why}"
			return 0
		fi
	fi
	stop_sandboxes
}

has_changed_files() {
	for id in $begun; do
		if changes_files "$id"; then return 0; fi
	done
	return 1
}

# Nothing can bring them back but the kubelet, which makes others.
undo_stop_sandboxes() { return 0; }

# Stops and removes every sandbox that has a network of its own, with the plugins that are there now. One that was not ready before may
# fail to be deleted: its network may be long gone. So may any where the plan says that the plugins of now cannot do it.
stop_sandboxes() {
	ids=$(cri 30 pods -q 2>/dev/null </dev/null) || fail "crictl pods: it did not list the sandboxes" || return 1
	stopped=0 left='' failures=''
	uptime
	until=$((seconds + 600))
	for pod_id in $ids; do
		case $pod_id in *[!0-9a-f]*) continue ;; esac
		describe_sandbox "$pod_id"
		[ "$pod_network" != NODE ] || continue
		failpoint during || return 1
		uptime
		[ "$seconds" -lt "$until" ] || fail 'crictl stopp: there are still sandboxes after 10 minutes' || return 1
		if [ "$pod_network" = POD ] && cri_attempt 60 stopp "$pod_id" && cri_attempt 60 rmp "$pod_id"; then
			stopped=$((stopped + 1))
		elif [ "$pod_state" = SANDBOX_NOTREADY ]; then
			left="$left; sandbox/$pod_id ($pod_name) was not ready before: $why"
		elif [ "$hanging_pods" = stay ] && [ "$pod_network" = POD ] && has_sandbox "$pod_id"; then
			left="$left; sandbox/$pod_id ($pod_name) is left to the new plugins: $why"
		elif has_sandbox "$pod_id"; then
			failures="$failures; sandbox/$pod_id ($pod_name): ${why:-crictl inspectp did not say which network it has}"
		fi
		why=''
	done
	detail="$stopped removed$left"
	[ -z "$failures" ] || fail "crictl stopp: the network of a pod was not taken down$failures"
}

# Sets $pod_network (NODE or POD), $pod_state, $pod_name and $pod_ip; all empty where there is no such sandbox.
describe_sandbox() {
	pod_network='' pod_state='' pod_name='' pod_ip=''
	pod_says=$(cri 30 inspectp "$1" 2>/dev/null </dev/null | json_leaves | awk -F '\t' '
		$1 != "status" { next }
		$2 == "state" { print "state " $3 }
		$2 == "metadata" && $3 == "name" { print "name " $4 }
		$2 == "network" && $3 == "ip" { print "ip " $4 }
		$2 == "linux" && $3 == "namespaces" && $4 == "options" && $5 == "network" { print "network " $6 }')
	IFS=$newline
	for line in $pod_says; do
		unquoted "${line#* }"
		case $line in
		network*) pod_network=$unquoted ;;
		state*) pod_state=$unquoted ;;
		name*) pod_name=${unquoted%%[!a-z0-9.-]*} ;;
		ip*) pod_ip=$unquoted ;;
		esac
	done
	IFS=$blanks
}

has_sandbox() {
	case "$newline$(cri 30 pods -q 2>/dev/null </dev/null)$newline" in
	*"$newline$1$newline"*) ;;
	*) return 1 ;;
	esac
}
