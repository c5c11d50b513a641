
# Names a plan that is complete, and loads it.
load_plan() {
	plan_file=$run_dir/plan
	[ -e "$plan_file" ] || refuse "run/$run: it has no complete plan on this node; send it" || return 1
	load_orders
	[ "$plan_uid" = "$uid" ] || refuse "run/$run: its plan is for the node with uid $plan_uid, not $uid; nothing of it is carried out here"
}

verb_note() {
	[ $# -ge 2 ] && [ $# -le 3 ] && is_note "$1" "$2" || refuse 'act.sh note: it needs STEP STATE [DETAIL]' || return 1
	[ -d "$run_dir" ] || refuse "run/$run: it is not on this node; begin it first" || return 1
	lock_verbs || return 1
	repair_journal || return 1
	read_journal
	[ "$section" != begin ] || refuse "run/$run: its section is under way; wait for the outcome in the journal" || return 1
	journal_line client "$@"
}

is_note() {
	case $1 in section | [!a-z]* | *[!a-z0-9-]*) return 1 ;; esac
	case $2 in begin | done | skipped | failed | undo | undone | stuck) ;; *) return 1 ;; esac
}

verb_start() {
	load_plan && must_be_current && lock_verbs || return 1
	read_journal
	case $section in
	# A rollback of a finished run may have been cut off before anybody was there to carry it out.
	done) [ -e "$run_dir/back" ] || return 0 ;;
	undone) return 0 ;;
	esac
	install_unit
}

# Of a run that is under way, and of a finished one as long as it is the newest and its old files are here.
verb_back() {
	load_plan && lock_verbs || return 1
	current_run
	read_journal
	[ -n "$section" ] || refuse "run/$run: its section has not begun, so there is nothing to take back; discard it" || return 1
	[ "$section" != undone ] || return 0
	newest=''
	{ read -r newest <"$base/last"; } 2>/dev/null
	if [ "$current" = none ]; then
		[ "$newest" = "$run" ] && [ -d "$run_dir/backup" ] || refuse "run/$run: it cannot be taken back: the newest run of this node is ${newest:-none}, or $run_dir/backup is gone" || return 1
		mkdir -p "$run_dir/state" && reserve_room 2>/dev/null || fail "$run_dir: it cannot be written; is its file system full or read-only?" || return 1
	elif [ "$current" != "$run" ]; then
		must_be_current
		return
	fi
	unit_state "$unit_name"
	was=$unit_state
	write_file "$run_dir/back" back && write_file "$base/current" "$run" && install_unit || return 1
	# One that was just ending may not have seen it.
	if [ "$was" = active ]; then
		pause
		attempt 60 systemctl start --no-block "$unit_name"
	fi
}

verb_journal() {
	[ $# -eq 1 ] && is_number "$1" || refuse 'act.sh journal: it needs FROM' || return 1
	[ -d "$run_dir" ] || refuse "run/$run: it is not on this node" || return 1
	journal_records "$1" 49152
	unit_state "$unit_name"
	record unit "$unit_state"
}

# journal_records FROM BYTES: the lines from this one on, one at least, as far as an answer has room for them; `more NUMBER` is the first that it
# had none for.
journal_records() {
	[ -e "$run_dir/journal" ] || return 0
	# The last line without its end is one that is just being written, or was cut.
	awk -v from="$1" -v whole="$(wc -l <"$run_dir/journal")" -v room="$2" '
		NR < from || NR > whole { next }
		{ room -= length($0) + 9 }
		room < 0 && given { print "more\t" NR; exit }
		{ print "journal\t" $0; given = 1 }' "$run_dir/journal" >&3
}

verb_state() {
	current_run
	record current "$current"
	record boot "$boot"
	set +f
	for dir in "$base"/??????????; do
		is_run "${dir##*/}" && [ -d "$dir" ] || continue
		if [ "${dir##*/}" = "$current" ]; then record run "${dir##*/}" unfinished; else record run "${dir##*/}" finished; fi
	done
	set -f
	[ "$run" != - ] || run=$current run_dir=$base/$current
	[ "$run" != none ] && [ -d "$run_dir" ] || return 0
	room=49152
	if [ -e "$run_dir/plan" ]; then
		# As records its lines are no longer than twice what they are.
		room=$((room - $(wc -c <"$run_dir/plan") * 2))
		awk '{ gsub(/%/, "%25"); gsub(/ /, "%20"); print "order\t" $0 }' "$run_dir/plan" >&3
	fi
	journal_records 1 "$room"
	unit_state "$unit_name"
	record unit "$unit_state"
}
