import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {newSshKey} from '../embedded/ssh-key.ts';
import {startSshServer} from '../embedded/ssh-server.ts';
import {startGround} from './upgrade-ground.ts';

test('by SSH, through a jump host, a node is asked for its facts and then for what a plan needs besides', async t => {
	const ground = await startGround(t);
	const {machine, directory, upgrade, state} = ground;
	const before = state();
	const key = newSshKey();
	const [sshd, jump] = [
		await startSshServer({tree: machine.tree, authorizedKey: key.public}),
		await startSshServer({authorizedKey: key.public, forwards: true}),
	];
	t.teardown(async () => Promise.all([sshd.stop(), jump.stop()]));
	const home = join(directory, 'home/.ssh');
	mkdirSync(home, {recursive: true, mode: 0o700});
	writeFileSync(join(home, 'id_ed25519'), key.private, {mode: 0o600});
	writeFileSync(
		join(home, 'config'),
		`Host worker-1\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User root\n  ProxyJump jump\nHost jump\n  HostName 127.0.0.1\n  Port ${jump.port}\n  User root\n`,
	);
	writeFileSync(join(home, 'known_hosts'), [sshd, jump].map(({port, hostKey}) => `[127.0.0.1]:${port} ${hostKey}\n`).join(''));
	const {code, stdout, stderr} = await upgrade(['--via', 'ssh', '--dry-run', 'client'], {env: {HOME: join(directory, 'home')}});
	t.is(code, 0, stderr);
	t.regex(stdout, /replace the plugins/);
	t.deepEqual(state(), before);
	t.true(sshd.seen.commands.length > 2);
	t.is(jump.seen.logins.length, 1, 'the way through the jump host is open all the while');
});
