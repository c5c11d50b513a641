
do_stop_kubelet() {
	close_gate "$kubelet_unit" && close_gate "$runtime_unit" && failpoint during && stop_unit "$kubelet_unit"
}

# Both gates, since both were closed; by now the runtime runs, or cannot.
undo_stop_kubelet() { open_gate "$runtime_unit" && open_gate "$kubelet_unit" && failpoint during && start_unit "$kubelet_unit"; }

do_stop_runtime() { close_gate "$runtime_unit" && failpoint during && stop_unit "$runtime_unit"; }

undo_stop_runtime() { do_start_runtime; }

do_start_runtime() { open_gate "$runtime_unit" && failpoint during && start_unit "$runtime_unit"; }

# Pods may have come since, made by what is now taken away: they go while it is still there.
undo_start_runtime() {
	if [ -n "$crictl" ] && unit_state "$runtime_unit" && [ "$unit_state" = active ]; then stop_sandboxes || detail=$why; fi
	do_stop_runtime
}

do_start_kubelet() { undo_stop_kubelet; }

undo_start_kubelet() { do_stop_kubelet; }

# Sets $unit_state to what systemd says, or to unknown.
unit_state() {
	unit_state=$(limited 20 systemctl is-active "$1" 2>/dev/null </dev/null)
	unit_state=${unit_state:-unknown}
}

stop_unit() {
	attempt 150 systemctl stop "$1"
	unit_state "$1"
	case $unit_state in
	inactive | failed) ;;
	*) fail "$1: it did not stop: ${why:-systemctl stop ended well}; see journalctl -u $1" ;;
	esac
}

# The second try is for a unit that systemd starts no more because it failed too often.
start_unit() {
	why=''
	attempt 150 systemctl start "$1"
	unit_state "$1"
	if [ "$unit_state" != active ]; then
		limited 20 systemctl reset-failed "$1" >/dev/null 2>&1 </dev/null
		why=''
		attempt 150 systemctl start "$1"
		unit_state "$1"
	fi
	[ "$unit_state" = active ] || fail "$1: it is $unit_state after its start, not active: ${why:-systemctl start ended well}; see journalctl -u $1"
}
