
# Takes back, last step first, every step that was ever begun. What cannot be taken back is named, and the files that it needs as they
# are stay so; the services are started all the same.
take_back() {
	stuck=''
	remember_way_back
	for id in $(reversed $steps); do
		case $begun in *" $id "*) ;; *) continue ;; esac
		case $taken_back in *" $id "*) continue ;; esac
		take_step_back "$id"
	done
	if [ -n "$stuck" ]; then
		note section stuck "$stuck; the old files are in $run_dir/backup"
	else
		note section undone "$going_back"
	fi || return 1
	rm -f "$root/run/cni-upgrade-back"
}

# A journal that cannot be written must not have us go on from where services run again. After a reboot this is gone, and so is the need.
remember_way_back() { { echo "$run" >"$root/run/cni-upgrade-back"; } 2>/dev/null; }

is_on_way_back() {
	back_run=''
	{ read -r back_run <"$root/run/cni-upgrade-back"; } 2>/dev/null
	[ "$back_run" = "$run" ]
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

# Their order keeps the config's version one that every plugin on the disk supports.
changes_files() {
	case $1 in plugins | packages | runtime-config | config | kubeadm) ;; *) return 1 ;; esac
}
