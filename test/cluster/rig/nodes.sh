# shellcheck shell=bash disable=SC2034,SC2100
# Which machines there are, and what each holds. Sourced by cluster.sh.
#
#   node-bookworm  containerd 1.6.20; a config list of 1.0.0, plugins of bullseye, which know 0.4.0 at most: pods do not start
#   node-early     containerd 1.6.3 in /usr/local, as from its archive; a config list without cniVersion: pods do not go
#   node-packages  containerd 1.6.20, plugins that know 0.4.0 at most and a config list of 0.4.0, on trixie, with an apt repository in its own
#                  root that holds newer ones; pods come and go
#   node-trixie    containerd 1.7, and ping; nothing wrong with it
#   node-sid       containerd 2.1 or later; nothing wrong with it
#   node-crio      CRI-O; nothing wrong with it
#   jump           the way to all of them
#
# Users of each, by the same key: root; admin, who may sudo without a password; careful, whose sudo asks for the password in
# $state/ssh/password.
nodes='node-bookworm node-early node-packages node-trixie node-sid node-crio'
machines="jump $nodes"

early=containerd-1.6.3
crio=cri-o-1.36.3
plugins=plugins-1.1.1
# What the suite brings to nodes.
brought='crictl broken-bridge plugins-0.8.7 plugins-1.6.2 plugins-1.9.1'

programs_needed() {
	# shellcheck disable=SC2086
	echo kubernetes etcd $early $crio $plugins $brought
}

# The release that a machine is made of. systemd of later ones does not know cgroup v1.
suite_of() {
	case $1 in
	jump | node-bookworm | node-early | daemon-bullseye) echo bookworm ;;
	*) echo trixie ;;
	esac
}

# What it has besides: a package, or with a slash a package of another release.
packages_of() {
	case $1 in
	jump) ;;
	node-bookworm) echo containerd containernetworking-plugins/bullseye ;;
	node-early) echo runc ;;
	node-packages) echo containerd/bookworm runc/bookworm containernetworking-plugins/bullseye ;;
	node-trixie) echo containerd containernetworking-plugins iputils-ping ;;
	node-sid) echo containerd/sid containernetworking-plugins/sid ;;
	# Not a node, since no kubelet of today speaks with it: the truth table of daemons takes it from here.
	daemon-bullseye) echo containerd/bullseye ;;
	node-crio) echo runc conmon skopeo containernetworking-plugins ;;
	esac
}

# What the repository in its root holds besides what is installed: releases of which packages, with all that those need there.
offers_of() {
	case $1 in
	node-packages) echo containerd/bookworm runc/bookworm containernetworking-plugins/bullseye containerd/trixie runc/trixie containernetworking-plugins/trixie containerd/sid ;;
	esac
}
