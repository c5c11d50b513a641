
# What packages.sh asks of dpkg and apt. Only apt_download and apt_candidates may use the network.

apt_present() {
	has dpkg && has dpkg-deb && has apt-get && [ -e "$root/var/lib/dpkg/status" ]
}

apt_word() {
	case $1 in
	suffix) echo deb ;;
	locks) echo /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock ;;
	caches) echo '/var/cache/apt/archives/NAME_*.deb' ;;
	heal) echo 'dpkg --configure -a' ;;
	remake) echo 'The node has no dpkg-repack either, which could make it from what is installed' ;;
	esac
}

# The version of a package that is whole; else none, or broken.
apt_installed() {
	line=$(limited 10 dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null)
	line=${line%%"$newline"*}
	case $line in
	'installed '?*) echo "${line#* }" ;;
	'' | 'not-installed '* | 'config-files '*) echo none ;;
	*) echo broken ;;
	esac
}

# Every version that a repository has, newest first.
apt_candidates() {
	limited 30 apt-cache madison "$1" 2>/dev/null | awk -F '|' '$3 !~ /Sources *$/ { gsub(/ /, "", $2); if ($2 != "" && !seen[$2]++) print $2 }'
}

apt_held() {
	case $(limited 10 dpkg-query -W -f '${db:Status-Want}\n' "$1" 2>/dev/null) in hold*) return 0 ;; esac
	return 1
}

# dpkg -i takes a hold away, whoever gave the order.
apt_hold() {
	echo "$1 hold" | limited 60 dpkg --set-selections
}

# NAME VERSION ARCHITECTURE KIB of a package file.
apt_describe() {
	limited 30 dpkg-deb -W --showformat '${Package} ${Version} ${Architecture} ${Installed-Size}\n' "$1" 2>/dev/null
}

# Reads the whole file: a package that was cut has its first member in order.
apt_whole() {
	limited 120 dpkg-deb --fsys-tarfile "$1" >/dev/null 2>&1
}

apt_download() {
	(cd "$1" && limited 600 apt-get -q -o APT::Sandbox::User=root download "$2=$3")
}

apt_remake() {
	has dpkg-repack && (cd "$1" && limited 600 dpkg-repack "$2")
}

# What installing FILE... or NAME=VERSION... would do, in the order in which it would be done: change NAME NEW OLD, remove NAME OLD.
apt_simulate() {
	limited 120 env LC_ALL=C apt-get -s -q -o Debug::NoLocking=true -o APT::Install-Recommends=false -o APT::Get::AutomaticRemove=false \
		--allow-downgrades --allow-change-held-packages install "$@" >"$run_dir/state/simulation" 2>"$run_dir/state/packages.log" </dev/null || {
		grep -v '^[RBT]e*[a-z]*ing ' "$run_dir/state/simulation" >>"$run_dir/state/packages.log"
		return 1
	}
	awk '
		$1 == "Inst" { old = "none"; new = $3; if ($3 ~ /^\[/) { old = $3; new = $4 } gsub(/[][(]/, "", old); gsub(/[][(]/, "", new); print "change", $2, new, old }
		$1 == "Remv" { old = $3; gsub(/[][]/, "", old); print "remove", $2, old }
	' "$run_dir/state/simulation"
}

apt_interrupted() {
	[ -n "$(limited 30 dpkg --audit 2>/dev/null | head -n 1)" ] || [ -n "$(ls "$root/var/lib/dpkg/updates" 2>/dev/null)" ]
}

apt_heal() {
	apt_run 600 --force-confold --configure -a
}

apt_install() {
	apt_run 1200 --force-confold --force-downgrade --force-hold --auto-deconfigure -i "$@"
}

# All at once, since one may need another. Configuration files that were there before are not ours to purge.
apt_remove() {
	apt_run 600 --remove "$@" || return 1
	for name in "$@"; do
		shift
		grep -qxF "$name" "$run_dir/backup/packages/remnants" 2>/dev/null || set -- "$@" "$name"
	done
	[ $# -eq 0 ] || apt_run 600 --purge "$@"
}

# Whether a package that is not installed was, and has left its configuration files.
apt_has_remnants() {
	case $(limited 10 dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null) in config-files*) return 0 ;; esac
	return 1
}

# needrestart would restart services, and a question would wait for an answer until the limit.
apt_run() {
	apt_limit=$1
	shift
	(umask 022 && limited "$apt_limit" env LC_ALL=C DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none \
		dpkg "$@" >"$run_dir/state/packages.log" 2>&1 </dev/null)
}

# dpkg keeps a changed configuration file itself.
apt_changed_configs() { :; }

# Members of a package below a directory.
apt_unpack() {
	file=$1 dir=$2
	shift 2
	for member in "$@"; do set -- "$@" ".$member" && shift; done
	limited 120 dpkg-deb --fsys-tarfile "$file" | tar -x -f - -C "$dir" "$@" 2>/dev/null
	:
}
