
unit_name=cni-upgrade.service

# A gate: while $base/gate/UNIT is there systemd skips every start of UNIT, at boot and out of a package's scripts too. Ordering our
# unit before them would not do: it starts them itself, and would wait for itself.
install_unit() {
	wanted=$root/etc/systemd/system/multi-user.target.wants
	for unit in "$runtime_unit" "$kubelet_unit"; do
		write_file "$(drop_in "$unit")" "# Of kubectl cni-upgrade, for the time of run $run. It is removed when that has ended.
[Unit]
ConditionPathExists=!/var/lib/cni-upgrade/gate/$unit" || return 1
	done
	write_file "$root/etc/systemd/system/$unit_name" "# Of kubectl cni-upgrade, for the time of run $run. It is removed when that has ended.
[Unit]
Description=kubectl cni-upgrade, run $run
After=local-fs.target
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart=/bin/sh /var/lib/cni-upgrade/act.sh run $run $uid
Restart=on-failure
RestartForceExitStatus=SIGHUP SIGINT SIGTERM SIGPIPE
RestartSec=1
# As systemd before release 230 has it; later ones read it still.
StartLimitInterval=0
RuntimeMaxSec=$((deadline + 900))
TimeoutStopSec=900
# A package manager that is at work when we are killed ends its work; the next instance waits for it.
KillMode=process
OOMPolicy=continue
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target" || return 1
	# A link that a power loss takes away would leave the gates closed and nobody to open them.
	attempt 60 systemctl daemon-reload && attempt 60 systemctl enable "$unit_name" && sync_path "$wanted" && attempt 60 systemctl start --no-block "$unit_name"
}

remove_unit() {
	wanted=$root/etc/systemd/system/multi-user.target.wants
	attempt 60 systemctl disable "$unit_name"
	rm -f "$wanted/$unit_name" "$root/etc/systemd/system/$unit_name" || fail "$unit_name: $root/etc/systemd/system/$unit_name cannot be removed" || return 1
	for unit in "$runtime_unit" "$kubelet_unit"; do
		[ -n "$unit" ] || continue
		rm -f "$(drop_in "$unit")" "$(override "$unit")" "$base/gate/$unit" || fail "$unit: its gate cannot be removed" || return 1
		rmdir "$root/etc/systemd/system/$unit.d" "$root/run/systemd/system/$unit.d" 2>/dev/null
	done
	rmdir "$base/gate" 2>/dev/null
	attempt 60 systemctl daemon-reload
}

drop_in() { echo "$root/etc/systemd/system/$1.d/00-cni-upgrade.conf"; }

is_closed() { [ -e "$base/gate/$1" ] && [ ! -e "$(override "$1")" ]; }

close_gate() {
	if is_closed "$1"; then return 0; fi
	[ ! -e "$(override "$1")" ] || { rm -f "$(override "$1")" && attempt 60 systemctl daemon-reload; } || return 1
	mkdir -p "$base/gate" && true >"$base/gate/$1" && sync_path "$base/gate" || fail "$1: its gate $base/gate/$1 cannot be closed" || return 1
}

# Where the gate's file system has become read-only, systemd is told otherwise, so that a node is not left without its services.
open_gate() {
	if rm -f "$base/gate/$1" 2>/dev/null; then
		[ ! -d "$base/gate" ] || sync_path "$base/gate"
		return 0
	fi
	write_file "$(override "$1")" '[Unit]
ConditionPathExists=' && attempt 60 systemctl daemon-reload || fail "$1: its gate $base/gate/$1 cannot be opened; is its file system read-only?"
}

override() { echo "$root/run/systemd/system/$1.d/99-cni-upgrade.conf"; }
