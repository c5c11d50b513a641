
# One sandbox through the runtime: ADD and DEL by the new plugins with the new config, before the kubelet brings pods back.
do_sandbox() {
	if [ -z "$crictl" ]; then
		skipped='crictl is not on the node'
		return 0
	fi
	if [ "$sandbox" = no ]; then
		skipped='the plugins of this network look pods up in the API'
		return 0
	fi
	remove_own_sandboxes || return 1
	write_file "$run_dir/state/sandbox.json" "{\"metadata\":{\"name\":\"cni-upgrade-$run\",\"namespace\":\"kube-system\",\"uid\":\"$run\",\"attempt\":1},\"linux\":{}}" || return 1
	pod_id=$(cri 120 runp "$run_dir/state/sandbox.json" 2>"$run_dir/state/sandbox.said" </dev/null)
	case $pod_id in
	'' | *[!0-9a-f]*)
		# Above it crictl warns of this and that, such as that it has no configuration file.
		runp_said=$(last_line "$run_dir/state/sandbox.said")
		remove_own_sandboxes
		fail "crictl runp: no sandbox was made: ${runp_said:-it said nothing within 120 seconds}"
		return 1
		;;
	esac
	failpoint during || return 1
	describe_sandbox "$pod_id"
	address=$pod_ip
	remove_own_sandboxes || return 1
	[ -n "$address" ] || fail "sandbox/cni-upgrade-$run: it was made and has no address; see journalctl -u $runtime_unit" || return 1
	detail="address=$address"
}

undo_sandbox() {
	unit_state "$runtime_unit"
	if [ -z "$crictl" ] || [ "$unit_state" != active ]; then return 0; fi
	# What is left of it the kubelet collects; it never holds up the way back.
	remove_own_sandboxes || detail=$why
}

remove_own_sandboxes() {
	ids=$(cri 30 pods -q --name "cni-upgrade-$run" 2>/dev/null </dev/null) || fail 'crictl pods: it did not list the sandboxes' || return 1
	for pod_id in $ids; do
		case $pod_id in *[!0-9a-f]*) continue ;; esac
		if ! cri_attempt 60 stopp "$pod_id"; then
			cause=$why
			cri_attempt 60 rmp -f "$pod_id"
			fail "sandbox/cni-upgrade-$run: it was not taken down: $cause"
			return 1
		fi
		cri_attempt 60 rmp "$pod_id" || return 1
	done
}
