import {chmod, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {hostname, tmpdir, userInfo} from 'node:os';
import {dirname, join} from 'node:path';
import test from 'ava';
import {UserError} from '../../lib/errors.ts';
import {diskReaders} from '../../lib/ssh/config/disk.ts';
import {readSshConfig, type SshConfigSources} from '../../lib/ssh/config/ssh-config.ts';
import {type Case, cases} from './cases.ts';
import {askSsh, logOfSsh, readAnswer, sshVersion, tell} from './ssh-g.ts';

const env = {SSH_CASE: '/from/env'};

/** A person `ops`, with files in memory; DIR is /dir. */
function memory(files: Readonly<Record<string, string>>, more: Partial<SshConfigSources> = {}): SshConfigSources {
	const paths = Object.keys(files).sort();
	return {
		home: '/home/ops',
		user: 'ops',
		localHostname: 'desk.example',
		uid: 1000,
		env,
		readFile: async path => files[path],
		glob: async pattern =>
			paths.filter(path =>
				new RegExp(
					`^${pattern.replaceAll('.', '\\.').replaceAll('[!', '[^').replaceAll('?', '.').replaceAll('*', '(?!\\.)[^/]*')}$`,
				).test(path),
			),
		...more,
	};
}

const inMemory = ({config, files = {}}: Case) => {
	const all = Object.entries({main: config, ...files}).map(([name, text]) => [`/dir/${name}`, text.replaceAll('DIR', '/dir')]);
	return memory(Object.fromEntries(all) as Record<string, string>, {configFile: '/dir/main'});
};

for (const row of cases) {
	test(row.title, async t => {
		const ask = async () => (await readSshConfig(inMemory(row))).resolve(row.host, row.overrides);
		if (row.expect instanceof RegExp) {
			await t.throwsAsync(ask, {instanceOf: UserError, message: row.expect});
			return;
		}

		const settings = await ask();
		const asked = Object.fromEntries(Object.keys(row.expect).map(key => [key, settings[key as keyof typeof settings]]));
		t.deepEqual(asked, row.expect);
	});
}

test("the user's file comes first, then the system's; each ends its own blocks", async t => {
	const ssh = await readSshConfig(
		memory({
			'/home/ops/.ssh/config': 'Include more\nHost a\n User mine\n',
			'/home/ops/.ssh/more': 'IdentityFile ~/.ssh/more\n',
			'/etc/ssh/ssh_config': 'User all\nPort 2200\nInclude conf.d/*\n',
			'/etc/ssh/conf.d/1': 'HashKnownHosts yes\n',
		}),
	);
	const {user, port, identityFiles, hashKnownHosts} = ssh.resolve('a');
	t.deepEqual(
		{user, port, identityFiles, hashKnownHosts},
		{user: 'mine', port: 2200, identityFiles: ['/home/ops/.ssh/more'], hashKnownHosts: true},
	);
	t.is(ssh.resolve('b').user, 'all');
});

test('where there is no file at all, the defaults hold', async t => {
	t.is((await readSshConfig(memory({}))).resolve('a').user, 'ops');
	t.is((await readSshConfig(memory({}, {configFile: 'none'}))).resolve('a').user, 'ops');
});

const isRefused = test.macro(
	async (t, files: Readonly<Record<string, string>>, configFile: string | undefined, message: string) => {
		await t.throwsAsync(readSshConfig(memory(files, {configFile})), {instanceOf: UserError, message});
	},
);

test('a named file has to be there', isRefused, {}, '/f', 'file//f does not exist');
test(
	'the system file includes nothing from a home',
	isRefused,
	{'/etc/ssh/ssh_config': '\nInclude ~/x\n'},
	undefined,
	'file//etc/ssh/ssh_config line 2: Include "~/x" is no path for this file',
);
test(
	'an unknown option is refused before any host is asked for',
	isRefused,
	{'/f': 'Foo bar\n'},
	'/f',
	'file//f line 1: OpenSSH knows no option "foo", and no IgnoreUnknown names it',
);

test('a file that cannot be read is an error for people', async t => {
	const readFile = async () => Promise.reject(new Error('EACCES'));
	await t.throwsAsync(readSshConfig(memory({}, {readFile})), {
		instanceOf: UserError,
		message: 'file//home/ops/.ssh/config cannot be read: EACCES',
	});
});

test('Match exec is never run; its block does not apply, and is noted', async t => {
	const config =
		'Match exec "touch /dir/ran"\n User x\nMatch !exec false\n User y\nMatch host a\n Port 7\nCanonicalizeHostname yes\n';
	const ssh = await readSshConfig(memory({'/f': config}, {configFile: '/f'}));
	const {user, port} = ssh.resolve('a');
	t.deepEqual({user, port}, {user: 'ops', port: 7});
	t.deepEqual(ssh.notes, [
		'file//f line 1: Match exec is never judged; the block is passed over',
		'file//f line 3: Match exec is never judged; the block is passed over',
		'file//f line 7: canonicalizehostname is not followed',
	]);
});

test('files that others can write are refused, but for the named one', async t => {
	const files = {'/home/ops/.ssh/config': 'Include x\n', '/home/ops/.ssh/x': '', '/etc/ssh/ssh_config': '', '/f': ''};
	const read = async (bad: string, configFile?: string) =>
		readSshConfig(memory(files, {configFile, isTrusted: async path => path !== bad}));
	const refused = {instanceOf: UserError, message: /may be written by others/};
	await t.throwsAsync(read('/home/ops/.ssh/config'), refused);
	await t.throwsAsync(read('/home/ops/.ssh/x'), refused);
	await t.notThrowsAsync(read('/etc/ssh/ssh_config'));
	await t.notThrowsAsync(read('/f', '/f'));
});

test('the disk knows who may write a file', async t => {
	const directory = await mkdtemp(join(tmpdir(), 'ssh-config-'));
	const file = join(directory, 'config');
	try {
		await writeFile(file, '');
		await chmod(file, 0o600);
		t.true(await diskReaders.isTrusted?.(file));
		await chmod(file, 0o620);
		t.false(await diskReaders.isTrusted?.(file));
	} finally {
		await rm(directory, {recursive: true});
	}
});

test('what is not on the disk is no file', async t => {
	t.is(await diskReaders.readFile(join(import.meta.dirname, 'none')), undefined);
	t.is(await diskReaders.readFile(join(import.meta.filename, 'none')), undefined);
	t.deepEqual(await diskReaders.glob('/none/*'), []);
	t.deepEqual(await diskReaders.glob(join(import.meta.dirname, 'ssh-g.t[]s')), []);
	t.deepEqual(await diskReaders.glob(join(import.meta.dirname, 'ssh-[f-h].?s')), [join(import.meta.dirname, 'ssh-g.ts')]);
	await t.throwsAsync(diskReaders.readFile(import.meta.dirname));
});

test('Include with a token is noted', async t => {
	const {notes} = await readSshConfig(memory({'/f': 'Include /x/%h\n'}, {configFile: '/f'}));
	t.deepEqual(notes, ['file//f line 1: Include "/x/%h": tokens and variables are not replaced, as in OpenSSH before 9.9']);
});

test('identity files of overrides come first', async t => {
	const ssh = await readSshConfig(memory({'/f': 'IdentityFile /b\nIdentityFile /a\n'}, {configFile: '/f'}));
	const {identityFiles, identitiesNamed} = ssh.resolve('a', {identityFiles: ['/a']});
	t.deepEqual({identityFiles, identitiesNamed}, {identityFiles: ['/a', '/b'], identitiesNamed: true});
});

const refusesName = test.macro(async (t, alias: string) => {
	const ssh = await readSshConfig(memory({}));
	t.throws(() => ssh.resolve(alias), {instanceOf: UserError, message: /is not a name that OpenSSH takes$/});
});

for (const alias of ['', '-oProxyCommand=x', 'a b', 'a;b', 'a\nb', '$(x)', '\u0085']) {
	test(`a name of ${JSON.stringify(alias)} is refused`, refusesName, alias);
}

test('a jump host with white space is refused', async t => {
	await t.throwsAsync(readSshConfig(memory({'/f': 'ProxyJump a b\n'}, {configFile: '/f'})), {
		message: /^file\/\/f line 1: "a b" is no ProxyJump/,
	});
});

test('$NAME names an agent as OpenSSH once wrote it', async t => {
	const ask = async (agent: string) =>
		(await readSshConfig(memory({'/f': `IdentityAgent ${agent}\n`}, {configFile: '/f'}))).resolve('a').identityAgent;
	t.is(await ask('$SSH_CASE'), '/from/env');
	t.is(await ask('$SSH_NO_SUCH'), 'none');
});

async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
	try {
		return await ask();
	} catch (error) {
		if (error instanceof UserError) {
			return undefined;
		}

		throw error;
	}
}

