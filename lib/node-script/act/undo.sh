
# Takes back, last step first, every step that was ever begun. What cannot be taken back is named, and the files that it needs as they
# are stay so; the services are started all the same.
take_back() {
	stuck=''
	for id in $(reversed $steps); do
		case $begun in *" $id "*) ;; *) continue ;; esac
		case $taken_back in *" $id "*) continue ;; esac
		take_step_back "$id"
	done
	if [ -n "$stuck" ]; then
		note section stuck "$stuck; the old files are in $run_dir/backup"
	else
		note section undone "$going_back"
	fi
}

reversed() {
	turned=''
	for id in "$@"; do turned="$id $turned"; done
	echo "$turned"
}

take_step_back() {
	step=undo-$1 detail='' why=''
	note "$1" undo
	function_name "$1"
	if changes_files "$1" && [ -n "$stuck" ]; then
		why="it is left as it is, because $stuck"
	elif failpoint before && "undo_$function" && failpoint after; then
		note "$1" undone "$detail"
		return 0
	fi
	stuck=${stuck:-$why}
	note "$1" stuck "$why"
}

# Their order keeps the config's version one that every plugin on the disk supports.
changes_files() {
	case $1 in plugins | packages | runtime-config | config | kubeadm) ;; *) return 1 ;; esac
}
