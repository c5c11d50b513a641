# shellcheck shell=bash disable=SC2154
# The images that the nodes hold; no registry is asked. Sourced by cluster.sh.

image=docker.io/library/busybox:1.37
pause=registry.k8s.io/pause:3.10

# A docker-archive of one layer: busybox, and a pause that ends when it is told to. $state/image.tar has both names.
make_image() {
	local dir=$state/image layer config id
	mkdir -p "$dir/layer/bin" "$dir/layer/tmp" "$dir/layer/etc"
	cp "$roots/bookworm/bin/busybox" "$dir/layer/bin/busybox"
	"$dir/layer/bin/busybox" --list | grep -vx busybox | while read -r name; do ln -s busybox "$dir/layer/bin/$name"; done
	echo 'root:x:0:0:root:/:/bin/sh' >"$dir/layer/etc/passwd"
	printf '#!/bin/sh\ntrap "exit 0" TERM INT\nwhile :; do sleep 3600 & wait; done\n' >"$dir/layer/pause"
	chmod 0755 "$dir/layer/pause"
	tar -C "$dir/layer" --sort=name --owner=0 --group=0 --mtime=@0 -cf "$dir/layer.tar" .
	layer=$(sha256sum "$dir/layer.tar" | cut -d ' ' -f 1)
	config='{"architecture":"'$(go env GOARCH)'","os":"linux","config":{"Env":["PATH=/bin"],"Entrypoint":["/pause"]},"rootfs":{"type":"layers","diff_ids":["sha256:'$layer'"]}}'
	printf %s "$config" >"$dir/config.json"
	id=$(sha256sum "$dir/config.json" | cut -d ' ' -f 1)
	mv "$dir/config.json" "$dir/$id.json"
	printf '[{"Config":"%s.json","RepoTags":["%s","%s"],"Layers":["layer.tar"]}]' "$id" "$image" "$pause" >"$dir/manifest.json"
	tar -C "$dir" -cf "$state/image.tar" manifest.json "$id.json" layer.tar
	rm -rf "$dir"
}
