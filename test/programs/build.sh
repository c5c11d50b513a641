#!/bin/bash
# Builds what Debian does not have, from Go modules, into .cache/programs/NAME/. What is there, made in the same way, is not built again.
#
#   build.sh NAME...    NAME is a folder here with a go.mod of its own, or a line of `releases`; libcni-VERSION is the folder libcni
#                       with that release of the module that it requires
#
# Prints a line for each that it builds. Ends with 77 where Go or a C compiler is missing. Modules come from wherever `go env GOPROXY`
# says, and are held against go.sum, or the checksum in `releases` and the release's own go.sum.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/programs

main() {
	local name
	[ $# -gt 0 ] || {
		echo 'usage: build.sh NAME...' >&2
		exit 2
	}
	command -v go >/dev/null || missing 'go'
	mkdir -p "$cache"
	for name; do build "$name"; done
}

missing() {
	echo "programs: $1 is not on this machine" >&2
	exit 77
}

build() {
	local name=$1 began=$SECONDS stamp
	[ -d "$(folder "$name")" ] || grep -q "^$name " "$here/releases" || {
		echo "programs: $name is neither a folder in $here nor a line of releases" >&2
		exit 2
	}
	# Two that want the same program wait for each other.
	exec 9>"$cache/.$name.lock"
	flock 9
	stamp=$({
		recipe "$name"
		go version
	} | sha256sum)
	if [ "$(cat "$cache/$name/.stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
	rm -rf "${cache:?}/$name" "$cache/$name.new"
	mkdir -p "$cache/$name.new"
	set_flags "$name"
	if [ -d "$(folder "$name")" ]; then
		(cd "$(folder "$name")" && build_folder "$name" "$cache/$name.new")
	else
		build_release "$name" "$cache/$name.new"
	fi
	echo "$stamp" >"$cache/$name.new/.stamp"
	mv "$cache/$name.new" "$cache/$name"
	echo "programs: $name built in $((SECONDS - began)) s"
}

folder() {
	case $1 in libcni-*) echo "$here/libcni" ;; *) echo "$here/$1" ;; esac
}

# All that decides what comes out: the folder or line, and the flags.
recipe() {
	if [ -d "$(folder "$1")" ]; then cat "$(folder "$1")"/*; else grep "^$1 " "$here/releases"; fi
	set_flags "$1"
	echo "${flags[@]}"
}

# A folder: its own program, or the programs that its go.mod names as tools.
build_folder() {
	local packages
	cp go.mod "$2/.go.mod"
	cp go.sum "$2/.go.sum"
	case $1 in libcni-*) go mod edit "-require=github.com/containernetworking/cni@v${1#libcni-}" "$2/.go.mod" ;; esac
	if [ -e main.go ]; then packages=.; else packages=$(GOFLAGS=-mod=readonly go list tool); fi
	# shellcheck disable=SC2086
	GOFLAGS='-mod=readonly -buildvcs=false' CGO_ENABLED=0 go build -modfile="$2/.go.mod" -trimpath "${flags[@]}" -o "$2/" $packages
	rm "$2/.go.mod" "$2/.go.sum"
}

build_release() {
	local name=$1 out=$2 module version sum packages json source
	read -r _ module version sum packages < <(grep "^$name " "$here/releases")
	json=$(go mod download -json "$module@$version")
	grep -qF "\"Sum\": \"$sum\"" <<<"$json" || {
		echo "programs: $module@$version is not what releases says: expected $sum" >&2
		exit 1
	}
	source=$(sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' <<<"$json")
	cp -r "$source" "$out/.source"
	chmod -R u+w "$out/.source"
	(
		cd "$out/.source"
		# Its go.mod replaces itself by this folder, which a module's archive leaves out as it has a go.mod of its own.
		if grep -q '\./\.empty-mod' go.mod; then install -D /dev/stdin .empty-mod/go.mod <<<'module empty'; fi
		# shellcheck disable=SC2086
		GOFLAGS='-mod=mod -buildvcs=false' CGO_ENABLED=$(cgo "$name") go build -trimpath "${flags[@]}" -o "$out/" ${packages//,/ }
		case $name in
		# What keeps the namespaces of CRI-O's pods is written in C.
		cri-o-*)
			command -v gcc >/dev/null || missing 'gcc'
			gcc -O2 -o "$out/pinns" pinns/src/*.c -D"VERSION=\"${version#v}\""
			;;
		esac
	)
	rm -rf "$out/.source"
}

# CRI-O alone has parts that are C.
cgo() {
	case $1 in cri-o-*) echo 1 ;; *) echo 0 ;; esac
}

# Sets `flags`: what goes in, and the version that the program says it has.
set_flags() {
	local version
	case $1 in
	kubernetes)
		version=$(sed -n 's/^.*k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$here/kubernetes/go.mod" | head -n 1)
		flags=("-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=$version -X k8s.io/client-go/pkg/version.gitVersion=$version")
		;;
	crictl)
		version=$(sed -n 's/^.*sigs.k8s.io\/cri-tools \(v[0-9.]*\).*/\1/p' "$here/crictl/go.mod" | head -n 1)
		flags=("-ldflags=-s -w -X sigs.k8s.io/cri-tools/pkg/version.Version=$version")
		;;
	# Without the snapshotters that need headers of their file systems; each says the version that its project's own build says.
	containerd-*)
		version=$(sed -n "s/^$1 [^ ]* \(v[^ ]*\) .*/\1/p" "$here/releases")
		flags=(
			"-ldflags=-s -w -X $(sed -n "s/^$1 \([^ ]*\) .*/\1/p" "$here/releases")/version.Version=$version"
			'-tags=no_btrfs,no_aufs,no_zfs,no_devmapper'
		)
		;;
	plugins-*) flags=("-ldflags=-s -w -X github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=v${1#plugins-}") ;;
	cri-o-*) flags=('-ldflags=-s -w' '-tags=containers_image_openpgp containers_image_ostree_stub exclude_graphdriver_btrfs') ;;
	*) flags=('-ldflags=-s -w') ;;
	esac
}

main "$@"
