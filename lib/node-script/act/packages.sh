# shellcheck shell=sh disable=SC2034,SC2154
# Packages: what is installed, both versions fetched beforehand, installed and taken back without the network. For a manager M (apt, dnf,
# zypper) the functions are M_..., or rpm_... for what the last two share; they are in packages-apt.sh and packages-rpm.sh.
#
#   state/packages        NAME NEW OLD, a line each, in the order in which they are installed; OLD may be none
#   stage/packages/new    NAME.deb or NAME.rpm, and backup/packages the same of the old version, which a later rollback needs
#   stage/packages/tree   what of the new ones is asked before it is installed: containerd, plugins
#   backup/keep/PATH      files of others that must survive, and state/kept their paths

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
	tail -n 12 "$run_dir/state/packages.log" 2>/dev/null | grep -v '^ *$' | tail -n "${1:-3}" | tr -s '\t\n ' ' ' | tr -d '\000-\037\177' | head -c 400
}

# --- What is fetched before anybody is disturbed ---

fetch_packages() {
	orders package >"$run_dir/state/orders.package"
	[ -s "$run_dir/state/orders.package" ] || return 0
	find_manager || {
		why='the node has no package manager that is known: seen none of apt, dnf and zypper; upgrade its packages another way, or use --plugins and --run-before'
		return 1
	}
	new_dir=$run_dir/stage/packages/new old_dir=$run_dir/backup/packages suffix=$("${kind}_word" suffix)
	mkdir -p "$new_dir" "$old_dir" || { why="$new_dir cannot be made" && return 1; }
	describe_package_files || return 1
	while read -r asked name new old; do
		if ! is_name "$name" || ! is_package_version "$new" || ! is_package_version "$old"; then
			why="package/$name $new $old is not a name and two versions; make a new plan"
			return 1
		fi
		if [ "$asked" != "$manager" ]; then
			why="package/$name is planned for $asked, but the node's package manager is $manager; make a new plan"
			return 1
		fi
		seen=$("${kind}_installed" "$name")
		if [ "$seen" != "$old" ]; then
			why="package/$name is of version $seen, expected $old: it changed since the plan was made; make a new plan"
			return 1
		fi
		fetch_package new "$name" "$new" "$new_dir" || return 1
		[ "$old" = none ] || fetch_package old "$name" "$old" "$old_dir" || return 1
	done <"$run_dir/state/orders.package"
	compare_simulation || return 1
	rm -rf "$run_dir/stage/packages/tree" && mkdir -p "$run_dir/stage/packages/tree"
	for file in "$new_dir"/*."$suffix"; do
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
	while read -r staged _; do
		line=$("${kind}_describe" "$run_dir/stage/$staged")
		case $line in
		?*' '?*) echo "$staged ${line% * *}" >>"$run_dir/state/package-files" ;;
		*)
			why="file/$staged is not a package that $manager can read; give --package-file a .$suffix file for this node"
			return 1
			;;
		esac
	done <"$run_dir/state/orders.package-file"
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
	mkdir -p "$fetching" || { why="$fetching cannot be made; make room there" && return 1; }
	while read -r staged given version; do
		if [ "$given $version" = "$2 $3" ]; then cp "$run_dir/stage/$staged" "$fetching/"; fi
	done <"$run_dir/state/package-files"
	take_fetched "$@" && return 0
	rm -rf "$fetching" && mkdir -p "$fetching"
	"${manager}_download" "$fetching" "$2" "$3" >"$run_dir/state/packages.log" 2>&1 </dev/null
	take_fetched "$@" && return 0
	said=$(last_words 2)
	for cached in $("${kind}_word" caches); do
		for candidate in $root${cached%%NAME*}$2${cached#*NAME}; do
			if [ -f "$candidate" ] && is_package "$candidate" "$2" "$3"; then cp "$candidate" "$fetching/" && take_fetched "$@" && return 0; fi
		done
	done
	if [ "$1" = old ] && "${kind}_remake" "$fetching" "$2" >"$run_dir/state/packages.log" 2>&1 </dev/null; then
		take_fetched "$@" && return 0
	fi
	rm -rf "$fetching"
	if [ "$1" = old ]; then
		why="package/$2 of version $3, which is installed now, cannot be fetched, so there would be no way back: neither a repository of $manager nor its cache has it. $("${kind}_word" remake); give the file with --package-file OLD.$suffix"
	else
		why="package/$2 of version $3 cannot be fetched by $manager ($said); add its repository to the node and refresh it, or give the file with --package-file"
	fi
	return 1
}

# The one file in $fetching that is the package.
take_fetched() {
	for candidate in "$fetching"/*."$suffix" "$fetching"/*/*."$suffix" "$fetching"/*/*/*."$suffix"; do
		if [ -f "$candidate" ] && is_package "$candidate" "$2" "$3"; then
			mv "$candidate" "$4/$2.$suffix" && rm -rf "$fetching" && return 0
		fi
	done
	return 1
}

