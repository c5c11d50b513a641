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
	const compact = rig && etcdCompaction(rig.etcd);
	const cluster = new RealCluster(clientOf(kubeconfig), compact && {compact});
	// Runtimes have words of their own.
	const onCrio = new RealCluster(clientOf(kubeconfig), {node: 'node-crio'});
	test.before(async () => {
		if (rig !== undefined) {
			await cluster.clean();
		}
	});
	test.after.always(async () => {
		for (const used of [cluster, onCrio]) {
			if (rig !== undefined) {
				await used.clean();
			}

			used.client.close();
		}
	});

	const cases = contract.map((entry, index) => ({...entry, index}));
	for (const {title, run, compacts, reads, needs, index} of cases.filter(({reads}) => rig !== undefined || reads === true)) {
		(compacts ? test.serial : test)(title, async t => {
			await run(t, rig !== undefined && reads !== true ? await cluster.server(index) : await cluster.reader());
		});
		if (needs === 'kubelet' && rig !== undefined) {
			test(`${title}, with CRI-O too`, async t => {
				await run(t, await onCrio.server(500 + index));
			});
		}
	}
}
