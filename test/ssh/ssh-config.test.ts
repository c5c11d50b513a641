import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {hostname, tmpdir, userInfo} from 'node:os';
import {dirname, join} from 'node:path';
import test from 'ava';
import {UserError} from '../../lib/errors.ts';
import {diskReaders} from '../../lib/ssh/config-disk.ts';
import {readSshConfig, type SshConfigSources} from '../../lib/ssh/ssh-config.ts';
import {type Case, cases} from './cases.ts';
import {askSsh, readAnswer, sshVersion, tell} from './ssh-g.ts';

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
			paths.filter(path => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '(?!\\.)[^/]*')}$`).test(path)),
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
