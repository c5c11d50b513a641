import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gunzipSync, gzipSync} from 'node:zlib';
import test from 'ava';
import {packTar, type TarEntry, unpackTar} from 'modern-tar';
import {parse} from 'yaml';
import {archiveName, fillManifest, makeArchive, makeRelease} from '../../krew/archive.ts';
import {buildPlugin} from '../../krew/build.ts';
import {noticesFor} from '../../krew/notices.ts';
import {version} from '../../lib/version.ts';
import {archiveComplaints} from './archive-rules.ts';
import {pathWith} from './built-plugin.ts';
import {manifestComplaints} from './manifest-rules.ts';

const template = readFileSync(new URL('../../krew/cni-upgrade.yaml', import.meta.url), 'utf8');
const root = fileURLToPath(new URL('../../', import.meta.url));
const license = readFileSync(new URL('../../LICENSE', import.meta.url));
const bin = 'kubectl-cni_upgrade';

const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-release-'));
await makeRelease(directory);
const archive = readFileSync(join(directory, archiveName));
test.after.always(() => rmSync(directory, {recursive: true}));

test('the archive holds the executable and its licenses as regular files, and krew takes it', async t => {
	t.deepEqual(await archiveComplaints(archive, bin), []);
	const entries = await unpackTar(gunzipSync(archive), {strict: true});
	const headers = entries.map(({header: {name, type, mode, size}}) => ({name, type, mode, size}));
	t.deepEqual(headers, [
		{name: 'LICENSE', type: 'file', mode: 0o644, size: license.length},
		{name: 'THIRD-PARTY-LICENSES', type: 'file', mode: 0o644, size: headers[1]?.size ?? 0},
		{name: bin, type: 'file', mode: 0o755, size: readFileSync(join(directory, bin)).length},
	]);
	const notices = Buffer.from(entries[1]?.data ?? []).toString();
	for (const name of ['yargs', '@kubernetes/client-node', 'ssh2', 'ora', 'cli-table3', 'yaml']) {
		t.regex(notices, new RegExp(`^${name.replace('/', '\\/')} \\d+\\.`, 'm'), name);
	}
});

test('the archive says nothing of when, where and by whom it was made', async t => {
	const built = Object.keys(await buildPlugin(join(directory, 'again')));
	const notices = Buffer.from(await noticesFor(built, root));
	const again = await makeArchive({executable: readFileSync(join(directory, bin)), license, notices});
	t.true(again.equals(archive));
	// RFC 1952: flags, four bytes of time, then level and system.
	t.deepEqual([...archive.subarray(3, 10)], [0, 0, 0, 0, 0, 2, 255]);
	for (const {header} of await unpackTar(gunzipSync(archive))) {
		t.deepEqual([header.mtime?.getTime(), header.uid, header.gid, header.uname, header.gname], [0, 0, 0, 'root', 'root']);
	}
});

test('what tar takes out of it runs', t => {
	const target = join(directory, 'unpacked');
	mkdirSync(target);
	execFileSync('tar', ['-xzf', join(directory, archiveName), '-C', target]);
	const env = {PATH: pathWith(target)};
	t.is(execFileSync(bin, ['--version'], {env, encoding: 'utf8'}), `kubectl cni-upgrade ${version}\n`);
	t.true(readFileSync(join(target, 'LICENSE')).equals(license));
});

test('the manifest of the release is the template with the checksum of the archive', t => {
	const manifest = readFileSync(join(directory, 'cni-upgrade.yaml'), 'utf8');
	t.deepEqual(manifestComplaints(manifest, 'cni-upgrade.yaml'), []);
	const sha256 = createHash('sha256').update(archive).digest('hex');
	const {spec, ...rest} = parse(template) as {spec: {platforms: object[]}};
	t.deepEqual(parse(manifest), {...rest, spec: {...spec, platforms: spec.platforms.map(platform => ({...platform, sha256}))}});
	t.false(manifest.includes('#'));
});

test('a manifest that was filled already is not filled again', t => {
	const filled = fillManifest(template, archive);
	t.throws(() => fillManifest(filled, archive), {message: /expected one sha256 of zeros/});
});

const file = (name: string, mode = 0o644): TarEntry => ({header: {name, mode, size: 1, type: 'file'}, body: 'x'});
const licensed = file('LICENSE');
const good = [licensed, file(bin, 0o755)];

/** The checker must be able to refuse. */
const refused = test.macro(async (t, entries: readonly TarEntry[], complaint: string) => {
	t.deepEqual(await archiveComplaints(gzipSync(await packTar(entries)), bin), [complaint]);
});
const link: TarEntry = {header: {name: 'x', size: 0, type: 'symlink', linkname: bin}};
test('a symbolic link is refused', refused, [...good, link], 'x is a symlink');
test('a hard link is refused', refused, [...good, {header: {...link.header, type: 'link'}}], 'x is a link');
test('a path that leads up is refused', refused, [...good, file('a/../b')], 'a/../b holds ..');
test('a name with two dots is refused', refused, [...good, file('a..b')], 'a..b holds ..');
test('an absolute path is refused', refused, [...good, file('/etc/x')], '/etc/x is absolute');
test('no license is refused', refused, good.slice(1), 'no LICENSE');
test('no executable is refused', refused, [licensed], `no ${bin}`);
test('an executable without its mode is refused', refused, [licensed, file(bin)], `${bin} has mode 644`);

test('an archive that is not compressed by gzip is refused', async t => {
	t.deepEqual(await archiveComplaints(await packTar(good), bin), ['no gzip']);
});

test('a license in lower case beside a directory is taken', async t => {
	const entries = [file('license.txt'), {header: {name: 'docs/', size: 0, type: 'directory' as const}}, file(bin, 0o755)];
	t.deepEqual(await archiveComplaints(gzipSync(await packTar(entries)), bin), []);
});
