# shellcheck shell=bash disable=SC2034,SC2154
# Who may enter what, and how each is known. Everything is made anew at each `up`. Sourced by cluster.sh.

# Keys of the user and of each machine, and what OpenSSH needs to find and to know them.
make_ssh_keys() {
	local name dir=$state/ssh
	ssh-keygen -q -t ed25519 -N '' -C 'operator of the test cluster' -f "$dir/id_ed25519"
	head -c 12 /dev/urandom | base64 >"$dir/password"
	for name in $machines; do
		ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$dir/host_$name"
		echo "$name,$(reached_at "$name") $(cut -d ' ' -f 1,2 "$dir/host_$name.pub")"
	done >"$dir/known_hosts"
	{
		for name in $machines; do
			printf 'Host %s\n\tHostName %s\n' "$name" "$(reached_at "$name")"
		done
		printf 'Host node-* %s.*\n\tProxyJump jump\n' "$inner"
		printf 'Host *\n\tUser root\n\tIdentityFile %s\n\tIdentitiesOnly yes\n' "$dir/id_ed25519"
		printf '\tUserKnownHostsFile %s\n\tGlobalKnownHostsFile /dev/null\n\tStrictHostKeyChecking yes\n' "$dir/known_hosts"
	} >"$dir/config"
}

make_certificates() {
	local name
	key ca
	openssl req -x509 -new -sha256 -days 30 -key "$state/keys/ca.key" -subj /CN=cni-upgrade-test-cluster -out "$state/keys/ca.crt"
	key service-accounts
	openssl pkey -in "$state/keys/service-accounts.key" -pubout -out "$state/keys/service-accounts.pub"
	certificate api-server /CN=kube-apiserver "IP:$(address_of control),IP:$(reached_at control),IP:127.0.0.1,IP:10.96.0.1,DNS:kubernetes.default.svc"
	certificate api-server-to-kubelet /O=system:masters/CN=kube-apiserver-kubelet-client
	certificate admin /O=system:masters/CN=admin
	certificate controller-manager /CN=system:kube-controller-manager
	certificate scheduler /CN=system:kube-scheduler
	for name in $nodes; do
		certificate "$name" "/O=system:nodes/CN=system:node:$name"
		kubeconfig "$name" "$(address_of control)"
	done
	kubeconfig controller-manager 127.0.0.1
	kubeconfig scheduler 127.0.0.1
	kubeconfig admin "$(reached_at control)"
	install -m 0600 "$state/keys/admin.kubeconfig" "$state/admin.kubeconfig"
}

key() {
	openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$state/keys/$1.key" 2>/dev/null ||
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$state/keys/$1.key"
}

# A certificate of this name and subject, for these hosts where it is a server's.
certificate() {
	local dir=$state/keys usage=clientAuth
	[ -z "${3-}" ] || usage=serverAuth
	key "$1"
	openssl req -new -key "$dir/$1.key" -subj "$2" |
		openssl x509 -req -sha256 -days 30 -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -out "$dir/$1.crt" \
			-extfile <(printf '%s\n' "extendedKeyUsage=$usage" ${3:+"subjectAltName=$3"}) 2>/dev/null
}
