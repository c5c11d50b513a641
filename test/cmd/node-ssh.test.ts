import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {healthyMachine, oldConfigOnCrio} from '../embedded/machine/upgradable.ts';
import {newSshKey} from '../embedded/ssh-key.ts';
import {startSshServer} from '../embedded/ssh-server.ts';
import {eventsOf, startGround} from './upgrade-ground.ts';

test('by SSH, on CRI-O: no pod is made but those of the proof, and it is told as JSON', async t => {
	const ground = await startGround(t, {nodes: [oldConfigOnCrio('worker-1', 21), healthyMachine()]});
	const {cluster, directory, machine, run, release, state} = ground;
	const key = newSshKey();
	const sshd = await startSshServer({
		tree: cluster.tree('worker-1'),
		authorizedKey: key.public,
		noise: {before: 'Welcome!\r\n#cni-upgrade BEGIN nonsense\n', after: '\nlogout\n'},
	});
	t.teardown(async () => sshd.stop());
	const home = join(directory, 'home');
	mkdirSync(join(home, '.ssh'), {recursive: true, mode: 0o700});
	writeFileSync(join(home, '.ssh/id_ed25519'), key.private, {mode: 0o600});
	writeFileSync(join(home, '.ssh/config'), `Host worker-1\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User root\n`);
	writeFileSync(join(home, '.ssh/known_hosts'), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);

	const before = state();
	const made: string[] = [];
	t.teardown(
		cluster.store.subscribe('pods', ({object: {metadata}}) => {
			if (metadata.name.startsWith('cni-upgrade-')) {
				made.push(metadata.name.replace(/[a-z0-9]{10}.*/, ''));
			}
		}),
	);
	const argv = ['worker-1', '--via', 'ssh', '--yes', '--log-format', 'json'];
	const {code, stdout, stderr} = await run(
		['node', ...argv, '--plugins', release, '--cni-version', '1.0.0', '--ignore-daemonsets'],
		{env: {HOME: home}},
	);
	t.is(code, 0, `${stdout}${stderr}`);
	const lines = stderr.trim().split('\n');
	const events = lines
		.filter(line => line.startsWith('{'))
		.map(line => JSON.parse(line) as {type: string; step?: string; state?: string});
	t.true(events.some(({step, state}) => step === 'start-kubelet' && state === 'done'));
	t.deepEqual(
		lines.filter(line => !line.startsWith('{')),
		[],
	);
	t.deepEqual(
		[...new Set(made)].filter(name => !/^cni-upgrade-(canary|looker)-/.test(name)),
		[],
	);
	t.is(machine.fingerprint().filter(line => !before.machine.includes(line)).length > 0, true);
	t.deepEqual({...state(), machine: []}, {...before, machine: []});
	t.deepEqual(eventsOf(cluster), ['CNIUpgradeStarted', 'CNIUpgradeSucceeded']);

	const back = await run(['rollback', ...argv, '--ignore-daemonsets'], {env: {HOME: home}});
	t.is(back.code, 0, `${back.stdout}${back.stderr}`);
	t.deepEqual(state(), before);
});
