
# The runtime must hold the networks of the plan with their versions, and say that it is ready for pods; CRI-O tells the latter only.
do_loaded() {
	if [ -z "$crictl" ]; then
		skipped='crictl is not on the node'
		return 0
	fi
	tries=0
	until is_loaded; do
		tries=$((tries + 1))
		[ $tries -lt 30 ] || return 1
		pause
	done
}

undo_loaded() { return 0; }

is_loaded() {
	runtime_says=$(cri 10 info 2>/dev/null </dev/null | json_leaves | awk -F '\t' '
		$1 == "status" && $2 == "conditions" { condition[$3, $4] = $5; if ($3 + 0 > last) last = $3 + 0 }
		$1 == "lastCNILoadStatus" { print "load " $2 }
		$1 == "cniconfig" && $2 == "Networks" && $4 == "Config" && ($5 == "Name" || $5 == "CNIVersion") {
			network[$3, $5] = $6; if ($3 + 0 > most) most = $3 + 0
		}
		END {
			for (i = 0; i <= last; i++) if (condition[i, "type"] == "\"NetworkReady\"") print "ready " condition[i, "status"] " " condition[i, "message"]
			for (i = 0; i <= most; i++) if ((i, "Name") in network) print "network " network[i, "Name"] "=" network[i, "CNIVersion"]
		}')
	load='' ready='' message='' networks=''
	IFS=$newline
	for line in $runtime_says; do
		value=${line#* }
		case $line in
		load*) load=$value ;;
		ready*) ready=${value%% *} message=${value#* } ;;
		network*) networks="$networks $value" ;;
		esac
	done
	IFS=$blanks
	[ -n "$ready" ] || fail "$runtime_unit: crictl info does not say whether its network is ready" || return 1
	[ "$ready" = true ] || fail "$runtime_unit: its network is not ready: ${message:-it does not say why}" || return 1
	[ "$runtime" = containerd ] || return 0
	[ -z "$load" ] || [ "$load" = '"OK"' ] || fail "$runtime_unit: it did not load the CNI config: $load" || return 1
	each network is_network_loaded
}

is_network_loaded() {
	case "$networks " in
	*" \"$1\"=\"$2\" "*) ;;
	*) fail "$runtime_unit: it holds the networks${networks:- none}, not $1 with version $2" ;;
	esac
}
