# shellcheck shell=bash disable=SC2034,SC2154
# Who a machine is, who may enter it, and what is wrong with it. Sourced by machines.sh.

# Keys of the user and of each machine, and what OpenSSH needs to find and to know them.
make_keys() {
	local name dir=$state/ssh
	ssh-keygen -q -t ed25519 -N '' -C 'operator of test machines' -f "$dir/id_ed25519"
	head -c 12 /dev/urandom | base64 >"$dir/password"
	for name in $all; do
		ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$dir/host_$name"
		echo "$name,$(reached_at "$name") $(cut -d ' ' -f 1,2 "$dir/host_$name.pub")"
	done >"$dir/known_hosts"
	{
		for name in $all; do
			printf 'Host %s\n\tHostName %s\n' "$name" "$(reached_at "$name")"
		done
		printf 'Host node-* %s.*\n\tProxyJump jump\n' $inner
		printf 'Host *\n\tUser root\n\tIdentityFile %s\n\tIdentitiesOnly yes\n' "$dir/id_ed25519"
		printf '\tUserKnownHostsFile %s\n\tGlobalKnownHostsFile /dev/null\n\tStrictHostKeyChecking yes\n' "$dir/known_hosts"
	} >"$dir/config"
}

reached_at() {
	if [ "$1" = jump ]; then echo $outer.2; else address_of "$1"; fi
}

configure() {
	local name=$1 root=$state/$1/root user
	echo "$name" >"$root/etc/hostname"
	printf '127.0.0.1 localhost\n%s %s\n' "$(address_of "$name")" "$name" >"$root/etc/hosts"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
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
	if [ "$name" = jump ]; then
		chroot "$root" dpkg --purge containernetworking-plugins containerd runc >"$state/$name/dpkg.log" 2>&1
	else
		configure_runtime "$name" "$root"
	fi
}

authorize() {
	install -d -m 0700 "$1$2/.ssh"
	install -m 0600 "$state/ssh/id_ed25519.pub" "$1$2/.ssh/authorized_keys"
	chroot "$1" chown -R "$3:$3" "$2/.ssh"
}

configure_runtime() {
	local name=$1 root=$2 old
	install -d -m 0755 "$root/etc/cni/net.d"
	case $name in
	node-bookworm)
		config_list '"cniVersion": "1.0.0",' 10-containerd-net.conflist
		# As somebody does who upgrades the configuration and forgets the plugins; a package, so that dpkg knows whose they are.
		old=$(ls "$cache"/debs/containernetworking-plugins_0.9.0-*.deb 2>/dev/null || true)
		if [ -n "$old" ]; then
			cp "$old" "$root/old.deb"
			chroot "$root" dpkg -i --force-downgrade /old.deb >"$state/$name/dpkg.log" 2>&1
			rm "$root/old.deb"
		else
			echo "machines: plugins 0.9.0 are not served: those of $name know its spec version" >&2
		fi
		;;
	node-bullseye) config_list '' 10-containerd-net.conflist ;;
	*) config_list '"cniVersion": "1.0.0",' 10-containerd-net.conflist ;;
	esac
}

# The config list of the Kubernetes documentation's page "Troubleshooting CNI plugin-related errors".
config_list() {
	cat >"$root/etc/cni/net.d/$2" <<-END
		{
		  $1
		  "name": "containerd-net",
		  "plugins": [
		    {
		      "type": "bridge",
		      "bridge": "cni0",
		      "isGateway": true,
		      "ipMasq": true,
		      "promiscMode": true,
		      "ipam": {
		        "type": "host-local",
		        "ranges": [
		          [{"subnet": "10.88.0.0/16"}],
		          [{"subnet": "2001:db8:4860::/64"}]
		        ],
		        "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]
		      }
		    },
		    {
		      "type": "portmap",
		      "capabilities": {"portMappings": true},
		      "externalSetMarkChain": "KUBE-MARK-MASQ"
		    }
		  ]
		}
	END
}
