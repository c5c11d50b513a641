
verb_edit() {
	[ $# -eq 2 ] && is_path "$1" && is_version "$2" || refuse 'act.sh edit: it needs PATH VERSION' || return 1
	edit_config "$1" "$2" '' || return 1
	record edit "$1" "$old_sha" "$new_sha" "$edit_line" "$edit_how" "$old_token" "\"$2\"" "${indent%x}"
}

# edit_config PATH VERSION OUT: sets what setting the version would do, and writes the new file to OUT unless that is empty. A key that is
# inserted becomes the first, followed by what stood before the first.
edit_config() {
	file=$root$1
	if [ -L "$file" ]; then refuse "$file: it is a symbolic link; name the file itself" || return 1; fi
	[ -f "$file" ] || refuse "$file: it is not there, or no regular file" || return 1
	[ "$(($(wc -c <"$file")))" -le 262144 ] || refuse "$file: it is larger than 256 KiB" || return 1
	sha_of "$file"
	old_sha=$sha
	set -- "$1" "$2" "$3" $(od -An -v -tx1 "$file" | awk "$edit_reader")
	case ${4-} in
	replace | insert) ;;
	*)
		shift 3
		refuse "$file: ${*:-awk did not read it}; mend it by hand first"
		return 1
		;;
	esac
	edit_how=$4 edit_line=$7 old_token='' indent=x inserted="\"$2\""
	if [ "$4" = replace ]; then
		old_token=$(tail -c "+$(($5 + 1))" "$file" | head -c "$6")
	else
		indent=$(tail -c "+$(($8 + 1))" "$file" | head -c "$(($5 - $8))" && echo x)
		inserted="\"cniVersion\": \"$2\",${indent%x}"
		[ "$indent" != x ] || inserted="$inserted "
	fi
	new_sha=$(print_edited "$5" "$6" | sha256sum)
	new_sha=${new_sha%% *}
	[ -z "$3" ] || { print_edited "$5" "$6" >"$3"; } 2>/dev/null || fail "$3: it cannot be written; is its file system full?" || return 1
	sha_of "$file"
	[ "$sha" = "$old_sha" ] || fail "$file: it changed while it was read"
}

print_edited() {
	head -c "$1" "$file" && printf %s "$inserted" && tail -c "+$(($1 + $2 + 1))" "$file"
}

