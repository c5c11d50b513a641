
# What packages.sh asks of rpm, which installs for dnf and for zypper, and of these two, which only fetch.

dnf_present() {
	has rpm && has dnf
}

zypper_present() {
	has rpm && has zypper
}

rpm_word() {
	case $1 in
	suffix) echo rpm ;;
	locks) echo /var/lib/rpm/.rpm.lock /usr/lib/sysimage/rpm/.rpm.lock ;;
	caches) echo '/var/cache/dnf/*/packages/NAME-*.rpm /var/cache/libdnf5/*/packages/NAME-*.rpm /var/cache/zypp/packages/*/NAME-*.rpm /var/cache/zypp/packages/*/*/NAME-*.rpm' ;;
	heal) echo 'rpm --rebuilddb' ;;
	remake) echo 'rpm cannot make it again from what is installed' ;;
	esac
}

rpm_installed() {
	line=$(limited 30 rpm -q --qf '%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' "$1" 2>/dev/null) || line=none
	# A transaction that was killed leaves the old one beside the new one.
	case $line in *"$newline"*) line=broken ;; esac
	echo "${line#0:}"
}

rpm_describe() {
	limited 30 rpm -qp --nosignature --qf '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH} %{SIZE}\n' "$1" 2>/dev/null |
		awk '{ sub(/^0:/, "", $2); print $1, $2, $3, int($4 / 1024) + 1 }'
}

# Its own digests; signatures are for whoever fetched it.
rpm_whole() {
	limited 120 rpm -K --nosignature "$1" >/dev/null 2>&1
}

rpm_remake() {
	return 1
}

# FILE... only: rpm asks no repository. What else a file needs is in the log.
rpm_simulate() {
	case $1 in
	*/*) ;;
	*)
		for word in "$@"; do echo "change ${word%%=*} ${word#*=} $(rpm_installed "${word%%=*}")"; done
		return 0
		;;
	esac
	limited 120 env LC_ALL=C rpm -U --test --oldpackage "$@" >"$run_dir/state/packages.log" 2>&1 </dev/null || return 1
	for file in "$@"; do
		set -- "$(rpm_describe "$file")"
		name=${1%% *} rest=${1#* }
		echo "change $name ${rest%% *} $(rpm_installed "$name")"
		limited 30 rpm -qp --nosignature --obsoletes "$file" 2>/dev/null | while read -r other _; do
			version=$(rpm_installed "$other")
			if [ "$other" != "$name" ] && [ "$version" != none ]; then echo "remove $other $version"; fi
		done
	done
}

rpm_interrupted() {
	return 1
}

rpm_heal() { :; }

rpm_install() {
	limited 1200 env LC_ALL=C rpm -U --oldpackage --replacepkgs "$@" >"$run_dir/state/packages.log" 2>&1 </dev/null
}

rpm_remove() {
	limited 600 env LC_ALL=C rpm -e "$@" >"$run_dir/state/packages.log" 2>&1 </dev/null
}

rpm_has_remnants() { return 1; }

# rpm replaces a changed configuration file that is not marked noreplace.
rpm_changed_configs() {
	limited 60 rpm -V --nodeps --noscripts "$1" 2>/dev/null | awk '$1 ~ /5/ && $2 == "c" && NF == 3 && $3 ~ /^\/[A-Za-z0-9._\/:@+~-]+$/ { print $3 }'
}

rpm_unpack() {
	file=$1 dir=$2
	shift 2
	has cpio && has rpm2cpio || return 0
	for member in "$@"; do set -- "$@" ".$member" ".$member/*" && shift; done
	(limited 120 rpm2cpio "$file" | (cd "$dir" && cpio -idm --quiet "$@")) 2>/dev/null
	:
}

# Versions are taken although they are excluded or locked: who asks for one knows of it. dnf4 hides them by a plugin.
dnf_quiet() {
	dnf_limit=$1
	shift
	case $(limited 30 dnf --version 2>/dev/null) in
	dnf5*) limited "$dnf_limit" dnf -q -y '--setopt=disable_excludes=*' "$@" ;;
	*) limited "$dnf_limit" dnf -q -y --setopt=disable_excludes=all --disableplugin=versionlock "$@" ;;
	esac
}

dnf_candidates() {
	dnf_quiet 120 repoquery --qf '%{epoch}:%{version}-%{release}\n' "$1" 2>/dev/null | awk 'NF == 1 { sub(/^0:/, ""); a[++n] = $1 } END { for (; n; n--) if (!seen[a[n]]++) print a[n] }'
}

# dnf checks signatures only when it installs, and rpm only whether a signature that is there is good.
dnf_download() {
	dnf_quiet 600 download --destdir "$1" "$2-$3" || return 1
	for fetched in $(files_like "$1/*.rpm"); do
		verdict=$(LC_ALL=C limited 120 rpm -K "$fetched" 2>&1) || { echo "$verdict" && rm -f "$fetched" && continue; }
		case $verdict in *signatures* | *pgp*) continue ;; esac
		if grep -qs '^gpgcheck *= *\(1\|[Tt]rue\|yes\)' "$root/etc/dnf/dnf.conf" && ! grep -qs '^gpgcheck *= *\(0\|[Ff]alse\|no\)' $(files_like "$root/etc/yum.repos.d/*.repo"); then
			echo "$verdict, but it is not signed and dnf.conf says gpgcheck=1"
			rm -f "$fetched"
		fi
	done
}

# A lock is a line of a file; without this dnf4 asks the repositories all the same, and the way back may have none.
dnf_versionlock() { limited 60 dnf -q -y '--disablerepo=*' versionlock "$@" 2>/dev/null; }

dnf_held() {
	dnf_versionlock list | awk -v name="$1" '
		index($0, name "-") == 1 && substr($0, length(name) + 2) ~ /^[0-9]/ { found = 1 }
		$1 == "Package" && $2 == "name:" && $3 == name { found = 1 }
		END { exit !found }'
}

# A lock names a version: it has to be of the one that is installed now.
dnf_hold() {
	dnf_versionlock delete "$1" >/dev/null
	dnf_versionlock add "$1" >/dev/null
}

zypper_candidates() {
	limited 120 zypper --non-interactive --quiet search -s --match-exact -t package "$1" 2>/dev/null | awk -F '|' '$3 ~ /package/ { gsub(/ /, "", $4); if (!seen[$4]++) print $4 }'
}

zypper_download() {
	limited 600 zypper --non-interactive --pkg-cache-dir "$1" download "$2=$3"
}

zypper_held() {
	limited 60 zypper --non-interactive --quiet locks 2>/dev/null | awk -F '|' -v name="$1" '{ gsub(/ /, "", $2); if ($2 == name) found = 1 } END { exit !found }'
}

# A lock names no version and rpm does not heed it, so it has stayed.
zypper_hold() {
	zypper_held "$1" || limited 60 zypper --non-interactive --quiet addlock "$1" >/dev/null 2>&1
}
