
# Packages: what is fetched before anybody is disturbed.

fetch_packages() {
	rm -f "$run_dir/backup/packages/list" "$run_dir/backup/packages/remnants"
	orders package >"$run_dir/state/orders.package"
	[ -s "$run_dir/state/orders.package" ] || return 0
	find_manager || refuse 'node: it has none of apt, dnf and zypper; upgrade its packages another way, or use --plugins and --run-before' || return 1
	new_dir=$run_dir/stage/packages/new old_dir=$run_dir/backup/packages suffix=$("${kind}_word" suffix)
	mkdir -p "$new_dir" "$old_dir" || fail "$new_dir: it cannot be made; make room there" || return 1
	describe_package_files || return 1
	while read -r asked name new old <&5; do
		if ! is_name "$name" || ! is_package_version "$new" || ! is_package_version "$old"; then
			refuse "package/$name $new $old is not a name and two versions; make a new plan"
			return 1
		fi
		if [ "$asked" != "$manager" ]; then
			refuse "package/$name is planned for $asked, but the node's package manager is $manager; make a new plan"
			return 1
		fi
		seen=$("${kind}_installed" "$name")
		if [ "$seen" != "$old" ]; then
			refuse "package/$name is of version $seen, expected $old: it changed since the plan was made; make a new plan"
			return 1
		fi
		fetch_package new "$name" "$new" "$new_dir" || return 1
		! "${kind}_has_remnants" "$name" || echo "$name" >>"$run_dir/backup/packages/remnants" || return 1
		[ "$old" = none ] || fetch_package old "$name" "$old" "$old_dir" || return 1
	done 5<"$run_dir/state/orders.package"
	compare_simulation || return 1
	rm -rf "$run_dir/stage/packages/tree" && mkdir -p "$run_dir/stage/packages/tree"
	for file in $(files_like "$new_dir/*.$suffix"); do
		"${kind}_unpack" "$file" "$run_dir/stage/packages/tree" /usr/bin/containerd /usr/sbin/containerd /usr/lib/cni /usr/libexec/cni /opt/cni/bin
	done
	sync
}

is_package_version() {
	case $1 in -*) return 1 ;; *) is_word "$1" ;; esac
}

# What the files given with --package-file are, by their own words: STAGEDNAME NAME VERSION.
describe_package_files() {
	empty_file "$run_dir/state/package-files" || return 1
	orders package-file >"$run_dir/state/orders.package-file"
	while read -r staged _ <&5; do
		line=$("${kind}_describe" "$run_dir/stage/$staged")
		case $line in
		?*' '?*) echo "$staged ${line% * *}" >>"$run_dir/state/package-files" ;;
		*)
			refuse "file/$staged is not a package that $manager can read; give --package-file a .$suffix file for this node"
			return 1
			;;
		esac
	done 5<"$run_dir/state/orders.package-file"
}

is_package() {
	case $("${kind}_describe" "$1") in "$2 $3 "*) "${kind}_whole" "$1" ;; *) return 1 ;; esac
}

# $1 new or old; $2 name; $3 version; $4 where to. The file may be given, in a repository, in a cache, or made again.
fetch_package() {
	file=$4/$2.$suffix
	! is_package "$file" "$2" "$3" || return 0
	fetching=$4/.fetch
	rm -rf "$fetching"
	mkdir -p "$fetching" || fail "$fetching: it cannot be made; make room there" || return 1
	while read -r staged given version <&5; do
		if [ "$given $version" = "$2 $3" ]; then cp "$run_dir/stage/$staged" "$fetching/"; fi
	done 5<"$run_dir/state/package-files"
	take_fetched "$@" && return 0
	rm -rf "$fetching" && mkdir -p "$fetching"
	"${manager}_download" "$fetching" "$2" "$3" >"$run_dir/state/packages.log" 2>&1 </dev/null
	take_fetched "$@" && return 0
	said=$(last_words 2)
	for cached in $("${kind}_word" caches); do
		for candidate in $(files_like "$root${cached%%NAME*}$2${cached#*NAME}"); do
			if is_package "$candidate" "$2" "$3"; then cp "$candidate" "$fetching/" && take_fetched "$@" && return 0; fi
		done
	done
	if [ "$1" = old ] && "${kind}_remake" "$fetching" "$2" >"$run_dir/state/packages.log" 2>&1 </dev/null; then
		take_fetched "$@" && return 0
	fi
	rm -rf "$fetching"
	if [ "$1" = old ]; then
		refuse "package/$2 of version $3, which is installed now, cannot be fetched, so there would be no way back: neither a repository of $manager nor its cache has it. $("${kind}_word" remake); give the file with --package-file OLD.$suffix"
	else
		refuse "package/$2 of version $3 cannot be fetched by $manager ($said); add its repository to the node and refresh it, or give the file with --package-file"
	fi
	return 1
}

# Files by patterns, which are written out again only here.
files_like() {
	(
		set +f
		for pattern in "$@"; do
			for found in $pattern; do [ ! -f "$found" ] || echo "$found"; done
		done
	)
}

# The one file in $fetching that is the package.
take_fetched() {
	for candidate in $(files_like "$fetching/*.$suffix" "$fetching/*/*.$suffix" "$fetching/*/*/*.$suffix"); do
		if is_package "$candidate" "$2" "$3"; then
			mv "$candidate" "$4/$2.$suffix" && rm -rf "$fetching" && return 0
		fi
	done
	return 1
}

# Nothing may change that the plan does not show.
compare_simulation() {
	set --
	while read -r _ name _ <&5; do set -- "$@" "$new_dir/$name.$suffix"; done 5<"$run_dir/state/orders.package"
	if ! "${kind}_simulate" "$@" >"$run_dir/state/simulated"; then
		refuse "$manager cannot install the planned versions together: $(last_words 3); name what they need with --package as well, or choose other versions"
		return 1
	fi
	empty_file "$run_dir/state/packages.new" || return 1
	while read -r act name new old <&5; do
		if [ "$act" = remove ]; then
			refuse "$manager would remove package/$name ($new), which the plan does not ask for; choose versions that go with it, or remove it yourself first"
			return 1
		fi
		if ! grep -qxF "$manager $name $new $old" "$run_dir/state/orders.package"; then
			refuse "$manager would also change package/$name from $old to $new, which the plan does not show; make a new plan, or add --package $name=$new"
			return 1
		fi
		size=$("${kind}_describe" "$new_dir/$name.$suffix")
		echo "$name $new $old ${size##* }" >>"$run_dir/state/packages.new"
	done 5<"$run_dir/state/simulated"
	while read -r _ name new old <&5; do
		case "$newline$(cat "$run_dir/state/packages.new")" in
		*"$newline$name $new $old "*) ;;
		*) refuse "$manager would not change package/$name from $old to $new; make a new plan" || return 1 ;;
		esac
	done 5<"$run_dir/state/orders.package"
	mv "$run_dir/state/packages.new" "$run_dir/backup/packages/list" && sync_path "$run_dir/backup/packages"
}
