// The reference plugins of a release that has no go.mod of its own, with what its Godeps/Godeps.json names: only golang.org/x/sys is newer.
module plugins

go 1.24

tool (
	github.com/containernetworking/plugins/plugins/ipam/host-local
	github.com/containernetworking/plugins/plugins/main/bridge
	github.com/containernetworking/plugins/plugins/main/loopback
	github.com/containernetworking/plugins/plugins/main/ptp
	github.com/containernetworking/plugins/plugins/meta/portmap
)

require (
	github.com/alexflint/go-filemutex v0.0.0-20171022225611-72bdc8eae2ae // indirect
	github.com/containernetworking/cni v0.6.0-rc1 // indirect
	github.com/containernetworking/plugins v0.7.6 // indirect
	github.com/coreos/go-iptables v0.2.0 // indirect
	github.com/j-keck/arping v0.0.0-20160618110441-2cf9dc699c56 // indirect
	github.com/mattn/go-shellwords v1.0.3 // indirect
	github.com/vishvananda/netlink v0.0.0-20170630184320-6e453822d85e // indirect
	github.com/vishvananda/netns v0.0.0-20170219233438-54f0e4339ce7 // indirect
	golang.org/x/sys v0.0.0-20190616124812-15dcb6c0061f // indirect
)
