module cni-upgrade.invalid/test/programs/broken-bridge

go 1.24
