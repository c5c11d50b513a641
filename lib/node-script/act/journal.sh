
# note STEP STATE [DETAIL]: one line in the journal. What is begun is on the disk before it is; that it was done may be forgotten, since
# every step can be done again.
note() {
	encoded=''
	[ -z "${3-}" ] || encode "$(printf %.900s "$3")"
	journal_line node "$1" "$2" "$encoded" && remember "$1" "$2"
}

# journal_line WHO STEP STATE ENCODED
journal_line() {
	journal_count=$((journal_count + 1))
	now
	journal_text="$journal_count$tab$epoch$tab$boot$tab$1$tab$2$tab$3$tab${4-}"
	if ! append_journal; then
		# A full disk: what was reserved for this makes room.
		rm -f "$run_dir/reserve"
		repair_journal && append_journal || fail "$run_dir/journal: it cannot be written; free some space on its file system" || return 1
	fi
	case "$1 $2 $3" in
	'node section '* | client* | *' begin' | *' undo') sync_path "$run_dir/journal" ;;
	esac
}

append_journal() { { printf '%s\n' "$journal_text" >>"$run_dir/journal"; } 2>/dev/null; }

# Takes away a last line that was cut by a power loss or a full disk.
repair_journal() {
	[ -s "$run_dir/journal" ] || return 0
	case $(tail -c 1 "$run_dir/journal" | od -An -tx1) in *0a*) return 0 ;; esac
	rm -f "$run_dir/.journal"
	if awk -v n="$(wc -l <"$run_dir/journal")" 'NR <= n' "$run_dir/journal" >"$run_dir/.journal" && sync_path "$run_dir/.journal" && mv -f "$run_dir/.journal" "$run_dir/journal"; then
		sync_path "$run_dir"
		return 0
	fi
	rm -f "$run_dir/.journal"
	why="$run_dir/journal: its last line is cut and it cannot be written again; free some space on its file system"
	return 1
}

# Sets what the journal says: $section (its last state), $section_boot, $began (seconds since 1970), the lists $begun, $finished and
# $taken_back of steps, $cut_off (a step that was begun and has no end), $undoing and $undos (a step that was begun to be taken back and has no
# end, and how often), and $going_back (a reason) once a step failed or was begun to be taken back.
read_journal() {
	journal_count=0 section='' section_boot='' began='' begun=' ' finished=' ' taken_back=' ' undoing='' cut_off='' going_back=''
	[ -e "$run_dir/journal" ] || return 0
	while IFS=$tab read -r number line_epoch line_boot who id state text; do
		journal_count=$((journal_count + 1))
		case $who:$line_epoch in
		node:*[!0-9]* | node:) continue ;;
		node:*) ;;
		*) continue ;;
		esac
		section_boot=$line_boot
		[ "$id $began" != 'section ' ] || began=$line_epoch
		remember "$id" "$state"
	done <"$run_dir/journal"
}

remember() {
	if [ "$1" = section ]; then
		section=$2
		[ "$2" = begin ] || undoing=''
		return
	fi
	cut_off=''
	[ "$2" = undo ] || undoing=''
	case $1:$2 in
	*:begin)
		cut_off=$1
		case $begun in *" $1 "*) ;; *) begun="$begun$1 " ;; esac
		;;
	*:done | *:skipped) finished="$finished$1 " ;;
	*:failed) going_back=${going_back:-"step $1 failed"} ;;
	*:undo)
		[ "$undoing" = "$1" ] || undoing=$1 undos=0
		undos=$((undos + 1)) going_back=${going_back:-'a rollback was begun'}
		;;
	*:undone) taken_back="$taken_back$1 " ;;
	esac
}
