
do_stop_sandboxes() {
	if [ -z "$crictl" ]; then
		skipped='crictl is not on the node; pods that are left keep what the old plugins made'
		return 0
	fi
	# A node that lost its power has none that runs, and perhaps a runtime that was not started.
	if [ "$(unit_state "$runtime_unit")" != active ]; then
		skipped="$runtime_unit does not run"
		return 0
	fi
	stop_sandboxes
}

# Nothing can bring them back but the kubelet, which makes others.
undo_stop_sandboxes() { return 0; }

# Stops and removes every sandbox that has a network of its own, with the plugins that are there now. One that was not ready before may
# fail to be deleted: its network may be long gone.
stop_sandboxes() {
	ids=$(cri 30 pods -q 2>/dev/null </dev/null) || fail "crictl pods: it did not list the sandboxes" || return 1
	stopped=0 left='' failures=''
	for pod_id in $ids; do
		case $pod_id in *[!0-9a-f]*) continue ;; esac
		describe_sandbox "$pod_id"
		[ "$pod_network" != NODE ] || continue
		failpoint during || return 1
		if cri_attempt 60 stopp "$pod_id" && cri_attempt 60 rmp "$pod_id"; then
			stopped=$((stopped + 1))
		elif [ "$pod_state" = SANDBOX_NOTREADY ]; then
			left="$left; sandbox/$pod_id was not ready before: $why"
		else
			# One that went by itself in the meantime is gone as well.
			describe_sandbox "$pod_id"
			[ -z "$pod_state" ] || failures="$failures; sandbox/$pod_id ($pod_name): $why"
		fi
	done
	detail="$stopped removed$left"
	[ -z "$failures" ] || fail "crictl stopp: the network of a pod was not taken down by the old plugins${failures}"
}

# Sets $pod_network (NODE or POD), $pod_state and $pod_name, and $pod_ip; all empty where there is no such sandbox.
describe_sandbox() {
	pod_network='' pod_state='' pod_name='' pod_ip=''
	while IFS=$tab read -r key value; do
		value=$(unquoted "$value")
		case $key in
		network) pod_network=$value ;;
		state) pod_state=$value ;;
		name) pod_name=${value%%[!a-z0-9.-]*} ;;
		ip) pod_ip=$value ;;
		esac
	done <<-END
		$(cri 30 inspectp "$1" 2>/dev/null </dev/null | json_leaves | awk -F '\t' '
			$1 != "status" { next }
			$2 == "state" { print "state\t" $3 }
			$2 == "metadata" && $3 == "name" { print "name\t" $4 }
			$2 == "network" && $3 == "ip" { print "ip\t" $4 }
			$2 $3 $4 $5 == "linuxnamespacesoptionsnetwork" { print "network\t" $6 }')
	END
}
