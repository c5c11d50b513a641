
# Names a plan that is complete, and loads it.
load_plan() {
	plan_file=$run_dir/plan
	[ -e "$plan_file" ] || refuse "run/$run: it has no plan on this node; send it with the verb plan" || return 1
	load_orders
}

current_run() {
	current=none
	{ read -r current <"$base/current"; } 2>/dev/null
	is_run "$current" && [ -d "$base/$current" ] || current=none
}

verb_begin() {
	current_run
	if [ "$current" != none ] && [ "$current" != "$run" ]; then
		record unfinished "$current"
		refuse "run/$current: it is not finished on this node; resume it or roll it back first: kubectl cni-upgrade resume, or rollback"
		return 1
	fi
	mkdir -p "$run_dir/stage" "$run_dir/backup" "$run_dir/state" && write_file "$base/current" "$run"
}

verb_put() fail 'put: not written yet' || return 1
verb_plan() fail 'plan: not written yet' || return 1

verb_note() {
	read_journal
	if [ "$section" = begin ]; then refuse "run/$run: the section is under way on the node; ask again when its outcome is in the journal" || return 1; fi
	journal_line client "$@"
}

verb_start() { load_plan && install_unit; }

verb_back() { load_plan && write_file "$run_dir/back" back && install_unit; }

verb_journal() {
	while IFS= read -r line; do
		printf 'journal\t%s\n' "$line" >&3
	done <"$run_dir/journal"
	record unit "$(unit_state "$unit_name")"
}

verb_state() {
	current_run
	record current "$current"
	record boot "$boot"
}

verb_finish() { load_plan && remove_unit; }

verb_discard() { return 0; }
