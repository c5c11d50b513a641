import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {connect} from '../../lib/cluster/connect.ts';
import {collectFleet} from '../../lib/collect/fleet.ts';
import {isUnknown} from '../../lib/facts/unknown.ts';
import {FakeClock} from '../cluster-client/fake-clock.ts';
import {startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {recordedFleet} from '../embedded/recorded.ts';

/** Settles when it holds. */
async function until(holds: () => boolean): Promise<void> {
	while (!holds()) {
		await new Promise(resolve => {
			setTimeout(resolve, 5);
		});
	}
}

test('any number of silent nodes that fit in the window cost one wait together, and one pod each', async t => {
	// The pods of 90 healthy nodes are no whole batch when they are done, and hold places that the last silent ones need.
	const [healthy, silent] = [190, 200];
	const cluster = await startEmbeddedCluster({nodes: await recordedFleet({nodes: healthy + silent, silentPercent: 50})});
	const clock = new FakeClock(1);
	const {signal} = new AbortController();
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-silent-'));
	const kubeconfig = join(directory, 'kubeconfig');
	writeFileSync(kubeconfig, cluster.kubeconfig());
	const api = await connect({kubeconfig}, {env: {}, clock, signal, stderr: process.stderr});
	let answered = 0;
	try {
		const collecting = collectFleet({
			api,
			names: [],
			via: 'pod',
			ssh: {isAsked: false, open: async () => t.fail(), close: async () => undefined},
			namespace: 'cni-upgrade',
			timeout: 60_000,
			run: 'abcdefghij',
			clock,
			signal,
			onEvent: ({type}) => {
				answered += type === 'answered' ? 1 : 0;
			},
		});
		// A pod that is waited for has two timers, the watch and the wait for a place one each: once all are set, time may go on.
		await until(() => answered === healthy && clock.waiting === 2 * 160 + 2);
		t.is(cluster.alive.now, 250);
		// No pod ended in the second of these seconds, which makes room.
		clock.advance(1_000);
		await new Promise(setImmediate);
		clock.advance(1_000);
		await until(() => clock.waiting === 2 * silent + 1);
		t.is(cluster.alive.now, silent);
		clock.advance(15_000);
		// Before they are given up they are looked at once more, by one list for all.
		await until(() => clock.waiting === silent + 2);
		clock.advance(250);
		const facts = await collecting;
		t.is(facts.filter(({plugins}) => isUnknown(plugins) && plugins.unknown.includes('did not take up')).length, silent);
		t.is(facts.filter(({plugins}) => !isUnknown(plugins)).length, healthy);
		t.is(cluster.alive.made, healthy + silent);
		t.is(cluster.alive.now, 0);
		t.true(cluster.requests.count() <= 1.02 * (healthy + silent) + 6 + 3 + 1, JSON.stringify(cluster.requests.summary()));
	} finally {
		api.close();
		rmSync(directory, {recursive: true});
		await cluster.stop();
	}
});
