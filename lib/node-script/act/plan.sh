
# The plan is there only once everything that it names is.
verb_plan() {
	[ $# -eq 2 ] && is_number "$1" && is_sha256 "$2" || refuse 'act.sh plan: it needs BYTES SHA256' || return 1
	must_be_current || return 1
	sha_of "$run_dir/plan"
	if [ "$sha" = "$2" ]; then
		record have
		limited 60 head -c "$1" >/dev/null
		return 0
	fi
	receive "$run_dir/plan.new" "$1" "$2" && lock_verbs || return 1
	read_journal
	[ -z "$section" ] || refuse "run/$run: its section has begun with another plan; finish that, or roll it back" || return 1
	sha_of "$run_dir/plan.new"
	[ "$sha" = "$2" ] || fail "$run_dir/plan.new: another client sent another plan; send it again" || return 1
	plan_file=$run_dir/plan.new
	rm -f "$run_dir/plan"
	check_grammar && load_orders && check_sent && unpack_plugins && each config stage_config && fetch_packages && stage_runtime_config || return 1
	mv -f "$run_dir/plan.new" "$run_dir/plan" && sync_path "$run_dir" || fail "$run_dir/plan: it cannot be written"
}

check_sent() {
	each archive check_sent_file && each package-file check_sent_file && each hook check_sent_hook || return 1
	[ "$crictl" != "$run_dir/stage/crictl" ] && return 0
	[ -f "$crictl" ] || refuse "$crictl: it was not sent" || return 1
	chmod 0755 "$crictl"
}

check_sent_hook() { check_sent_file "$2" "$3"; }

check_sent_file() {
	sha_of "$run_dir/stage/$1"
	[ "$sha" = "$2" ] || refuse "$run_dir/stage/$1: it has sha256 $sha, not $2 as planned; send it again"
}
