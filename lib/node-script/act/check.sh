
verb_check() { load_plan && check_all; }

# Everything that is wrong is answered, and the first of it is the reason.
check_all() {
	problem='' targets=''
	each config check_config
	each plugin check_plugin
	each keep check_keep
	check_room
	check_mounts
	check_unit "$kubelet_unit"
	check_unit "$runtime_unit"
	[ -z "$crictl" ] || [ -x "$crictl" ] || has "$crictl" || found_problem "$crictl: it is not there, or cannot be run"
	check_packages && check_runtime_config && check_kubeadm || found_problem "$why"
	[ -z "$problem" ] || refuse "$problem"
}

found_problem() { problem=${problem:-$1}; }

check_config() { check_sha "$1" "$3" && check_staged "config$1" "$4"; }

check_plugin() { check_sha "$1/$2" "$4" && check_staged "plugins/$2" "$3"; }

check_keep() { check_sha "$1/$2" "$3"; }

check_sha() {
	targets="$targets $1"
	[ -d "$root${1%/*}" ] || found_problem "$root${1%/*}: it is not there, or no directory"
	sha_of "$root$1"
	[ "$sha" != "$2" ] || return 0
	record changed "$1" "$2" "$sha"
	found_problem "$root$1: it has sha256 $sha, not $2 as planned: somebody changed it; make a new plan"
}

# What is to go there has been on this disk for a while.
check_staged() {
	sha_of "$run_dir/stage/$1"
	[ "$sha" = "$2" ] || found_problem "$run_dir/stage/$1: it has sha256 $sha, not $2 as it was sent: it was damaged; take the run back and begin again"
}

check_unit() {
	load_state=$(limited 20 systemctl show -p LoadState "$1" 2>/dev/null </dev/null)
	[ "$load_state" = LoadState=loaded ] || found_problem "$1: systemd does not know it (${load_state:-systemctl said nothing}); is it the right unit?"
}

# Twice what is written, in every directory.
check_room() {
	needed=$(du -sk "$run_dir/stage/plugins" 2>/dev/null)
	needed=${needed%%[!0-9]*}
	needed=$((${needed:-0} * 2 + 1024))
	set -- "$base"
	for target in $targets; do
		case " $* " in *" $root${target%/*} "*) ;; *) set -- "$@" "$root${target%/*}" ;; esac
	done
	short=$(df -P -k "$@" 2>/dev/null | awk -v n="$needed" 'NR > 1 && $4 ~ /^[0-9]+$/ && $4 + 0 < n { print $6 " has " $4 " KiB left, and " n " are needed"; exit }')
	[ -z "$short" ] || found_problem "node: there is not enough room on the disk: $short"
}

# A file that something is mounted on cannot be replaced.
check_mounts() {
	[ -r "$root/proc/self/mountinfo" ] || return 0
	mount=$(awk -v all="$targets " '{ if (index(all, " " $5 " ")) { print $5; exit } }' "$root/proc/self/mountinfo")
	[ -z "$mount" ] || found_problem "$mount: it is a mount point; whoever mounted it there must change it"
}
