
# Packages: what is installed, both versions fetched beforehand, installed and taken back without the network. For a manager M (apt, dnf,
# zypper) the functions are M_..., or rpm_... for what the last two share; they are in packages-apt.sh and packages-rpm.sh.
#
#   backup/packages/list  NAME NEW OLD KIB, a line each, in the order in which they are installed; OLD may be none; KIB: its size
#   stage/packages/new    NAME.deb or NAME.rpm, and backup/packages the same of the old version, which a later rollback needs
#   stage/packages/tree   what of the new ones is asked before it is installed: containerd, plugins
#   backup/packages/remnants  names of those that were not installed, but had left configuration files
#   backup/packages/at-work   while a package manager is, or may have been cut off: packages-others.sh
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

do_packages() { move_packages new; }

undo_packages() { move_packages old; }

# Everything that is not at the wanted version goes there: $1 is new or old. What was interrupted is made whole on the way.
move_packages() {
	[ -s "$run_dir/backup/packages/list" ] || return 0
	find_manager || fail 'node: it has lost its package manager' || return 1
	suffix=$("${kind}_word" suffix) target=$1
	wait_for_packages 120 || return 1
	empty_file "$run_dir/state/packages.log" || return 1
	# What power that was lost may have taken from the files is not in the version that the database names.
	unsure=''
	[ ! -e "$run_dir/backup/packages/at-work" ] || unsure=yes
	if "${kind}_interrupted"; then note_others && "${kind}_heal"; fi
	gone='' moved=yes
	set --
	while read -r name new old _ <&5; do
		wanted_package
		if [ "$("${kind}_installed" "$name")" = "$wanted" ] && { [ -z "$unsure" ] || [ "$wanted" = none ]; }; then
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
	[ "$#$gone" = 0 ] || note_others || return 1
	if [ $# -gt 0 ]; then "${kind}_install" "$@" || moved=no; fi
	if [ -n "$gone" ] && [ $moved = yes ]; then "${kind}_remove" $gone || moved=no; fi
	put_back_others && each hold hold_again || return 1
	said=$(last_words 2)
	said=${said:-nothing}
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

# On the way back a hold that cannot be set keeps nothing else from what it was.
hold_again() {
	"${manager}_hold" "$1"
	! "${manager}_held" "$1" || return 0
	why="package/$1: it was held and could not be held again; hold it by hand"
	[ "$target" = old ] && detail=${detail:+"$detail; "}$why
}
