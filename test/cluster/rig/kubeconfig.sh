# shellcheck shell=bash disable=SC2154
# A kubeconfig with all in it, for somebody who has a certificate. Sourced by cluster.sh.

kubeconfig() {
	local dir=$state/keys
	cat >"$dir/$1.kubeconfig" <<-END
		apiVersion: v1
		kind: Config
		clusters:
		- name: cni-upgrade-test
		  cluster:
		    server: https://$2:6443
		    certificate-authority-data: $(base64 -w 0 "$dir/ca.crt")
		users:
		- name: $1
		  user:
		    client-certificate-data: $(base64 -w 0 "$dir/$1.crt")
		    client-key-data: $(base64 -w 0 "$dir/$1.key")
		contexts:
		- name: cni-upgrade-test
		  context:
		    cluster: cni-upgrade-test
		    user: $1
		current-context: cni-upgrade-test
	END
}
