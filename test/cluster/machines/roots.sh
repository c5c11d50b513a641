# shellcheck shell=bash disable=SC2034,SC2154
# Base roots, one a release of Debian, made once with debootstrap and copied for each machine. Sourced by machines.sh.

packages=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2,iptables,procps,kmod,containerd,containernetworking-plugins

make_roots() {
	local suite
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | sort -u | head -n 1)
	[ -n "$mirror" ] || missing "apt's configuration names no mirror of Debian"
	# debootstrap does not read apt's configuration.
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	[ -z "${http_proxy-}" ] || export http_proxy
	mkdir -p "$cache/debs"
	for suite in bookworm bullseye trixie; do
		[ -e "$cache/$suite" ] || make_root "$suite" || echo "machines: $suite could not be made: see $cache/$suite.log" >&2
	done
	[ -e "$cache/bookworm" ] || missing 'the mirror does not serve bookworm'
}

make_root() {
	echo "machines: making a root of $1, which takes a minute or two" >&2
	rm -rf --one-file-system "$cache/$1.new"
	debootstrap --variant=minbase --cache-dir="$cache/debs" --include=$packages "$1" "$cache/$1.new" "$mirror" >"$cache/$1.log" 2>&1 &&
		mv "$cache/$1.new" "$cache/$1"
}

# The release that machine $1 is made of: that of its name, or where the mirror lacks it the next one that there is.
suite_of() {
	local suite
	for suite in "${1#node-}" bookworm; do
		if [ -e "$cache/$suite" ]; then
			[ "$suite" = "${1#node-}" ] || [ "$1" = jump ] || echo "machines: $1 is made of $suite, as its own release is not served" >&2
			echo "$suite"
			return
		fi
	done
}

copy_root() {
	install -d -m 0755 "$state/$1"
	cp -a --reflink=auto "$cache/$(suite_of "$1")" "$state/$1/root"
}
