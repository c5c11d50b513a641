
verb_check() { load_plan && check_all; }

check_all() { each config check_config && each plugin check_plugin && each keep check_keep && check_packages && check_runtime_config && check_kubeadm; }

check_config() { check_sha "$1" "$3"; }

check_plugin() { check_sha "$1/$2" "$4"; }

check_keep() { check_sha "$1/$2" "$3"; }

check_sha() {
	sha_of "$root$1"
	[ "$sha" = "$2" ] && return 0
	record changed "$root$1" "$2" "$sha"
	refuse "$root$1: it has sha256 $sha, not $2 as planned: somebody changed it; make a new plan"
}
