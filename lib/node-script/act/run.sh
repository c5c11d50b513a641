
# What the unit executes. It ends with 0 only once the journal holds the section's outcome; anything else has systemd start it again.
run_section() {
	trap 'exit 143' TERM
	plan_file=$run_dir/plan
	[ -e "$plan_file" ] || return 0
	load_orders
	# Of a rollback after a finish that was cut off.
	mkdir -p "$run_dir/state" 2>/dev/null
	lock_run
	repair_journal
	read_journal
	case $section in
	done) [ -e "$run_dir/back" ] || return 0 ;;
	undone) return 0 ;;
	stuck) going_back='a step could not be taken back' ;;
	esac
	# It may not be called again to say what it made.
	case $cut_off in hook-before | hook-after | kubeadm) note_hooked ;; esac
	if is_on_way_back; then
		if [ -n "$back_state" ]; then
			end_way_back "$back_state" "$back_text"
			return
		fi
		going_back=${going_back:-'a rollback was begun'}
	fi
	if [ "$section:$section_boot" != "begin:$boot" ]; then
		# After a reboot nothing is known of what runs: every step is gone through again.
		if [ "$section_boot" != "$boot" ]; then finished=' ' taken_back=' '; fi
		if [ "$section" != 'done' ] && [ "$section" != stuck ] && ! note section begin; then
			# Where the gates are closed, to wait for a journal would be to wait without services.
			[ "$begun" != ' ' ] || return 1
			going_back=${going_back:-$why}
		fi
	fi
	start_deadline
	prepare && go_forward || take_back || return 1
	return 0
}

# Only the first time: later, what is on the disk may be the new files already. Nothing is disturbed before this.
prepare() {
	[ "$begun" = ' ' ] && [ "$section" != 'done' ] && [ -z "$going_back" ] || return 0
	if check_all && make_backup; then return 0; fi
	going_back=$why
	return 1
}

make_backup() {
	each plugin backup_plugin && each config backup_config && each keep backup_keep && backup_crictl && backup_runtime_config
}

backup_keep() { backup_file "$1/$2" "$3"; }

# The way back needs it when the stage is gone.
backup_crictl() {
	[ "$crictl" = "$run_dir/stage/crictl" ] && [ ! -e "$run_dir/backup/crictl" ] || return 0
	cp "$crictl" "$run_dir/backup/.crictl" && chmod 0755 "$run_dir/backup/.crictl" && sync_path "$run_dir/backup/.crictl" && mv -f "$run_dir/backup/.crictl" "$run_dir/backup/crictl" ||
		fail "$run_dir/backup/crictl: it cannot be written" || return 1
	crictl=$run_dir/backup/crictl
}

go_forward() {
	for id in $steps; do
		case $finished in *" $id "*) continue ;; esac
		if must_go_back; then return 1; fi
		take_step "$id" || return 1
	done
	if must_go_back; then return 1; fi
	note section 'done' || exit 1
	# Whoever asked for the way back while this was written is heard.
	[ ! -e "$run_dir/back" ] || { going_back='a rollback was asked for' && return 1; }
}

take_step() {
	step=$1 detail='' skipped='' why=''
	if ! note "$step" begin; then
		going_back=$why
		return 1
	fi
	function_name "$step"
	if failpoint before && "do_$function" && failpoint after; then
		if [ -n "$skipped" ]; then note "$step" skipped "$skipped"; else note "$step" 'done' "$detail"; fi
		return
	fi
	going_back="step $step failed: $why"
	note "$step" failed "$why"
	return 1
}

# Sets $function to the step's id with _ for -.
function_name() {
	function=$1
	while :; do
		case $function in
		*-*) function=${function%%-*}_${function#*-} ;;
		*) return 0 ;;
		esac
	done
}

must_go_back() {
	[ -z "$going_back" ] || return 0
	if [ -e "$run_dir/back" ]; then
		going_back='a rollback was asked for'
	elif deadline_passed; then
		going_back="the deadline of $deadline seconds passed"
	else
		return 1
	fi
}

# Within one boot by a clock that nobody sets; after a reboot by the wall clock, as far as it can be believed.
start_deadline() {
	start_boot='' start_uptime=''
	{ read -r start_boot start_uptime <"$run_dir/state/started"; } 2>/dev/null
	if [ "$start_boot" = "$boot" ] && is_number "$start_uptime"; then return 0; fi
	uptime
	gone=$(($(date +%s) - ${began:-$(date +%s)}))
	[ $gone -ge 0 ] || gone=0
	start_uptime=$((seconds - gone))
	{ echo "$boot $start_uptime" >"$run_dir/state/started"; } 2>/dev/null
}

deadline_passed() {
	uptime
	[ $((seconds - start_uptime)) -gt "$deadline" ]
}
