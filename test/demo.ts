/**
`npm run demo`: embedded clusters in processes of their own, and the real command line against them, over TLS, with a kubeconfig. Shows the
report of a fleet, one finding explained, the same checks on files; then a node that is upgraded, and taken back. Leaves nothing behind.
*/
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {createInterface} from 'node:readline';
import {pluginRelease, writeRelease} from './embedded/plugin-release.ts';

const root = resolve(import.meta.dirname, '..');
const directory = await mkdtemp(join(tmpdir(), 'cni-upgrade-demo-'));
const kubeconfig = join(directory, 'kubeconfig');

process.once('SIGINT', () => process.exit(130));
try {
	await withCluster('--demo', async () => {
		const conflist = join(directory, '10-bridge.conflist');
		await writeFile(
			conflist,
			'{"cniVersion": "1.0.1", "name": "bridge", "plugins": [{"type": "bridge", "ipam": {"type": "host-local"}}]}\n',
		);

		say('An embedded cluster of 8 nodes is up on this machine. Every node is asked through a probe pod:');
		await run(3, 'preflight');
		say('One of the findings, explained:');
		await run(0, 'explain', 'spec-version-set');
		say('The same checks on a file, with no cluster at all:');
		await run(3, 'lint', conflist, '--runtime', 'containerd://1.7.24');
	});
	await withCluster('--upgradable', async () => {
		const archive = writeRelease(directory, pluginRelease());
		say('Another cluster, of machines with systemd, a runtime and pods. The plugins of worker-1 are too old for its config:');
		await run(0, 'node', 'worker-1', '--plugins', archive, '--ignore-daemonsets', '--yes');
		say('What its journal says of that:');
		await run(0, 'status', 'worker-1');
		say('And back to what it was before:');
		await run(0, 'rollback', 'worker-1', '--ignore-daemonsets', '--yes');
	});
	say('Nothing is left behind: the clusters end with this command.');
} finally {
	await rm(directory, {recursive: true, force: true});
}

async function withCluster(kind: '--demo' | '--upgradable', work: () => Promise<void>): Promise<void> {
	const cluster = spawn(process.execPath, [join(root, 'test/embedded/main.ts'), kind, '--kubeconfig', kubeconfig], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	try {
		await once(createInterface(cluster.stdout), 'line');
		await work();
	} finally {
		if (cluster.exitCode === null) {
			cluster.kill('SIGTERM');
			await once(cluster, 'exit');
		}
	}
}

function say(text: string): void {
	process.stdout.write(`\n# ${text}\n`);
}

/** Runs the command line as a person would and holds it to its exit code. */
async function run(expected: number, ...args: readonly string[]): Promise<void> {
	const words = args.map(arg => arg.replace(`${directory}/`, ''));
	process.stdout.write(`\n$ kubectl cni-upgrade ${words.join(' ')}\n`);
	const child = spawn(process.execPath, [join(root, 'cmd/kubectl-cni_upgrade.ts'), ...words], {
		cwd: directory,
		stdio: 'inherit',
		env: {...process.env, KUBECONFIG: kubeconfig},
	});
	const [code] = (await once(child, 'exit')) as [number | null];
	process.stdout.write(`(exit code ${code})\n`);
	if (code !== expected) {
		process.exitCode = 1;
		process.stdout.write(`expected exit code ${expected}\n`);
	}
}
