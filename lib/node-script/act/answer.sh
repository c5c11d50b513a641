
# Records go to descriptor 3; whatever else a verb or its programs print goes to standard error and is no part of the answer.
answer() {
	payload=$({
		outcome=failed why=''
		if "$@"; then
			record result ok
		else
			record result "$outcome" "${why:-act.sh $verb: it failed and did not say why}"
		fi
	} 3>&1 >&2)
	length=$((${#payload} + 1))
	if [ $length -gt 65536 ]; then
		payload="result${tab}failed${tab}act.sh%20$verb:%20its%20answer%20is%20longer%20than%2065536%20bytes"
		length=$((${#payload} + 1))
	fi
	crc=$(printf '1 %s %s plain %s\n%s\n' "$run" "$uid" "$length" "$payload" | cksum)
	printf '#cni-upgrade BEGIN %s\n%s\n#cni-upgrade END 1 %s %s plain %s %s\n' "$run" "$payload" "$run" "$uid" "$length" "${crc%% *}"
}

record() {
	record_line=$1
	shift
	for field in "$@"; do
		encode "$field"
		record_line=$record_line$tab$encoded
	done
	printf '%s\n' "$record_line" >&3
}

# Sets $encoded. Only what holds unsafe bytes costs a process.
encode() {
	case $1 in
	'') encoded=% ;;
	*[!A-Za-z0-9._/:@+=,~-]*)
		encoded=$(printf %s "$1" | od -An -v -tx1 | awk '
			BEGIN {
				for (i = 33; i < 127; i++) { c = sprintf("%c", i); if (c ~ /[A-Za-z0-9]/ || index("._/:@+=,~-", c)) safe[sprintf("%02x", i)] = c }
			}
			{ for (i = 1; i <= NF; i++) printf "%s", $i in safe ? safe[$i] : "%" toupper($i) }')
		;;
	*) encoded=$1 ;;
	esac
}

fail() {
	why=$1
	return 1
}

# Nothing was changed, and asking again will not help.
refuse() {
	outcome=refused why=$1
	return 1
}

is_word() {
	case $1 in
	'' | *[!A-Za-z0-9._/:@=+~%,-]*) return 1 ;;
	esac
}

is_number() {
	case $1 in
	'' | *[!0-9]* | ??????????*) return 1 ;;
	esac
}

is_sha256() {
	case $1 in
	*[!0-9a-f]*) return 1 ;;
	esac
	[ ${#1} -eq 64 ]
}

is_run() {
	case $1 in
	*[!a-z0-9]*) return 1 ;;
	esac
	[ ${#1} -eq 10 ]
}

# The name of a staged file, a plugin or a package file: no path, and not hidden.
is_name() {
	case $1 in
	'' | .* | -* | *[!A-Za-z0-9._+~-]*) return 1 ;;
	esac
	[ ${#1} -le 200 ]
}

# An absolute path that is written in one way only.
is_path() {
	case $1 in
	/ | */ | *//* | */./* | */../* | */. | */..) return 1 ;;
	/*) is_word "$1" ;;
	*) return 1 ;;
	esac
}

is_unit() {
	case $1 in
	-* | .* | */* | *[!A-Za-z0-9._@:-]*) return 1 ;;
	?*.service) ;;
	*) return 1 ;;
	esac
}