# Nothing may change that the plan does not show.
compare_simulation() {
	set --
	while read -r _ name _; do set -- "$@" "$new_dir/$name.$suffix"; done <"$run_dir/state/orders.package"
	if ! "${kind}_simulate" "$@" >"$run_dir/state/simulated"; then
		why="$manager cannot install the planned versions together: $(last_words 3); name what they need with --package as well, or choose other versions"
		return 1
	fi
	: >"$run_dir/state/packages.new"
	while read -r act name new old; do
		if [ "$act" = remove ]; then
			why="$manager would remove package/$name ($new), which the plan does not ask for; choose versions that go with it, or remove it yourself first"
			return 1
		fi
		if ! grep -qxF "$manager $name $new $old" "$run_dir/state/orders.package"; then
			why="$manager would also change package/$name from $old to $new, which the plan does not show; make a new plan, or add --package $name=$new"
			return 1
		fi
		echo "$name $new $old" >>"$run_dir/state/packages.new"
	done <"$run_dir/state/simulated"
	while read -r _ name new old; do
		if ! grep -qxF "$name $new $old" "$run_dir/state/packages.new"; then
			why="$manager would not change package/$name from $old to $new; make a new plan"
			return 1
		fi
	done <"$run_dir/state/orders.package"
	mv "$run_dir/state/packages.new" "$run_dir/state/packages"
}

# --- What must hold before anybody is disturbed, and again when the section begins ---

