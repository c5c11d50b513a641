
# What `kubeadm upgrade node` rewrites on a worker. On a control plane it waits for the kubelet to restart static pods, which is stopped here.
kubeadm_files='/var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env /var/lib/kubelet/instance-config.yaml'

check_kubeadm() {
	[ "$kubeadm" = yes ] || return 0
	if [ -e "$root/etc/kubernetes/manifests/kube-apiserver.yaml" ]; then
		refuse 'node: it is of the control plane, where kubeadm waits for the kubelet to restart the static pods, and the kubelet is stopped during the upgrade; run kubeadm upgrade there first, then this without --kubeadm'
		return 1
	fi
	[ -e "$root/etc/kubernetes/kubelet.conf" ] || refuse '/etc/kubernetes/kubelet.conf: it is not there, so kubeadm did not make this node; leave --kubeadm out' || return 1
	has kubeadm || refuse 'kubeadm: it is not on the node; install it with --package kubeadm=VERSION, or leave --kubeadm out'
}

# The copies are made once: on a second time the files may be new already. kubeadm writes in place, so a hard link would be no copy. A file
# that was not there is noted.
backup_kubeadm() {
	[ ! -e "$run_dir/backup/kubeadm" ] || return 0
	empty_file "$run_dir/state/kubeadm" || return 1
	for path in $kubeadm_files; do
		sha_of "$root$path"
		case $sha in
		none) ;;
		????????????????????????????????????????????????????????????????) copy_kubeadm_file || return 1 ;;
		*) fail "$root$path: it is no regular file ($sha); kubeadm is not run on it" || return 1 ;;
		esac
		echo "$path $sha" >>"$run_dir/state/kubeadm"
	done
	sync_path "$run_dir/state/kubeadm" && mv -f "$run_dir/state/kubeadm" "$run_dir/backup/kubeadm" && sync_path "$run_dir/backup" || fail "$run_dir/backup: it cannot be written"
}

copy_kubeadm_file() {
	kept=$run_dir/backup$path
	mkdir -p "${kept%/*}" && cp -p "$root$path" "$kept.part" && label_like "$root$path" "$kept.part" && sync_path "$kept.part" && mv -f "$kept.part" "$kept" ||
		fail "$root$path: it was not backed up; make room in $run_dir"
}

do_kubeadm() {
	[ "$kubeadm" = yes ] || return 0
	backup_kubeadm && failpoint during || return 1
	kubeadm_log=$run_dir/state/kubeadm.log
	(umask 022 && HOME=/root limited 600 kubeadm upgrade node >"$kubeadm_log" 2>&1 </dev/null)
	kubeadm_status=$?
	note_hooked
	detail=$(last_line "$kubeadm_log")
	[ $kubeadm_status -ne 0 ] || return 0
	why="kubeadm upgrade node: it ended with $kubeadm_status: ${detail:-it said nothing}; see $kubeadm_log"
	detail=''
	return 1
}

undo_kubeadm() {
	[ -e "$run_dir/backup/kubeadm" ] || return 0
	while read -r path old <&5; do
		restore_file "$path" "$old" "$old" || return 1
	done 5<"$run_dir/backup/kubeadm"
}
