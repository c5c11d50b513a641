
# verb_host DIR...: what a plan has to know of this node besides the facts, of these plugin directories among others.
verb_host() {
	if [ -d "$root/run/systemd/system" ] && has systemctl; then record systemd yes; else record systemd no; fi
	found=$(command -v crictl) || found=''
	case $found in
	"$root"/*) record crictl "${found#"$root"}" ;;
	/*) record crictl "$found" ;;
	*) record crictl none ;;
	esac
	host_endpoint
	for dir in "$@"; do
		is_path "$dir" || refuse "directory/$dir: it is not an absolute path" || return 1
		host_binaries "$dir" || return 0
	done
	record binaries whole
	host_cached
	host_runtime_config
}

# Of the kubelet's own configuration, else of its flags.
host_endpoint() {
	endpoint=''
	if [ -f "$root/var/lib/kubelet/config.yaml" ]; then
		endpoint=$(sed -n 's/^containerRuntimeEndpoint:[[:space:]]*"\{0,1\}\([^"[:space:]]*\)"\{0,1\}[[:space:]]*$/\1/p' "$root/var/lib/kubelet/config.yaml" | head -n 1)
	fi
	case $endpoint in
	unix:///*) is_word "$endpoint" && record endpoint "$endpoint" ;;
	/*) is_word "$endpoint" && record endpoint "unix://$endpoint" ;;
	esac
	return 0
}

# The regular files of a directory with their hashes, 300 at most.
host_binaries() {
	[ -d "$root$1" ] || return 0
	set +f
	set -- "$1" "$root$1"/*
	set -f
	dir=$1 count=0
	shift
	for file in "$@"; do
		name=${file##*/}
		if [ -L "$file" ] || [ ! -f "$file" ] || ! is_name "$name"; then continue; fi
		count=$((count + 1))
		[ $count -le 300 ] || return 1
		sha_of "$file" || return 1
		record binary "$dir" "$name" "$sha"
	done
	return 0
}

# The spec versions of the results that libcni keeps for pods that are there: DEL is done with these.
host_cached() {
	versions=$(
		for file in $(files_like "$root/var/lib/cni/results/*"); do
			head -c 262144 "$file" | tr -d '\n ' | sed -n 's/.*"result":{\(.*\)/\1/p' | grep -o '"cniVersion":"[0-9.]\{1,12\}"'
		done | sed 's/.*:"\(.*\)"/\1/' | sort -u
	)
	for version in $versions; do record cached "$version"; done
	record cached-results whole
}

# Of the configuration file that a change of release may have to migrate.
host_runtime_config() {
	find_runtime_config
	if [ -f "$root$config_path" ] && sha_of "$root$config_path"; then
		record runtime-config "$(toml_version "$root$config_path")" "$sha"
	else
		record runtime-config none
	fi
}