check_packages() {
	[ -s "$run_dir/state/packages" ] || return 0
	find_manager || { why='the node has lost its package manager' && return 1; }
	suffix=$("${kind}_word" suffix) sum=0
	while read -r name new old; do
		seen=$("${kind}_installed" "$name")
		if [ "$seen" != "$old" ] && ! { [ -e "$run_dir/state/packages-begun" ] && [ "$seen" = "$new" ]; }; then
			[ -e "$run_dir/state/packages-begun" ] || {
				why="package/$name is of version $seen, expected $old: it changed since the plan was made; make a new plan"
				return 1
			}
		fi
		if ! is_package "$run_dir/stage/packages/new/$name.$suffix" "$name" "$new"; then
			why="package/$name of version $new is not among what was fetched, or is damaged; make a new plan"
			return 1
		fi
		if [ "$old" != none ] && ! is_package "$run_dir/backup/packages/$name.$suffix" "$name" "$old"; then
			why="package/$name of version $old, the way back, is not among what was fetched, or is damaged; make a new plan"
			return 1
		fi
		held=no
		! "${manager}_held" "$name" || held=yes
		planned=no
		! orders hold | grep -qxF "$name" || planned=yes
		if [ $held != $planned ] && [ ! -e "$run_dir/state/packages-begun" ]; then
			why="package/$name is held: $held, expected $planned: that changed since the plan was made; make a new plan"
			return 1
		fi
		size=$("${kind}_describe" "$run_dir/stage/packages/new/$name.$suffix")
		sum=$((sum + ${size##* }))
	done <"$run_dir/state/packages"
	orders keep >"$run_dir/state/orders.keep"
	while read -r dir name sha; do
		seen=$(sha256_of "$root$dir/$name")
		if [ "$seen" != "$sha" ] && [ ! -e "$run_dir/state/packages-begun" ]; then
			why="file/$dir/$name has the hash ${seen:-none}, expected $sha: it changed since the plan was made; make a new plan"
			return 1
		fi
	done <"$run_dir/state/orders.keep"
	check_package_space /usr && check_package_space /var || return 1
	if [ ! -e "$run_dir/state/packages-begun" ] && "${kind}_interrupted"; then
		why="$manager was interrupted earlier and some packages are half installed; run \`$("${kind}_word" heal)\` on the node, then try again"
		return 1
	fi
	wait_for_packages 10
}

# A package's new files are written beside its old ones.
check_package_space() {
	free=$(df -Pk "$root$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
	case $free in '' | *[!0-9]*) return 0 ;; esac
	if [ "$free" -lt $((sum + 16384)) ]; then
		why="directory/$1 has $free KiB free, expected $((sum + 16384)) KiB for the new packages; make room there"
		return 1
	fi
}

# Waits until nobody holds the package manager's lock. Lock files are never removed: the one who holds it is at work.
wait_for_packages() {
	until=$(($(date +%s) + $1))
	while holder=$(packages_holder) && [ -n "$holder" ]; do
		if [ "$(date +%s)" -ge "$until" ]; then
			why="the lock of $manager is held by $holder, expected nobody for $1 seconds; wait until it has finished, or stop it"
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
			for fd in "$root/proc/$pid/fd"/*; do
				[ "$(readlink "$fd" 2>/dev/null)" = "$root$lock" ] || continue
				name=''
				read -r name <"$root/proc/$pid/comm" 2>/dev/null
				echo "process/$pid ($(echo "$name" | tr -cd 'A-Za-z0-9._/:@+-'), $lock)"
				return
			done
		done
	done
}

# --- The step ---

do_packages() {
	[ -s "$run_dir/state/packages" ] || return 0
	find_manager || { why='the node has lost its package manager' && return 1; }
	save_kept || return 1
	: >"$run_dir/state/packages-begun"
	sync
	move_packages new
}

undo_packages() {
	[ -e "$run_dir/state/packages-begun" ] || return 0
	find_manager || { why='the node has lost its package manager' && return 1; }
	move_packages old
}

# Everything that is not at the wanted version goes there: $1 is new or old. What was interrupted is made whole on the way.
move_packages() {
	suffix=$("${kind}_word" suffix) target=$1
	wait_for_packages 120 || return 1
	! "${kind}_interrupted" || "${kind}_heal"
	gone=''
	set --
	while read -r name new old; do
		if [ "$target" = new ]; then wanted=$new file=$run_dir/stage/packages/new/$name.$suffix; else wanted=$old file=$run_dir/backup/packages/$name.$suffix; fi
		if [ "$("${kind}_installed" "$name")" = "$wanted" ]; then
			:
		elif [ "$wanted" = none ]; then
			gone="$gone $name"
		elif [ "$target" = new ]; then
			set -- "$@" "$file"
		else
			set -- "$file" "$@"
		fi
	done <"$run_dir/state/packages"
	moved=yes
	if [ $# -gt 0 ]; then "${kind}_install" "$@" || moved=no; fi
	# shellcheck disable=SC2086
	if [ -n "$gone" ] && [ $moved = yes ]; then "${kind}_remove" $gone || moved=no; fi
	said=$(last_words 2)
	put_back_kept || moved=no
	while read -r name; do "${manager}_hold" "$name" || said="$said package/$name could not be held again"; done <<-END
		$(orders hold)
	END
	while read -r name new old; do
		if [ "$target" = new ]; then wanted=$new; else wanted=$old; fi
		seen=$("${kind}_installed" "$name")
		if [ "$seen" != "$wanted" ]; then
			why="package/$name is of version $seen, expected $wanted after $manager's work: $said"
			return 1
		fi
	done <"$run_dir/state/packages"
	limited 60 systemctl daemon-reload >/dev/null 2>&1
	if [ $moved = no ]; then
		why="the packages are of the expected versions, but not all is well: $said"
		return 1
	fi
}

# --- Files of others ---

# Copies of what a package might wipe or overwrite, made once, before anything is changed.
save_kept() {
	[ ! -e "$run_dir/state/packages-begun" ] || return 0
	: >"$run_dir/state/kept"
	orders keep >"$run_dir/state/orders.keep"
	while read -r dir name _; do keep_copy "$dir/$name" || return 1; done <"$run_dir/state/orders.keep"
	while read -r name _; do "${kind}_save_configs" "$name"; done <"$run_dir/state/packages"
}

keep_copy() {
	if [ -L "$root$1" ] || [ ! -f "$root$1" ]; then
		why="file/$1 is not a regular file, expected one to keep; make a new plan"
		return 1
	fi
	if ! mkdir -p "$run_dir/backup/keep${1%/*}" || ! cp -p "$root$1" "$run_dir/backup/keep$1"; then
		why="file/$1 could not be copied to $run_dir/backup; make room there"
		return 1
	fi
	echo "$1" >>"$run_dir/state/kept"
}

put_back_kept() {
	[ -e "$run_dir/state/kept" ] || return 0
	while read -r path; do
		copy=$run_dir/backup/keep$path
		[ "$(sha256_of "$root$path")" != "$(sha256_of "$copy")" ] || continue
		mkdir -p "$root${path%/*}"
		# shellcheck disable=SC2046
		replace_file "$copy" "$root$path" $(stat -c '%a %u %g' "$copy") || { said="file/$path could not be put back" && return 1; }
	done <"$run_dir/state/kept"
}

# --- What the plan is made from: the verb packages NAME|NAME=VERSION|file:STAGEDNAME... ---
#   package NAME INSTALLED|none CANDIDATES|none MANAGER HELD   CANDIDATES: parted by commas, newest first; HELD: yes or no
#   file STAGEDNAME NAME VERSION ARCHITECTURE
#   change MANAGER NAME NEW OLD|none   what installing all that was asked for would do, in order;   remove MANAGER NAME OLD
#   problem TEXT                       why it cannot be done

answer_packages() {
	mkdir -p "$run_dir/state"
	find_manager || {
		record problem 'the node has none of apt, dnf and zypper'
		return 0
	}
	asked=''
	for word in "$@"; do
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
		while read -r act name version other; do
			if [ "$act" = change ]; then record change "$manager" "$name" "$version" "$other"; else record remove "$manager" "$name" "$version"; fi
		done <"$run_dir/state/simulated"
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
