import test from 'ava';
import {contract} from '../../contract/contract.ts';
import {etcdCompaction} from '../../contract/etcd.ts';
import {clientOf, RealCluster} from '../../contract/real.ts';
import {noCluster, testCluster} from './cluster.ts';

const asked = testCluster();
if (asked === undefined) {
	test('the contract holds on a real cluster', t => {
		t.fail(noCluster);
	});
} else {
	const {kubeconfig, rig} = asked;
	const compact = rig && etcdCompaction({CNI_UPGRADE_TEST_ETCD: rig.etcd});
	// Another node than the first that is Ready: each runtime has words of its own.
	const node = process.env['CNI_UPGRADE_TEST_NODE'];
	const cluster = new RealCluster(clientOf(kubeconfig), {...(node && {node}), ...(compact && {compact})});
	test.before(async () => {
		if (rig !== undefined) {
			await cluster.clean();
		}
	});
	test.after.always(async () => {
		if (rig !== undefined) {
			await cluster.clean();
		}

		cluster.client.close();
	});

	const cases = contract.map((entry, index) => ({...entry, index}));
	for (const {title, run, compacts, reads, index} of cases.filter(({reads}) => rig !== undefined || reads === true)) {
		(compacts ? test.serial : test)(title, async t => {
			await run(t, rig !== undefined && reads !== true ? await cluster.server(index) : await cluster.reader());
		});
	}
}
