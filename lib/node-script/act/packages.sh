
# Packages: what is installed, both versions fetched beforehand, installed and taken back without the network. For a manager M (apt, dnf,
# zypper) the functions are M_..., or rpm_... for what the last two share; they are in packages-apt.sh and packages-rpm.sh.
#
#   backup/packages/list  NAME NEW OLD KIB, a line each, in the order in which they are installed; OLD may be none; KIB: its size
#   stage/packages/new    NAME.deb or NAME.rpm, and backup/packages the same of the old version, which a later rollback needs
#   stage/packages/tree   what of the new ones is asked before it is installed: containerd, plugins
#   backup/packages/configs   configuration files that rpm might replace, kept under backup
# What the way back needs is under backup: that stays when the run is finished.

find_manager() {
	for manager in apt dnf zypper; do
		if "${manager}_present"; then
			case $manager in apt) kind=apt ;; *) kind=rpm ;; esac
			return 0
		fi
	done
	manager=none
	return 1
}

# The last words of the package manager, on one line.
last_words() {
	tail -n 12 "$run_dir/state/packages.log" 2>/dev/null | grep -v '^ *$' | tail -n "${1:-3}" | tr '\t\n' ' ' | tr -s ' ' | tr -d '\000-\037\177' | sed 's/^ //; s/ $//' | head -c 400
}

# --- What is fetched before anybody is disturbed ---

fetch_packages() {
	rm -f "$run_dir/backup/packages/list"
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
	: >"$run_dir/state/package-files"
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
	: >"$run_dir/state/packages.new"
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

# --- What must hold before anybody is disturbed, and again when the section begins ---

check_packages() {
	[ -s "$run_dir/backup/packages/list" ] || return 0
	find_manager || fail 'node: it has lost its package manager' || return 1
	suffix=$("${kind}_word" suffix) sum=0
	while read -r name new old size <&5; do
		case $size in '' | *[!0-9]*) ;; *) sum=$((sum + size)) ;; esac
	done 5<"$run_dir/backup/packages/list"
	check_package_space /usr && check_package_space /var || return 1
	while read -r name new old _ <&5; do
		seen=$("${kind}_installed" "$name")
		if [ "$seen" != "$old" ]; then
			refuse "package/$name is of version $seen, expected $old: it changed since the plan was made; make a new plan"
			return 1
		fi
		if ! is_package "$run_dir/stage/packages/new/$name.$suffix" "$name" "$new"; then
			refuse "package/$name of version $new is not among what was fetched, or is damaged; make a new plan"
			return 1
		fi
		if [ "$old" != none ] && ! is_package "$run_dir/backup/packages/$name.$suffix" "$name" "$old"; then
			refuse "package/$name of version $old, the way back, is not among what was fetched, or is damaged; make a new plan"
			return 1
		fi
		held=no
		! "${manager}_held" "$name" || held=yes
		planned=no
		! orders hold | grep -qxF "$name" || planned=yes
		if [ $held != $planned ]; then
			refuse "package/$name is held: $held, expected $planned: that changed since the plan was made; make a new plan"
			return 1
		fi
	done 5<"$run_dir/backup/packages/list"
	if "${kind}_interrupted"; then
		refuse "$manager was interrupted earlier and some packages are half installed; run \`$("${kind}_word" heal)\` on the node, then try again"
		return 1
	fi
	wait_for_packages 10
}

# A package's new files are written beside its old ones.
check_package_space() {
	free=$(df -Pk "$root$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
	case $free in '' | *[!0-9]*) return 0 ;; esac
	if [ "$free" -lt $((sum + 16384)) ]; then
		refuse "$1: it has $free KiB free, expected $((sum + 16384)) KiB for the new packages; make room there"
		return 1
	fi
}

# Waits until nobody holds the package manager's lock. Lock files are never removed: the one who holds it is at work.
wait_for_packages() {
	until=$(($(date +%s) + $1))
	while holder=$(packages_holder) && [ -n "$holder" ]; do
		if [ "$(date +%s)" -ge "$until" ]; then
			refuse "the lock of $manager is held by $holder, expected nobody for $1 seconds; wait until it has finished, or stop it"
			return 1
		fi
		sleep 1
	done
	return 0
}

