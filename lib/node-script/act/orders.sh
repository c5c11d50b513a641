
# The steps of the section in the order in which an upgrade runs them; lib/plan/steps.ts holds the same list.
node_steps='stop-kubelet stop-sandboxes stop-runtime hook-before plugins packages runtime-config config kubeadm hook-after start-runtime loaded sandbox start-kubelet'

list_steps() { for id in $node_steps; do echo "$id"; done; }

# orders KEY: the rest of the plan's lines that begin with KEY.
orders() {
	while read -r key rest <&4; do
		[ "$key" != "$1" ] || printf '%s\n' "$rest"
	done 4<"$plan_file"
}

# each KEY FUNCTION: calls it with the words of every such line, in this shell, and ends at the first that fails.
each() {
	while read -r each_line <&4; do
		case $each_line in
		"$1 "*) "$2" ${each_line#* } || return 1 ;;
		esac
	done 4<"$plan_file"
}

# Sets the variables that nearly every verb needs, from the plan's single lines.
load_orders() {
	hanging_pods='' runtime='' runtime_unit='' kubelet_unit='' endpoint='' crictl='' deadline='' steps='' sandbox='' rehearse='' kubeadm='' plan_uid=''
	while read -r key value rest <&4; do
		case $key in
		uid) plan_uid=$value ;;
		runtime) runtime=$value ;;
		runtime-unit) runtime_unit=$value ;;
		kubelet-unit) kubelet_unit=$value ;;
		endpoint) endpoint=$value ;;
		crictl) crictl=$value ;;
		deadline) deadline=$value ;;
		step) steps="$steps $value" ;;
		sandbox) sandbox=$value ;;
		rehearse) rehearse=$value ;;
		kubeadm) kubeadm=$value ;;
		hanging-pods) hanging_pods=$value ;;
		esac
	done 4<"$plan_file"
	case $crictl in
	none) crictl='' ;;
	staged) if [ -e "$run_dir/backup/crictl" ]; then crictl=$run_dir/backup/crictl; else crictl=$run_dir/stage/crictl; fi ;;
	*) if [ -z "$root" ] || [ -e "$root$crictl" ]; then crictl=$root$crictl; else crictl=${crictl##*/}; fi ;;
	esac
}

# Whether $plan_file is a plan of this run for this node, line by line.
check_grammar() {
	line_number=0 seen=' ' last=''
	while read -r line <&4; do
		line_number=$((line_number + 1)) last=$line
		if [ $line_number -gt 2000 ] || ! is_order_line "$line"; then
			refuse "plan/$run: line $line_number is not an order that this act.sh knows: ${line%%[!A-Za-z0-9._/:@=+~%, -]*}; make the plan with the release of kubectl cni-upgrade that sent act.sh"
			return 1
		fi
	done 4<"$plan_file"
	[ "$last" = end ] || refuse "plan/$run: its last line is not 'end': it was cut; send it again" || return 1
	for key in cni-upgrade run node uid runtime runtime-unit kubelet-unit endpoint crictl deadline step; do
		case $seen in *" $key "*) ;; *) refuse "plan/$run: it has no line '$key'; make the plan again" || return 1 ;; esac
	done
	return 0
}

# The single keys may stand once; nothing follows `end`.
is_order_line() {
	case $seen in *' end '*) return 1 ;; esac
	set -- $1
	for word in "$@"; do is_word "$word" || return 1; done
	case ${1-} in
	step | bin-dir | plugin | keep | config | network | package | package-file | hold | hook) ;;
	*) case $seen in *" ${1-} "*) return 1 ;; esac ;;
	esac
	seen="$seen${1-} "
	case "$#:${1-}" in
	2:cni-upgrade) [ "$2" = 1 ] && [ "$line_number" = 1 ] ;;
	2:run) [ "$2" = "$run" ] ;;
	2:uid) [ "$2" = "$uid" ] ;;
	2:node) ;;
	2:runtime) [ "$2" = containerd ] || [ "$2" = cri-o ] ;;
	2:runtime-unit | 2:kubelet-unit) is_unit "$2" ;;
	2:endpoint) case $2 in unix:///?*) is_path "${2#unix://}" ;; *) return 1 ;; esac ;;
	2:crictl) [ "$2" = staged ] || [ "$2" = none ] || is_path "$2" ;;
	2:deadline) is_number "$2" && [ "$2" -gt 0 ] ;;
	2:step) case " $node_steps " in *" $2 "*) ;; *) return 1 ;; esac ;;
	3:archive | 3:package-file) is_name "$2" && is_sha256 "$3" ;;
	5:plugin) is_path "$2" && is_name "$3" && is_sha256 "$4" && { [ "$5" = none ] || is_sha256 "$5"; } ;;
	4:keep) is_path "$2" && is_name "$3" && is_sha256 "$4" ;;
	5:config) is_path "$2" && is_version "$3" && is_sha256 "$4" && is_sha256 "$5" ;;
	3:network) is_version "$3" ;;
	5:package) [ "$2" = apt ] || [ "$2" = dnf ] || [ "$2" = zypper ] ;;
	2:hold) ;;
	3:runtime-config) [ "$2" = migrate ] && is_sha256 "$3" ;;
	4:hook) { [ "$2" = before ] || [ "$2" = after ]; } && is_name "$3" && is_sha256 "$4" ;;
	2:rehearse) [ "$2" = chain ] || [ "$2" = version ] ;;
	2:sandbox) [ "$2" = yes ] || [ "$2" = no ] ;;
	2:kubeadm) [ "$2" = yes ] ;;
	2:bin-dir) is_path "$2" ;;
	2:hanging-pods) [ "$2" = stay ] ;;
	2:settings) [ ${#2} -le 4000 ] ;;
	1:end) ;;
	*) return 1 ;;
	esac
}

is_version() {
	case $1 in
	[0-9]*.[0-9]*.[0-9]*) ;;
	*) return 1 ;;
	esac
	case $1 in *[!0-9.]* | *.*.*.*) return 1 ;; esac
}
