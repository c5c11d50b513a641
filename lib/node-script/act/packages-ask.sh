
# Packages: what a plan is made from, the verb packages NAME|NAME=VERSION|file:STAGEDNAME...
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
