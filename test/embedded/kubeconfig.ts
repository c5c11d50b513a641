import {caCertificate} from './server.ts';

/** A kubeconfig for one user with a token, as kubectl reads it. */
export function kubeconfigText({
	server,
	user,
	token,
	namespace,
}: {
	readonly server: string;
	readonly user: string;
	readonly token: string;
	readonly namespace: string | undefined;
}): string {
	return `apiVersion: v1
kind: Config
current-context: embedded
clusters:
- name: embedded
  cluster:
    server: ${server}
    certificate-authority-data: ${Buffer.from(caCertificate).toString('base64')}
users:
- name: ${user}
  user:
    token: ${token}
contexts:
- name: embedded
  context:
    cluster: embedded
    user: ${user}
${namespace === undefined ? '' : `    namespace: ${namespace}\n`}`;
}
