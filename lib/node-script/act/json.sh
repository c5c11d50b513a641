
# Of JSON on standard input, as crictl prints it, every leaf: its keys (and, in lists, numbers from 0) and its value as it is written, all
# parted by tabs, which JSON has in no string. No string spans lines, so nothing inside one passes for a key.
json_leaves() {
	limited 10 head -c 4194304 | awk '
		function leaf(value,  i, path) {
			path = ""
			for (i = 1; i <= depth; i++) path = path (kind[i] == "{" ? key[i] : item[i]) "\t"
			print path value
		}
		{
			rest = $0
			for (;;) {
				sub(/^[ \t\r,]+/, "", rest)
				if (rest == "") break
				c = substr(rest, 1, 1)
				if (c == "{" || c == "[") { kind[++depth] = c; key[depth] = ""; item[depth] = 0; rest = substr(rest, 2); continue }
				if (c == "}" || c == "]") { depth--; if (depth > 0 && kind[depth] == "[") item[depth]++; rest = substr(rest, 2); continue }
				if (c == "\"") { if (!match(rest, /^"([^"\\]|\\.)*"/)) exit }
				else if (!match(rest, /^[^],} \t\r:"]+/)) exit
				token = substr(rest, 1, RLENGTH); rest = substr(rest, RLENGTH + 1)
				if (c == "\"" && kind[depth] == "{" && rest ~ /^[ \t]*:/) { key[depth] = substr(token, 2, length(token) - 2); sub(/^[ \t]*:/, "", rest); continue }
				leaf(token)
				if (kind[depth] == "[") item[depth]++
			}
		}'
}

# Sets $unquoted to the text between the quotes of a value that holds no escape; to nothing for any other string.
unquoted() {
	case $1 in
	\"*\\*\") unquoted='' ;;
	\"*\") unquoted=${1#\"} unquoted=${unquoted%\"} ;;
	*) unquoted=$1 ;;
	esac
}

cri() {
	cri_limit=$1
	shift
	limited "$cri_limit" "$crictl" --runtime-endpoint "$endpoint" "$@"
}

# The same for its effect: what it says is for $why.
cri_attempt() {
	cri_limit=$1
	shift
	attempt "$cri_limit" "$crictl" --runtime-endpoint "$endpoint" "$@"
}

# In a tree of the tests a second is short.
pause() { if [ -n "$root" ]; then sleep 0.01; else sleep 1; fi; }
