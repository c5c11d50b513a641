
# Needs no lock: the name is taken by a rename of what has the hash, and a client that died in the middle holds up nobody.
verb_put() {
	[ $# -eq 3 ] && is_name "$1" && is_number "$2" && is_sha256 "$3" || refuse 'act.sh put: it needs NAME BYTES SHA256' || return 1
	must_be_current || return 1
	receive "$run_dir/stage/$1" "$2" "$3"
}

# receive DEST BYTES SHA256: so many bytes of standard input, whose end is never waited for.
receive() {
	sha_of "$1"
	if [ "$sha" = "$3" ]; then
		record have
		# Some runtimes keep an exec open for as long as there is input that nobody reads.
		limited 1800 head -c "$2" >/dev/null
		return 0
	fi
	part=${1%/*}/.${1##*/}.$$
	if { limited 1800 head -c "$2" >"$part"; } 2>/dev/null && sync_path "$part"; then
		sha_of "$part"
		if [ "$sha" = "$3" ] && mv -f "$part" "$1"; then
			sync_path "${1%/*}"
			return 0
		fi
		came=$(($(wc -c <"$part")))
		rm -f "$part"
		fail "$1: $came bytes came with sha256 $sha, not $2 with $3; send it again" || return 1
	fi
	rm -f "$part"
	fail "$1: it cannot be written; is its file system full or read-only?"
}

# A run's files are taken only between its beginning and its end.
must_be_current() {
	current_run
	[ "$current" = "$run" ] || refuse "run/$run: it is not the run that this node is at, which is $current; begin it first"
}