const version = sshVersion();
const compare = version === undefined ? test.skip : test;

compare(version === undefined ? 'as ssh -G (skipped: there is no ssh here)' : 'each row is as `ssh -G` has it', async t => {
	const {username: user, homedir: home, uid} = userInfo();
	for (const {title, config, files = {}, host, overrides = {}} of cases.filter(({since = 0}) => since <= (version ?? 0))) {
		const directory = await mkdtemp(join(tmpdir(), 'ssh-config-'));
		try {
			for (const [name, text] of Object.entries({main: config, ...files})) {
				await mkdir(dirname(join(directory, name)), {recursive: true});
				await writeFile(join(directory, name), text.replaceAll('DIR', directory), {mode: 0o600});
			}

			const main = join(directory, 'main');
			const {user: login, port} = overrides;
			const flags = [...(login === undefined ? [] : ['-l', login]), ...(port === undefined ? [] : ['-p', String(port)])];
			const answer = await askSsh(['-F', main, ...flags, host], env);
			const sources = {home, user, uid, env, localHostname: hostname(), configFile: main, ...diskReaders};
			const settings = await unlessRefused(async () => tell((await readSshConfig(sources)).resolve(host, overrides)));
			t.deepEqual(settings, answer === undefined ? undefined : readAnswer(answer, home, host), title);
		} finally {
			await rm(directory, {recursive: true});
		}
	}
});

