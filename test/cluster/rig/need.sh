# shellcheck shell=bash disable=SC2034,SC2154
# What a cluster takes, asked beforehand. Sourced by cluster.sh.

need_root() {
	[ "$(id -u)" = 0 ] || missing 'it takes root'
}

need_programs() {
	local program
	for program in systemd-nspawn debootstrap ip ssh ssh-keygen openssl apt-get curl; do
		command -v $program >/dev/null || missing "$program is not on this machine (Debian: systemd-container debootstrap iproute2 openssh-client openssl curl)"
	done
	command -v go >/dev/null || missing 'go is not on this machine: the control plane and the kubelets are built from Go modules'
	ip netns add "${prefix}try" 2>/dev/null || missing 'no network namespaces can be made here'
	ip netns del "${prefix}try"
}

need_mirror() {
	# shellcheck disable=SC2016 # It is apt's.
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | sort -u | head -n 1)
	[ -n "$mirror" ] || missing "apt's configuration names no mirror of Debian"
	# debootstrap and curl do not read apt's configuration.
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	[ -z "${http_proxy-}" ] || export http_proxy
}

missing() {
	echo "cluster: $1" >&2
	exit 77
}
