import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {hostname, tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import * as fc from 'fast-check';
import {UserError} from '../../lib/errors.ts';
import {readSshConfig, type SshConfigSources} from '../../lib/ssh/config/ssh-config.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {anyText, randomConfig} from './random-config.ts';
import {askSsh, readAnswer, sshVersion, tell} from './ssh-g.ts';

const {numRuns} = fuzzRuns(1000);
const version = sshVersion();
const {username: user, homedir: home, uid} = userInfo();

const sourcesOf = (config: string): SshConfigSources => ({
	home,
	user,
	uid,
	localHostname: hostname(),
	configFile: '/config',
	readFile: async () => config,
	glob: async () => [],
});

async function told(config: string, host: string) {
	try {
		return tell((await readSshConfig(sourcesOf(config))).resolve(host));
	} catch (error) {
		if (error instanceof UserError) {
			return undefined;
		}

		throw error;
	}
}

test('any text is read, or refused with an error for people', async t => {
	await fc.assert(
		fc.asyncProperty(anyText, fc.string(), async (config, host) => {
			await told(config, host);
		}),
		{numRuns},
	);
	t.pass();
});

test('many stars and digits take no time', async t => {
	const stars = `Host ${'*a'.repeat(2000)}b\nMatch host ${'*a'.repeat(2000)}b\nConnectTimeout ${'1'.repeat(50_000)}x\n`;
	t.is(await told(stars, 'a'.repeat(4000)), undefined);
	t.truthy(await told(`User x${' '.repeat(200_000)}\n${'\t'.repeat(200_000)}Port${' '.repeat(200_000)}5\n`, 'a'));
});

const compare = version === undefined ? test.skip : test;

compare(
	version === undefined ? 'as ssh -G (skipped: there is no ssh here)' : 'random files are as `ssh -G` has them',
	async t => {
		t.timeout(60 * 60 * 1000);
		const directory = await mkdtemp(join(tmpdir(), 'ssh-config-fuzz-'));
		const file = join(directory, 'config');
		try {
			await fc.assert(
				fc.asyncProperty(randomConfig, async ({config, host}) => {
					// Releases differ in what they make of more than one word, and of a quote in Match with more right behind it.
					fc.pre(!/proxyjump"?[\s=]+[^\s#]+[ \t]+[^\s#]|match.*"#/i.test(config));
					await writeFile(file, config);
					const answer = await askSsh(['-F', file, host], {});
					t.deepEqual(
						await told(config, host),
						answer === undefined ? undefined : readAnswer(answer, home, host),
						JSON.stringify({config, host}),
					);
				}),
				{numRuns: Math.ceil(numRuns / 10)},
			);
		} finally {
			await rm(directory, {recursive: true});
		}
	},
);
