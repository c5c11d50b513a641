/**
`npm run demo`: an embedded cluster in a process of its own, and the real command line against it, over TLS, with a
kubeconfig. Shows the report of a fleet, one finding explained, and the same checks on files. Leaves nothing behind.
*/
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {createInterface} from 'node:readline';

const root = resolve(import.meta.dirname, '..');
const directory = await mkdtemp(join(tmpdir(), 'cni-upgrade-demo-'));
const kubeconfig = join(directory, 'kubeconfig');

const cluster = spawn(process.execPath, [join(root, 'test/embedded/main.ts'), '--demo', '--kubeconfig', kubeconfig], {
	stdio: ['pipe', 'pipe', 'inherit'],
});
const stop = async () => {
	if (cluster.exitCode === null) {
		cluster.kill('SIGTERM');
		await once(cluster, 'exit');
	}

	await rm(directory, {recursive: true, force: true});
};

process.once('SIGINT', () => process.exit(130));
try {
	await once(createInterface(cluster.stdout), 'line');
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
	say('Nothing is left behind: the cluster ends with this command.');
} finally {
	await stop();
}

function say(text: string): void {
	process.stdout.write(`\n# ${text}\n`);
}

/** Runs the command line as a person would and holds it to its exit code. */
async function run(expected: number, ...args: readonly string[]): Promise<void> {
	process.stdout.write(`\n$ kubectl cni-upgrade ${args.map(arg => arg.replace(`${directory}/`, '')).join(' ')}\n`);
	const child = spawn(
		process.execPath,
		[join(root, 'cmd/kubectl-cni_upgrade.ts'), ...args.map(arg => arg.replace(`${directory}/`, ''))],
		{
			cwd: directory,
			stdio: 'inherit',
			env: {...process.env, KUBECONFIG: kubeconfig},
		},
	);
	const [code] = (await once(child, 'exit')) as [number | null];
	process.stdout.write(`(exit code ${code})\n`);
	if (code !== expected) {
		process.exitCode = 1;
		process.stdout.write(`expected exit code ${expected}\n`);
	}
}
