import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {cli} from '../../cmd/run-cli.ts';
import {startEmbeddedCluster} from '../embedded-cluster.ts';
import {upgradable} from './upgradable.ts';

test('preflight asks machines as it asks nodes, and finds what their files have', async t => {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-upgradable-'));
	const cluster = await startEmbeddedCluster({nodes: upgradable()});
	t.teardown(async () => {
		await cluster.stop();
		rmSync(directory, {recursive: true});
	});
	const kubeconfig = join(directory, 'kubeconfig');
	writeFileSync(kubeconfig, cluster.kubeconfig());
	const {code, stdout, stderr} = await cli(['preflight'], {env: {KUBECONFIG: kubeconfig}});
	t.is(code, 3, stderr);
	t.deepEqual(rowsOf(stdout), [
		'worker-1 containerd://1.7.24 10-mynet.conflist 1.0.0 0.1.0-0.4.0 pod error',
		'worker-2 containerd://1.6.3 10-mynet.conflist <none> 0.1.0-1.0.0 pod error',
		'worker-3 cri-o://1.34.1 11-crio-ipv4-bridge.conflist 0.4.0 0.1.0-0.4.0 pod ok',
	]);
	t.deepEqual(cluster.list('pods'), []);
});

function rowsOf(stdout: string): readonly string[] {
	const [table = ''] = stdout.split('\n\n');
	return table
		.split('\n')
		.slice(1)
		.map(row => row.replaceAll(/ +/g, ' '));
}
