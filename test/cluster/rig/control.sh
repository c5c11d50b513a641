# shellcheck shell=bash disable=SC2154
# etcd, the API server and the controllers, in the network namespace of control. Sourced by cluster.sh.

start_control() {
	local keys=$state/keys
	mkdir -p "$state/control"
	audit_policy >"$state/control/audit-policy.yaml"
	# Its disk may be slow, and nothing in it is kept: in memory.
	mkdir -p "$state/etcd"
	mount -t tmpfs -o size=512m,mode=0700 cni-upgrade-etcd "$state/etcd"
	start etcd "$programs/etcd/etcd" --data-dir "$state/etcd" --unsafe-no-fsync \
		--listen-client-urls "http://127.0.0.1:2379,http://$(reached_at control):2379" --advertise-client-urls http://127.0.0.1:2379 \
		--listen-peer-urls http://127.0.0.1:2380
	echo "http://$(reached_at control):2379" >"$state/control/etcd.url"
	start kube-apiserver "$programs/kubernetes/kube-apiserver" --etcd-servers http://127.0.0.1:2379 \
		--bind-address 0.0.0.0 --advertise-address "$(address_of control)" --secure-port 6443 --cert-dir "$state/control" \
		--tls-cert-file "$keys/api-server.crt" --tls-private-key-file "$keys/api-server.key" --client-ca-file "$keys/ca.crt" \
		--kubelet-client-certificate "$keys/api-server-to-kubelet.crt" --kubelet-client-key "$keys/api-server-to-kubelet.key" \
		--kubelet-preferred-address-types InternalIP \
		--service-account-issuer https://kubernetes.default.svc --service-account-key-file "$keys/service-accounts.pub" \
		--service-account-signing-key-file "$keys/service-accounts.key" --service-cluster-ip-range 10.96.0.0/16 \
		--authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged=true \
		--audit-policy-file "$state/control/audit-policy.yaml" --audit-log-path "$state/control/audit.log" --audit-log-maxsize 200
	wait_for_api
	start kube-controller-manager "$programs/kubernetes/kube-controller-manager" --kubeconfig "$keys/controller-manager.kubeconfig" \
		--authentication-kubeconfig "$keys/controller-manager.kubeconfig" --authorization-kubeconfig "$keys/controller-manager.kubeconfig" \
		--service-account-private-key-file "$keys/service-accounts.key" --root-ca-file "$keys/ca.crt" --use-service-account-credentials \
		--cert-dir "$state/control" --leader-elect=false
	start kube-scheduler "$programs/kubernetes/kube-scheduler" --kubeconfig "$keys/scheduler.kubeconfig" \
		--authentication-kubeconfig "$keys/scheduler.kubeconfig" --authorization-kubeconfig "$keys/scheduler.kubeconfig" --leader-elect=false
}

# One program of the control plane, in the control groups by which `down` finds it.
start() {
	local name=$1
	shift
	(
		join_groups control
		exec setsid ip netns exec "${prefix}control" "$@" </dev/null >"$state/control/$name.log" 2>&1
	) &
	disown
}

wait_for_api() {
	local tries
	for ((tries = 0; ; tries++)); do
		if kubectl get --raw /readyz >/dev/null 2>&1; then return; fi
		if [ $tries -ge 60 ]; then
			echo 'cluster: the API server does not answer' >&2
			tail -n 20 "$state/control/kube-apiserver.log" >&2
			exit 1
		fi
		sleep 1
	done
}

# Who asked what, without what the cluster's own parts ask of it all the time.
audit_policy() {
	cat <<-END
		apiVersion: audit.k8s.io/v1
		kind: Policy
		omitStages: [RequestReceived]
		rules:
		- level: None
		  userGroups: ["system:nodes"]
		- level: None
		  users: ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"]
		- level: None
		  userGroups: ["system:serviceaccounts:kube-system"]
		- level: Metadata
	END
}