compare(
	version === undefined ? 'tokens (skipped: there is no ssh here)' : 'identity files are expanded as ssh does when it connects',
	async t => {
		const {username: user, homedir: home, uid} = userInfo();
		const directory = await mkdtemp(join(tmpdir(), 'ssh-config-'));
		const main = join(directory, 'main');
		try {
			const names = ['~/%n-%h-%p-%r', '~//%d/%u-%i', '/k/%l-%L', '/k/%C', '/k/%k-%%', `/k/\${SSH_CASE}`, 'none'];
			const files = names.map(name => `IdentityFile ${name}\n`).join('');
			await writeFile(main, `HostName Real\nHostKeyAlias KEY\nPort 7\nUser u\n${files}`);
			const stderr = await logOfSsh(['-F', main, '-o', 'ProxyCommand=false', 'alias'], env);
			const asked = [...stderr.matchAll(/identity file (.*) type -?\d/g)]
				.map(match => match[1] ?? '')
				.filter(file => !file.endsWith('-cert'));
			const ssh = await readSshConfig({home, user, uid, env, localHostname: hostname(), configFile: main, ...diskReaders});
			t.is(asked.length, 6);
			t.deepEqual(ssh.resolve('alias').identityFiles, asked);
		} finally {
			await rm(directory, {recursive: true});
		}
	},
);
