import test from 'ava';
import {type Case, cases} from './known-hosts-cases.ts';
import {type OpenSsh, startOpenSsh} from './open-ssh.ts';

const started = await startOpenSsh();
const live = 'missing' in started ? undefined : started;
const runs = live === undefined ? test.skip : test;
/** Why it is skipped is part of each title. */
const where = 'missing' in started ? `OpenSSH, skipped for want of ${started.missing}` : 'OpenSSH';

const decides = test.macro(async (t, {name = 'node-1.example', port = 22, files, asks, openssh}: Case) => {
	const {ask, keys} = live as OpenSsh;
	const question = {name, port, files: files(keys), ...(asks === undefined ? {algorithm: 'ssh-ed25519'} : {})};
	t.is(await ask(question), openssh);
});

for (const asked of cases) {
	runs(`${where}: ${asked.title}`, decides, asked);
}

runs(`${where}: to the address and port where sshd is`, async t => {
	const {ask, keys, port} = live as OpenSsh;
	const asks = async (text: string) => ask({name: '127.0.0.1', port, files: [text], algorithm: 'ssh-ed25519', isDirect: true});
	t.is(await asks(`[127.0.0.1]:${port} ${keys.ed25519}\n`), 'known');
	t.is(await asks(`127.0.0.* ${keys.ed25519}\n`), 'known');
	t.is(await asks(`[127.0.0.1]:${port} ${keys.other}\n127.0.0.1 ${keys.ed25519}\n`), 'changed 0:1');
});

test.after.always(async () => live?.stop());
