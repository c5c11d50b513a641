
# Takes back, last step first, every step that was ever begun. What cannot be taken back is named, and the files that it needs as they
# are stay so; the services are started all the same.
take_back() {
	stuck=''
	judge_services
	remember_way_back
	for id in $(reversed $steps); do
		if is_left "$id"; then take_step_back "$id"; fi
	done
	if [ -n "$stuck" ]; then
		end_way_back stuck "$stuck; the old files are in $run_dir/backup"
	else
		end_way_back undone "$going_back"
	fi
}

# Whether a step is still to be taken back.
is_left() {
	case $taken_back in *" $1 "*) return 1 ;; esac
	case $begun in *" $1 "*) ;; *) return 1 ;; esac
}

# Where the services are is for the gates to say, not for what the journal holds of an earlier way back. One that left files as they are has
# started them all the same: no file is put back under them. One that has stopped them again has them to start.
judge_services() {
	left='' open='' again=''
	for id in $steps; do
		if changes_files "$id" && is_left "$id"; then left=$id; fi
	done
	is_closed "$runtime_unit" && again='stop-runtime stop-kubelet' || open=start-runtime
	is_closed "$kubelet_unit" && again='stop-runtime stop-kubelet' || open="$open start-kubelet"
	if [ -n "$left" ] && [ -n "$open" ]; then
		begun="$begun$open " again="stop-runtime stop-kubelet $open"
	fi
	kept=' '
	for id in $taken_back; do
		case " $again " in *" $id "*) ;; *) kept="$kept$id " ;; esac
	done
	taken_back=$kept
}

# remember_way_back [STATE TEXT]: where the journal cannot be written, an outcome that is known is all that is still to be done: the services run
# again, and nothing goes on, or back once more, under them. After a reboot this is gone, and so is the need.
remember_way_back() { { printf '%s\n' "$run $*" >"$root/run/cni-upgrade-back"; } 2>/dev/null; }

is_on_way_back() {
	back_run='' back_state='' back_text=''
	{ read -r back_run back_state back_text <"$root/run/cni-upgrade-back"; } 2>/dev/null
	[ "$back_run" = "$run" ]
}

end_way_back() {
	remember_way_back "$1" "$2"
	note section "$1" "$2" || return 1
	rm -f "$root/run/cni-upgrade-back"
}

reversed() {
	turned=''
	for id in "$@"; do turned="$id $turned"; done
	echo "$turned"
}

take_step_back() {
	step=undo-$1
	note "$1" undo
	function_name "$1"
	if changes_files "$1" && [ -n "$stuck" ]; then
		why="it is left as it is, because of $stuck"
	elif changes_files "$1" && is_often_cut_off "$1"; then
		why="$1: it was cut off 3 times while it was taken back; see what hangs, then roll back once more"
	else
		tries=3
		while [ $tries -gt 0 ]; do
			detail='' skipped='' why=''
			if failpoint before && "undo_$function" && failpoint after; then
				note "$1" undone "$detail"
				return 0
			fi
			tries=$((tries - 1))
			pause
		done
	fi
	stuck=${stuck:-$why}
	note "$1" stuck "$why"
}

# What hangs until our unit's time is up would be begun again for ever, with the services stopped.
is_often_cut_off() { [ "$undoing" = "$1" ] && [ "$undos" -gt 3 ]; }

# Their order keeps the config's version one that every plugin on the disk supports.
changes_files() {
	case $1 in plugins | packages | runtime-config | config | kubeadm) ;; *) return 1 ;; esac
}
