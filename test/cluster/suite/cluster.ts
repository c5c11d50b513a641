import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

/** The cluster that the suite asks. */
export type TestCluster = {
	readonly kubeconfig: string;
	/** Where it is the rig's own, which may be written to, and whose nodes are known; any other is only read. */
	readonly rig: Rig | undefined;
};

export type Rig = {
	/** A configuration of OpenSSH that reaches every node. */
	readonly sshConfig: string;
	/** The API server's, one JSON object a line. */
	readonly auditLog: string;
	/** etcd's JSON gateway. */
	readonly etcd: string;
};

/** Where test/cluster/rig/cluster.sh keeps what it made. */
const state = '/var/lib/cni-upgrade-cluster';

/** The one that CNI_UPGRADE_TEST_KUBECONFIG names, or else the one that `npm run cluster:up` made; undefined where neither is there. */
export function testCluster(environment: NodeJS.ProcessEnv = process.env): TestCluster | undefined {
	const named = environment['CNI_UPGRADE_TEST_KUBECONFIG'];
	if (named !== undefined && named !== '') {
		return {kubeconfig: named, rig: undefined};
	}

	const kubeconfig = join(state, 'admin.kubeconfig');
	return existsSync(kubeconfig)
		? {
				kubeconfig,
				rig: {
					sshConfig: join(state, 'ssh/config'),
					auditLog: join(state, 'control/audit.log'),
					etcd: readFileSync(join(state, 'control/etcd.url'), 'utf8').trim(),
				},
			}
		: undefined;
}

/** What a test says where there is none. */
export const noCluster = 'no cluster is up: npm run cluster:up makes one, or CNI_UPGRADE_TEST_KUBECONFIG names one';
