
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

# Called when the section begins, after the core has kept a copy of every `keep` file.
backup_packages() {
	[ -s "$run_dir/backup/packages/list" ] || return 0
	find_manager || fail 'node: it has lost its package manager' || return 1
	empty_file "$run_dir/backup/packages/configs" || return 1
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
	empty_file "$run_dir/state/packages.log" || return 1
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
