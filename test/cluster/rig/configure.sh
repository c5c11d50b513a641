# shellcheck shell=bash disable=SC2034,SC2154
# Who a machine is, and who may enter it. Sourced by cluster.sh.

configure() {
	local name=$1 root=$state/$1/root user
	echo "$name" >"$root/etc/hostname"
	printf '127.0.0.1 localhost\n%s %s\n' "$(address_of "$name")" "$name" >"$root/etc/hosts"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	# Runtimes copy it into every pod; there is no name server.
	rm -f "$root/etc/resolv.conf"
	: >"$root/etc/resolv.conf"
	rm -f "$root"/etc/ssh/ssh_host_*
	install -m 0600 "$state/ssh/host_$name" "$root/etc/ssh/ssh_host_ed25519_key"
	install -d -m 0755 "$root/etc/ssh/sshd_config.d"
	printf '%s\n' 'HostKey /etc/ssh/ssh_host_ed25519_key' 'PasswordAuthentication no' 'UseDNS no' >"$root/etc/ssh/sshd_config.d/machine.conf"
	for user in admin careful; do
		chroot "$root" useradd --create-home --shell /bin/bash $user
		authorize "$root" /home/$user $user
	done
	authorize "$root" /root root
	echo "careful:$(cat "$state/ssh/password")" | chroot "$root" chpasswd
	printf '%s\n' 'admin ALL=(ALL) NOPASSWD: ALL' 'careful ALL=(ALL) ALL' >"$root/etc/sudoers.d/machine"
	if [ "$name" != jump ]; then
		configure_groups "$root"
		configure_runtime "$name" "$root"
		configure_kubelet "$name" "$root"
	fi
}

authorize() {
	install -d -m 0700 "$1$2/.ssh"
	install -m 0600 "$state/ssh/id_ed25519.pub" "$1$2/.ssh/authorized_keys"
	chroot "$1" chown -R "$3:$3" "$2/.ssh"
}

# What systemd-nspawn leaves to the machine: control groups that may be written, mounts that reach into pods, files of /proc/sys that a
# kubelet may set without reaching the machine below, and a way to the API service.
configure_groups() {
	install -d -m 0755 "$1/usr/local/sbin"
	cat >"$1/usr/local/sbin/prepare-node" <<-'END'
		#!/bin/sh
		set -eu
		for group in /sys/fs/cgroup/*/; do
			mount -o remount,bind,rw "$group"
		done
		mount --make-rshared /
		mkdir -p /run/proc-sys
		for name in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
			file=/run/proc-sys/$(echo "$name" | tr / -)
			cat "/proc/sys/$name" >"$file"
			mount --bind "$file" "/proc/sys/$name"
		done
		# The one service that pods need, which kube-proxy would see to; the rule outlives the machine, as its network does.
		for chain in PREROUTING OUTPUT; do
			set -- "$chain" -d 10.96.0.1 -p tcp --dport 443 -j DNAT --to-destination CONTROL:6443
			iptables -w -t nat -C "$@" 2>/dev/null || iptables -w -t nat -A "$@"
		done
	END
	sed -i "s/CONTROL/$(address_of control)/" "$1/usr/local/sbin/prepare-node"
	chmod 0755 "$1/usr/local/sbin/prepare-node"
	unit "$1" prepare-node <<-'END'
		[Unit]
		Before=containerd.service crio.service kubelet.service
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/usr/local/sbin/prepare-node
		[Install]
		WantedBy=multi-user.target
	END
}

# Installs and enables the unit on standard input.
unit() {
	cat >"$1/etc/systemd/system/$2.service"
	ln -sf "../$2.service" "$1/etc/systemd/system/multi-user.target.wants/"
}

configure_kubelet() {
	local name=$1 root=$2 endpoint=unix:///run/containerd/containerd.sock
	[ "$name" != node-crio ] || endpoint=unix:///var/run/crio/crio.sock
	install -d -m 0755 "$root/etc/kubernetes" "$root/var/lib/kubelet"
	install -m 0600 "$state/keys/$name.kubeconfig" "$root/etc/kubernetes/kubelet.conf"
	install -m 0644 "$state/keys/ca.crt" "$root/etc/kubernetes/ca.crt"
	cat >"$root/var/lib/kubelet/config.yaml" <<-END
		apiVersion: kubelet.config.k8s.io/v1beta1
		kind: KubeletConfiguration
		authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: /etc/kubernetes/ca.crt}}
		authorization: {mode: Webhook}
		containerRuntimeEndpoint: $endpoint
		cgroupDriver: cgroupfs
		failCgroupV1: false
		failSwapOn: false
		enforceNodeAllocatable: []
		localStorageCapacityIsolation: false
		featureGates: {KubeletInUserNamespace: true}
		evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
		nodeStatusUpdateFrequency: 5s
	END
	unit "$root" kubelet <<-END
		[Unit]
		After=containerd.service crio.service load-image.service
		[Service]
		ExecStart=/usr/local/bin/kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf --node-ip=$(address_of "$name") --hostname-override=$name
		Restart=always
		RestartSec=2
		[Install]
		WantedBy=multi-user.target
	END
}
