# shellcheck shell=bash disable=SC2034,SC2154
# Root file systems, one a machine, made once and copied at each `up`. Sourced by cluster.sh.

base=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2,iptables,procps,kmod,busybox-static,ca-certificates

make_roots() {
	local name
	mkdir -p "$roots"
	for name in $machines; do
		make_root "$name"
	done
}

make_root() {
	local name=$1 suite packages offers root=$roots/$1 recipe other
	suite=$(suite_of "$name")
	packages=$(packages_of "$name")
	offers=$(offers_of "$name")
	recipe="$suite $base $packages${offers:+ offers $offers}"
	if [ "$(cat "$root.recipe" 2>/dev/null)" = "$recipe" ]; then return; fi
	make_base "$suite"
	echo "cluster: making the root of $name" >&2
	rm -rf --one-file-system "$root" "$root.new"
	cp -a --reflink=auto "$roots/$suite" "$root.new"
	if [ -n "$packages" ]; then
		for other in $packages $offers; do
			# A mirror may be a copy of some day.
			case $other in */"$suite") ;; */*) echo "deb [check-valid-until=no] $mirror ${other#*/} main" ;; esac
		done | sort -u >"$root.new/etc/apt/sources.list.d/other.list"
		cp /etc/resolv.conf "$root.new/etc/resolv.conf"
		# shellcheck disable=SC2086
		if ! in_root "$root.new" apt-get -qq update || ! in_root "$root.new" apt-get -qq --no-install-recommends install $packages; then
			tail -n 20 "$root.log" >&2
			missing "the packages of $name are not to be had: $packages"
		fi
		[ -z "$offers" ] || make_offers "$root.new" "$offers"
		rm -f "$root.new/etc/resolv.conf" "$root.new"/var/cache/apt/archives/*.deb
		[ -n "$offers" ] || rm -rf "$root.new"/var/lib/apt/lists/*
	fi
	mv "$root.new" "$root"
	echo "$recipe" >"$root.recipe"
}

# A repository in the root itself, the only one that apt there knows: a node in the rig reaches no other.
make_offers() {
	local root=$1 offer deb
	install -d -m 0755 "$root/var/lib/packages"
	in_root "$root" apt-get clean
	for offer in $2; do
		# shellcheck disable=SC2016 # It is the other shell's.
		if ! in_root "$root" apt-get -qq --no-install-recommends --allow-downgrades --download-only install "$offer" ||
			! in_root "$root" sh -c 'cd /var/lib/packages && apt-get -qq download "$1"' sh "$offer"; then
			tail -n 20 "$root.log" >&2
			missing "a package that is offered is not to be had: $offer"
		fi
	done
	# The same package comes by two ways.
	find "$root/var/cache/apt/archives" -maxdepth 1 -name '*.deb' -exec mv -t "$root/var/lib/packages" {} +
	for deb in "$root"/var/lib/packages/*.deb; do
		dpkg-deb -f "$deb"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${deb##*/}" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
	done >"$root/var/lib/packages/Packages"
	rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/var/lib/apt/lists/*
	echo 'deb [trusted=yes] file:/var/lib/packages ./' >"$root/etc/apt/sources.list"
	in_root "$root" apt-get -qq update
}

in_root() {
	chroot "$1" env DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin "${@:2}" >>"$root.log" 2>&1
}

make_base() {
	local root=$roots/$1
	if [ "$(cat "$root.recipe" 2>/dev/null)" = "$base" ]; then return; fi
	echo "cluster: making a root of $1, which takes a minute or two" >&2
	rm -rf --one-file-system "$root" "$root.new"
	debootstrap --variant=minbase --include=$base "$1" "$root.new" "$mirror" >"$root.log" 2>&1 || {
		tail -n 5 "$root.log" >&2
		missing "the mirror does not serve $1"
	}
	mv "$root.new" "$root"
	echo "$base" >"$root.recipe"
}

copy_root() {
	install -d -m 0755 "$state/$1"
	cp -a --reflink=auto "$roots/$1" "$state/$1/root"
}
