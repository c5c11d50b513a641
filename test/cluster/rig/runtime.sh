# shellcheck shell=bash disable=SC2034,SC2154
# The runtime of a node, its plugins and its config list. Sourced by cluster.sh.

configure_runtime() {
	local name=$1 root=$2
	install -d -m 0755 "$root/etc/cni/net.d"
	install -m 0644 "$state/image.tar" "$root/var/lib/image.tar"
	case $name in
	node-bookworm | node-trixie | node-sid)
		config_list '"cniVersion": "1.0.0",' "$name" "$root"
		containerd_config "$root" /usr/lib/cni
		load_image "$root"
		;;
	node-packages)
		config_list '"cniVersion": "0.4.0",' "$name" "$root"
		containerd_config "$root" /usr/lib/cni
		load_image "$root"
		;;
	node-early)
		config_list '' "$name" "$root"
		containerd_archive "$root"
		containerd_config "$root" /opt/cni/bin
		load_image "$root"
		;;
	node-crio)
		config_list '"cniVersion": "1.0.0",' "$name" "$root"
		crio_install "$root"
		;;
	esac
}

# The keys that differ from the package's: this machine may lack CAP_SYS_RESOURCE, and there is no registry.
containerd_config() {
	install -d -m 0755 "$1/etc/containerd"
	cat >"$1/etc/containerd/config.toml" <<-END
		version = 2

		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "$pause"
		  restrict_oom_score_adj = true
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "$2"
		    conf_dir = "/etc/cni/net.d"
	END
}

# As the releases of containerd and of the plugins are unpacked by hand.
containerd_archive() {
	install -d -m 0755 "$1/usr/local/bin" "$1/opt/cni/bin"
	install -m 0755 "$programs/$early"/containerd "$programs/$early"/containerd-shim-runc-v2 "$programs/$early"/ctr "$1/usr/local/bin/"
	install -m 0755 "$programs/$plugins"/* "$1/opt/cni/bin/"
	unit "$1" containerd <<-'END'
		[Unit]
		Description=containerd container runtime
		After=network.target local-fs.target
		[Service]
		ExecStart=/usr/local/bin/containerd
		Type=notify
		Delegate=yes
		KillMode=process
		Restart=always
		RestartSec=5
		LimitNOFILE=infinity
		TasksMax=infinity
		[Install]
		WantedBy=multi-user.target
	END
}

# Puts the image into containerd's store, before the kubelet asks for it.
load_image() {
	unit "$1" load-image <<-END
		[Unit]
		After=containerd.service
		Requires=containerd.service
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/sh -c 'for try in 1 2 3 4 5; do ctr -n k8s.io images import /var/lib/image.tar && exit; sleep 1; done; exit 1'
		[Install]
		WantedBy=multi-user.target
	END
}

crio_install() {
	install -d -m 0755 "$1/usr/local/bin" "$1/etc/crio/crio.conf.d" "$1/etc/containers"
	install -m 0755 "$programs/$crio"/crio "$programs/$crio"/pinns "$1/usr/local/bin/"
	# What CRI-O asks for and the machine below may not have is taken out: scores below 0, limits of huge pages, and the capability to exceed
	# limits, which CRI-O gives to every privileged container.
	cat >"$1/usr/local/bin/runc-here" <<-'END'
		#!/bin/sh
		previous=
		for word; do
			case $previous in
			--bundle | -b) sed -zi 's/"oomScoreAdj": *-[0-9]*/"oomScoreAdj": 0/; s/"hugepageLimits": *\[[^]]*\]/"hugepageLimits": []/; s/"CAP_SYS_RESOURCE", *//g; s/, *"CAP_SYS_RESOURCE"//g' "$word/config.json" ;;
			--process | -p) sed -zi 's/"CAP_SYS_RESOURCE", *//g; s/, *"CAP_SYS_RESOURCE"//g' "$word" ;;
			esac
			previous=$word
		done
		exec /usr/sbin/runc "$@"
	END
	chmod 0755 "$1/usr/local/bin/runc-here"
	cat >"$1/etc/crio/crio.conf.d/10-node.conf" <<-END
		[crio.runtime]
		cgroup_manager = "cgroupfs"
		conmon_cgroup = "pod"
		pinns_path = "/usr/local/bin/pinns"
		default_runtime = "runc"
		[crio.runtime.runtimes.runc]
		runtime_path = "/usr/local/bin/runc-here"
		monitor_path = "/usr/bin/conmon"
		[crio.image]
		pause_image = "$pause"
		pause_command = "/pause"
		[crio.network]
		network_dir = "/etc/cni/net.d/"
		plugin_dirs = ["/usr/lib/cni"]
	END
	[ -e "$1/etc/containers/policy.json" ] || echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$1/etc/containers/policy.json"
	unit "$1" crio <<-END
		[Unit]
		After=network.target
		[Service]
		Type=notify
		ExecStartPre=/bin/sh -c 'skopeo copy -q docker-archive:/var/lib/image.tar:$image containers-storage:$image && skopeo copy -q docker-archive:/var/lib/image.tar:$pause containers-storage:$pause'
		ExecStart=/usr/local/bin/crio
		KillMode=process
		Restart=always
		RestartSec=5
		TasksMax=infinity
		[Install]
		WantedBy=multi-user.target
	END
}

# The config list of the Kubernetes documentation's page "Troubleshooting CNI plugin-related errors", with a range of the node's own.
config_list() {
	cat >"$3/etc/cni/net.d/10-containerd-net.conflist" <<-END
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
		          [{"subnet": "$(pods_of "$2")"}],
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
