import {execFileSync, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {supportedVersions} from './machine/chain.ts';
import {brokenReleases, pluginRelease, releaseTypes, writeRelease} from './plugin-release.ts';

function directoryOf(t: {teardown: (act: () => void) => void}): string {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-release-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	return directory;
}

test('a release is an archive as the real ones, with its checksum beside it', t => {
	const directory = directoryOf(t);
	const path = writeRelease(directory, pluginRelease({version: '1.6.2', architecture: 'amd64'}));
	t.true(path.endsWith('/cni-plugins-linux-amd64-v1.6.2.tgz'));
	const names = execFileSync('tar', ['-tzf', path], {encoding: 'utf8'}).trim().split('\n');
	t.deepEqual(names, ['./', ...releaseTypes.map(type => `./${type}`), './LICENSE', './README.md']);
	const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
	t.is(readFileSync(`${path}.sha256`, 'utf8'), `${hash}  cni-plugins-linux-amd64-v1.6.2.tgz\n`);
});

test('its plugins answer, however long they are made', t => {
	const directory = directoryOf(t);
	const path = writeRelease(directory, pluginRelease({version: '1.6.2', padding: 100_000}));
	execFileSync('tar', ['-xzf', path, '-C', directory, './bridge']);
	const plugin = join(directory, 'bridge');
	t.true(readFileSync(plugin).length > 100_000);
	t.is(supportedVersions(plugin)?.at(-1), '1.1.0');
	if (process.platform === 'linux') {
		t.regex(spawnSync(plugin, {env: {CNI_COMMAND: 'VERSION'}, encoding: 'utf8'}).stdout, /"1.1.0"/);
	}
});

test('broken ones are what they say', t => {
	const directory = directoryOf(t);
	for (const {why, release} of brokenReleases) {
		const path = writeRelease(directory, release());
		const {status, stdout} = spawnSync('tar', ['-tvzf', path], {encoding: 'utf8'});
		const isArchive = !['no archive', 'nothing', 'half of it', 'compressed, but no archive'].includes(why);
		t.is(status === 0, isArchive, `${why}: ${stdout}`);
	}
});
