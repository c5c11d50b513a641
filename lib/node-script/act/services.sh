
do_stop_kubelet() {
	close_gate "$kubelet_unit" && close_gate "$runtime_unit" && failpoint during && stop_unit "$kubelet_unit"
}

undo_stop_kubelet() { open_gate "$kubelet_unit" && start_unit "$kubelet_unit"; }

do_stop_runtime() { close_gate "$runtime_unit" && failpoint during && stop_unit "$runtime_unit"; }

undo_stop_runtime() { open_gate "$runtime_unit" && start_unit "$runtime_unit"; }

do_start_runtime() { open_gate "$runtime_unit" && failpoint during && start_unit "$runtime_unit"; }

# Pods may have come since, made by what is now taken away: they go while it is still there.
undo_start_runtime() {
	if [ "$(unit_state "$runtime_unit")" = active ] && [ -n "$crictl" ]; then
		stop_sandboxes || detail=$why
	fi
	do_stop_runtime
}

do_start_kubelet() { open_gate "$kubelet_unit" && failpoint during && start_unit "$kubelet_unit"; }

undo_start_kubelet() { do_stop_kubelet; }

unit_state() {
	unit_state=$(limited 20 systemctl is-active "$1" 2>/dev/null </dev/null)
	echo "${unit_state:-unknown}"
}

stop_unit() {
	case $(unit_state "$1") in inactive | failed) return 0 ;; esac
	attempt 150 systemctl stop "$1"
	case $(unit_state "$1") in
	inactive | failed) ;;
	*) fail "$1: it did not stop: ${why:-systemctl stop ended well}; see journalctl -u $1" || return 1 ;;
	esac
}

start_unit() {
	[ "$(unit_state "$1")" != active ] || return 0
	attempt 20 systemctl reset-failed "$1"
	why=''
	attempt 150 systemctl start "$1"
	start_state=$(unit_state "$1")
	[ "$start_state" != active ] || return 0
	why="$1: it is $start_state after its start, not active: ${why:-systemctl start ended well}; see journalctl -u $1"
	return 1
}