# Reads JSON, as bytes in hex, to its end, and prints `replace OFFSET LENGTH LINE`, `insert OFFSET 0 LINE BRACE` (the offset behind the
# opening brace), or why neither can be. Keys are compared as Go does, without case: two bytes of UTF-8 fold to s, three to k.
edit_reader='
function hex2(n) { return sprintf("%02x", n) }
function stop(s) { if (why == "") why = s; return 0 }
function bad() { return stop("it is not valid JSON at byte " P + 1) }
function ws() { while (P < N && (B[P] == "20" || B[P] == "0a" || B[P] == "0d" || B[P] == "09")) P++ }
function digit() { return P < N && B[P] ~ /^3[0-9]$/ }
function string(  c, u, i) {
	K = ""; P++
	for (;;) {
		if (P >= N) return bad()
		c = B[P]
		if (c == "22") { P++; return 1 }
		if (c < "20") return bad()
		if (c == "5c") {
			c = B[++P]
			if (c == "75") {
				u = ""
				for (i = 1; i <= 4; i++) { if (P + i >= N || !(B[P + i] in digits)) return bad(); u = u digits[B[P + i]] }
				P += 5
				add(u ~ /^00[2-7]/ ? char[substr(u, 3)] : u == "017f" ? "s" : u == "212a" ? "k" : "?")
			} else if (c in escapes) { P++; add("?") } else return bad()
			continue
		}
		if (c == "c5" && B[P + 1] == "bf") { add("s"); P += 2; continue }
		if (c == "e2" && B[P + 1] == "84" && B[P + 2] == "aa") { add("k"); P += 3; continue }
		add(c in char ? char[c] : "?"); P++
	}
}
function add(s) { if (length(K) < 40) K = K s }
function number(  n) {
	if (B[P] == "2d") P++
	if (!digit()) return bad()
	if (B[P] == "30") P++
	else while (digit()) P++
	if (P < N && B[P] == "2e") { P++; if (!digit()) return bad(); while (digit()) P++ }
	if (P < N && (B[P] == "65" || B[P] == "45")) {
		P++
		if (P < N && (B[P] == "2b" || B[P] == "2d")) P++
		if (!digit()) return bad()
		while (digit()) P++
	}
	return 1
}
function word(h,  i) {
	for (i = 1; i < length(h); i += 2) if (P >= N || B[P++] != substr(h, i, 2)) { P--; return bad() }
	return 1
}
function value(depth) {
	ws()
	if (P >= N) return bad()
	if (depth > 64) return stop("it is nested deeper than 64 levels")
	if (B[P] == "7b") return object(depth + 1)
	if (B[P] == "5b") return array(depth + 1)
	if (B[P] == "22") return string()
	if (B[P] == "74") return word("74727565")
	if (B[P] == "66") return word("66616c7365")
	if (B[P] == "6e") return word("6e756c6c")
	return number()
}
function object(depth,  name, start, isstring) {
	P++
	if (depth == 1) brace = P
	ws()
	if (depth == 1) first = P
	if (P < N && B[P] == "7d") { P++; return 1 }
	for (;;) {
		ws()
		if (P >= N || B[P] != "22") return bad()
		if (!string()) return 0
		name = tolower(K); ws()
		if (P >= N || B[P] != "3a") return bad()
		P++; ws(); start = P; isstring = B[P] == "22"
		if (!value(depth)) return 0
		if (depth == 1 && name == "cniversions") return stop("it has a key cniVersions, which this release does not set")
		if (depth == 1 && name == "cniversion") {
			if (found) return stop("it has the key cniVersion twice")
			if (!isstring || P - start > 66) return stop("the value of its key cniVersion is not a short string")
			found = 1; from = start; size = P - start
		}
		ws()
		if (P < N && B[P] == "7d") { P++; return 1 }
		if (P >= N || B[P] != "2c") return bad()
		P++
	}
}
function array(depth) {
	P++; ws()
	if (P < N && B[P] == "5d") { P++; return 1 }
	for (;;) {
		if (!value(depth)) return 0
		ws()
		if (P < N && B[P] == "5d") { P++; return 1 }
		if (P >= N || B[P] != "2c") return bad()
		P++
	}
}
function line(at,  i, n) { n = 1; for (i = 0; i < at; i++) if (B[i] == "0a") n++; return n }
BEGIN {
	for (i = 32; i < 127; i++) char[hex2(i)] = sprintf("%c", i)
	for (i = 0; i < 16; i++) { digits[hex2(i < 10 ? i + 48 : i + 55)] = sprintf("%x", i); digits[hex2(i < 10 ? i + 48 : i + 87)] = sprintf("%x", i) }
	split("22 5c 2f 62 66 6e 72 74", e, " ")
	for (i in e) escapes[e[i]] = 1
}
{ for (i = 1; i <= NF; i++) B[N++] = $i }
END {
	N += 0; P = 0
	for (i = 0; i < N; i++) if (B[i] == "00") { print "it holds a NUL byte"; exit }
	if (B[0] == "ef" && B[1] == "bb" && B[2] == "bf") { print "it begins with a byte order mark"; exit }
	ws()
	if (P >= N || B[P] != "7b") { print "it is not a JSON object"; exit }
	if (value(0)) { ws(); if (P < N) bad() }
	if (why != "") print why
	else if (found) print "replace", from, size, line(from)
	else if (B[first] == "7d") print "it is an empty object"
	else print "insert", first, 0, line(first), brace
}'
