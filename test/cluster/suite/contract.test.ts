import test from 'ava';
import {contract} from '../../contract/contract.ts';
import {etcdCompaction} from '../../contract/etcd.ts';
import {clientOf, RealCluster} from '../../contract/real.ts';

/** The path of a kubeconfig: the cluster that is asked. */
const kubeconfig = process.env['CNI_UPGRADE_TEST_KUBECONFIG'];

/** `1`: the cluster was made for this suite, which may write into it. Any other is only read. */
const isOwn = process.env['CNI_UPGRADE_TEST_OWN_CLUSTER'] === '1';

/** `1`: its nodes are objects only, and cases that need a kubelet are left out. */
const hasNoKubelet = process.env['CNI_UPGRADE_TEST_NO_KUBELET'] === '1';

if (kubeconfig === undefined) {
	test('the contract holds on a real cluster', t => {
		t.fail('CNI_UPGRADE_TEST_KUBECONFIG says which one');
	});
} else {
	const cluster = new RealCluster(clientOf(kubeconfig), Date.now().toString(36), etcdCompaction(process.env));
	test.before(async () => {
		if (isOwn) {
			await cluster.clean();
		}
	});
	test.after.always(async () => {
		if (isOwn) {
			await cluster.clean();
		}

		cluster.client.close();
	});

	const cases = contract.map((entry, index) => ({...entry, index}));
	for (const {title, run, compacts, reads, needs, index} of cases.filter(({reads}) => isOwn || reads === true)) {
		if (needs === 'kubelet' && hasNoKubelet) {
			test.skip(`${title} (needs a kubelet)`, () => undefined);
			continue;
		}

		(compacts ? test.serial : test)(title, async t => {
			await run(t, isOwn && reads !== true ? await cluster.server(index) : await cluster.reader());
		});
	}
}