packages_holder() {
	for lock in $("${kind}_word" locks); do
		[ -e "$root$lock" ] || continue
		inode=$(stat -c %i "$root$lock" 2>/dev/null) || continue
		writers=$(awk -v inode=":$inode" '$4 == "WRITE" && substr($6, length($6) - length(inode) + 1) == inode { print $5 }' "$root/proc/locks" 2>/dev/null)
		for pid in $writers; do
			for fd in $(file_descriptors "$root/proc/$pid/fd"); do
				[ "$(readlink "$fd" 2>/dev/null)" = "$root$lock" ] || continue
				name=''
				read -r name <"$root/proc/$pid/comm" 2>/dev/null
				echo "process/$pid ($(echo "$name" | tr -cd 'A-Za-z0-9._/:@+-'), $lock)"
				return
			done
		done
	done
}

file_descriptors() {
	(
		set +f
		echo "$1"/*
	)
}

# --- The step ---

# Called when the section begins, after the core has kept a copy of every `keep` file.
backup_packages() {
	[ -s "$run_dir/backup/packages/list" ] || return 0
	find_manager || fail 'node: it has lost its package manager' || return 1
	: >"$run_dir/backup/packages/configs"
	while read -r name _ <&5; do
		for path in $("${kind}_changed_configs" "$name"); do
			mkdir -p "$run_dir/backup${path%/*}" && cp -p "$root$path" "$run_dir/backup$path" || fail "$path: it was not backed up; make room in $run_dir" || return 1
			echo "$path" >>"$run_dir/backup/packages/configs"
		done
	done 5<"$run_dir/backup/packages/list"
}

do_packages() { move_packages new; }

undo_packages() { move_packages old; }

# Everything that is not at the wanted version goes there: $1 is new or old. What was interrupted is made whole on the way.
move_packages() {
	[ -s "$run_dir/backup/packages/list" ] || return 0
	find_manager || fail 'node: it has lost its package manager' || return 1
	suffix=$("${kind}_word" suffix) target=$1
	wait_for_packages 120 || return 1
	: >"$run_dir/state/packages.log"
	! "${kind}_interrupted" || "${kind}_heal"
	gone='' moved=yes
	set --
	while read -r name new old _ <&5; do
		wanted_package
		if [ "$("${kind}_installed" "$name")" = "$wanted" ]; then
			:
		elif [ "$wanted" = none ]; then
			gone="$gone $name"
		elif [ "$target" = new ]; then
			set -- "$@" "$file"
		else
			set -- "$file" "$@"
		fi
	done 5<"$run_dir/backup/packages/list"
	failpoint during || return 1
	if [ $# -gt 0 ]; then "${kind}_install" "$@" || moved=no; fi
	if [ -n "$gone" ] && [ $moved = yes ]; then "${kind}_remove" $gone || moved=no; fi
	said=$(last_words 2)
	said=${said:-nothing}
	each keep put_back && put_back_configs && each hold hold_again || return 1
	while read -r name new old _ <&5; do
		wanted_package
		seen=$("${kind}_installed" "$name")
		if [ "$seen" != "$wanted" ]; then
			why="package/$name is of version $seen, expected $wanted: $manager said: $said"
			return 1
		fi
	done 5<"$run_dir/backup/packages/list"
	[ $moved = yes ] || fail "package/$name: the versions are as expected, but $manager said: $said" || return 1
	attempt 60 systemctl daemon-reload
}

wanted_package() {
	if [ "$target" = new ]; then
		wanted=$new file=$run_dir/stage/packages/new/$name.$suffix
	else
		wanted=$old file=$run_dir/backup/packages/$name.$suffix
	fi
}

# A package that owns the directory may have wiped or replaced what others keep there.
put_back() {
	sha_of "$root$1/$2"
	[ "$sha" != "$3" ] || return 0
	sha_of "$run_dir/backup$1/$2"
	[ "$sha" = "$3" ] || fail "$1/$2: its copy under $run_dir/backup has sha256 $sha, not $3 as planned; put the file back by hand" || return 1
	[ -d "$root$1" ] || { mkdir -p "$root$1" && chmod 0755 "$root$1"; } || fail "$root$1: it cannot be made" || return 1
	put_back_copy "$1/$2"
}

put_back_copy() {
	set -- "$1" $(stat -c '%a %u %g' "$run_dir/backup$1" 2>/dev/null)
	[ $# -eq 4 ] || fail "$1: its copy under $run_dir/backup is gone; put the file back by hand" || return 1
	replace_file "$run_dir/backup$1" "$root$1" "$2" "$3" "$4"
}

put_back_configs() {
	[ -s "$run_dir/backup/packages/configs" ] || return 0
	while read -r path <&5; do
		cmp -s "$run_dir/backup$path" "$root$path" || put_back_copy "$path" || return 1
	done 5<"$run_dir/backup/packages/configs"
}

hold_again() {
	"${manager}_hold" "$1"
	"${manager}_held" "$1" || fail "package/$1: it was held and could not be held again; hold it by hand"
}

# --- What the plan is made from: the verb packages NAME|NAME=VERSION|file:STAGEDNAME... ---
#   package NAME INSTALLED|none CANDIDATES|none MANAGER HELD   CANDIDATES: parted by commas, newest first; HELD: yes or no
#   file STAGEDNAME NAME VERSION ARCHITECTURE
#   change MANAGER NAME NEW OLD|none   what installing all that was asked for would do, in order;   remove MANAGER NAME OLD
#   problem TEXT                       why it cannot be done

verb_packages() {
	[ -d "$run_dir/state" ] || refuse "run/$run: it was not begun on this node; call the verb begin first" || return 1
	find_manager || {
		record problem 'the node has none of apt, dnf and zypper'
		return 0
	}
	asked=''
	for word in "$@"; do
		name=${word#file:}
		if ! is_name "${name%%=*}" || { [ "$name" != "${name%%=*}" ] && ! is_package_version "${name#*=}"; }; then
			record problem "package/$name is not the name of a package, nor NAME=VERSION"
			continue
		fi
		case $word in
		file:*)
			line=$("${kind}_describe" "$run_dir/stage/${word#file:}")
			# shellcheck disable=SC2086
			set -- $line
			if [ $# -ge 3 ]; then
				record 'file' "${word#file:}" "$1" "$2" "$3"
				asked="$asked $run_dir/stage/${word#file:}"
			else
				record problem "file/${word#file:} is not a package that $manager can read"
			fi
			name=${1-}
			[ -n "$name" ] || continue
			answer_package "$name"
			;;
		*=*)
			name=${word%%=*}
			answer_package "$name"
			version=$(choose_candidate "${word#*=}" "$candidates")
			if [ -n "$version" ]; then asked="$asked $name=$version"; else record problem "package/$name has no version ${word#*=} in the repositories of the node: seen ${candidates:-none}; add the repository, or give the file with --package-file"; fi
			;;
		*) answer_package "$word" ;;
		esac
	done
	[ -n "$asked" ] || return 0
	# shellcheck disable=SC2086
	if "${kind}_simulate" $asked >"$run_dir/state/simulated"; then
		while read -r act name version other <&5; do
			if [ "$act" = change ]; then record change "$manager" "$name" "$version" "$other"; else record remove "$manager" "$name" "$version"; fi
		done 5<"$run_dir/state/simulated"
	else
		record problem "$manager cannot install these together: $(last_words 3)"
	fi
}

answer_package() {
	candidates=$("${manager}_candidates" "$1" | head -n 64 | tr '\n' ',')
	candidates=${candidates%,}
	held=no
	! "${manager}_held" "$1" || held=yes
	record package "$1" "$("${kind}_installed" "$1")" "${candidates:-none}" "$manager" "$held"
}

# The first candidate that is the version, or that is it but for its epoch and what the distribution appends: 1.7.24 is 1.7.24~ds1-6.
choose_candidate() {
	echo "$2" | tr ',' '\n' | awk -v wanted="$1" '
		$0 == wanted { print; found = 1; exit }
		{
			bare = $0
			if (wanted !~ /:/) sub(/^[0-9]+:/, "", bare)
			if (near == "" && index(bare, wanted) == 1 && substr(bare, length(wanted) + 1) ~ /^([-~+^]|$)/) near = $0
		}
		END { if (!found && near != "") print near }'
}
