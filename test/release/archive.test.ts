import {createHash} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import * as fc from 'fast-check';
import {UserError} from '../../lib/errors.ts';
import {readArchive} from '../../lib/release/archive.ts';
import {packTar} from '../../lib/release/tar.ts';
import {upTo100} from '../check/healthy-facts.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {archive, file, program, releaseArchive, root} from './make-archive.ts';

const name = 'cni-plugins-linux-amd64-v1.4.1.tgz';

test('an archive as it is released tells its plugins, their hashes and what they support', async t => {
	const bytes = await releaseArchive('v1.4.1', ['bridge', 'host-local', 'bandwidth', 'own-thing']);
	const read = await readArchive(name, bytes, 'amd64');
	t.is(read.release, 'v1.4.1');
	t.is(read.sha256, createHash('sha256').update(bytes).digest('hex'));
	t.deepEqual(
		read.members.map(({name: type, path}) => [type, path]),
		['bandwidth', 'bridge', 'host-local', 'own-thing'].map(type => [type, `./${type}`]),
	);
	const bridge = program({release: 'v1.4.1', text: 'bridge'});
	t.like(read.members[1], {size: bridge.length, sha256: createHash('sha256').update(bridge).digest('hex')});
	t.deepEqual(read.supportedVersions, {
		bandwidth: ['0.3.0', '0.3.1', '0.4.0', '1.0.0'],
		bridge: upTo100,
		'host-local': upTo100,
		'own-thing': undefined,
	});
});

test('the release is what the programs say, whatever the archive is called', async t => {
	const bytes = await releaseArchive('v1.6.2', ['bridge']);
	t.is((await readArchive(name, bytes, 'amd64')).release, 'v1.6.2');
	const module = 'mod\tgithub.com/containernetworking/plugins\tv1.9.1\th1:x\n';
	t.is((await readArchive('x.tgz', await archive(file('bridge', program({text: module}))), 'amd64')).release, 'v1.9.1');
});

test('programs that say nothing leave it to the name, and that to nobody', async t => {
	const bytes = await archive(file('bridge', program({release: 'v1.6.2-dirty+x'})));
	t.is((await readArchive(name, bytes, 'amd64')).release, 'v1.4.1');
	t.is((await readArchive('cni-plugins-amd64-v0.7.1.tgz', bytes, 'amd64')).release, 'v0.7.1');
	const unknown = await readArchive('plugins.tgz', bytes, 'amd64');
	t.is(unknown.release, undefined);
	t.deepEqual(unknown.supportedVersions, {bridge: undefined});
});

for (const [arch, header] of Object.entries({
	amd64: {machine: 62},
	arm64: {machine: 183},
	arm: {machine: 40, bits: 1},
	s390x: {machine: 22, order: 2},
	riscv64: {machine: 243, type: 3},
})) {
	test(`a program for ${arch} is for nodes of ${arch} alone`, async t => {
		const bytes = await archive(file('bridge', program(header)));
		t.is((await readArchive(name, bytes, arch)).arch, arch);
		const other = arch === 'arm64' ? 'amd64' : 'arm64';
		await t.throwsAsync(readArchive(name, bytes, other), {
			instanceOf: UserError,
			message: `archive/${name}: bridge is built for linux/${arch}; expected a program for linux/${other}, as the node is`,
		});
	});
}

const bridge = file('./bridge');
const link = (type: 'link' | 'symlink') => file('./portmap', '', {type, linkname: '/etc/shadow', size: 0});

const bad: Readonly<Record<string, readonly [seen: RegExp, make: () => Promise<Uint8Array>]>> = {
	'an empty file': [/it is not gzip/, async () => Buffer.alloc(0)],
	'no gzip': [/it is not gzip; expected a \.tgz/, async () => Buffer.from('<html>404</html>')],
	'gzip that is cut short': [/it is cut short/, async () => (await archive(root, bridge)).subarray(0, -12)],
	'gzip with a damaged byte': [
		/its compressed data are damaged/,
		async () => {
			const bytes = await archive(root, bridge);
			bytes.writeUInt8(bytes.readUInt8(bytes.length - 6) ^ 0xff, bytes.length - 6);
			return bytes;
		},
	],
	'gzip that holds no tar': [/no whole tar archive/, async () => gzipSync('hello '.repeat(1000))],
	'a tar that is cut short': [
		/no whole tar archive/,
		async () => gzipSync((await packTar([bridge, file('./portmap', Buffer.alloc(4000))])).subarray(0, 2560)),
	],
	'an absolute path': [/entry "\/etc\/cron\.d\/x" has an absolute path/, async () => archive(bridge, file('/etc/cron.d/x'))],
	'a path that leads out': [/entry "\.\.\/sh" leads out of the archive/, async () => archive(bridge, file('../sh'))],
	'a path that leads out by a detour': [/leads out/, async () => archive(bridge, file('./a/../../sh'))],
	'a directory': [
		/entry "\.\/bin\/" is a directory/,
		async () => archive(bridge, {header: {name: './bin/', type: 'directory', size: 0}}),
	],
	'a file in a directory': [/entry "bin\/bridge" is in a directory/, async () => archive(file('bin/bridge'))],
	'a symbolic link': [/is a symbolic link to "\/etc\/shadow"/, async () => archive(bridge, link('symlink'))],
	'a hard link': [/is a hard link to "\/etc\/shadow"/, async () => archive(bridge, link('link'))],
	'a device': [/is a character-device/, async () => archive(bridge, file('./null', '', {type: 'character-device', size: 0}))],
	'a fifo': [/is a fifo/, async () => archive(bridge, file('./pipe', '', {type: 'fifo', size: 0}))],
	'a setuid bit': [/is setuid or setgid \(mode 4755\)/, async () => archive(file('./bridge', program(), {mode: 0o4755}))],
	'a setgid bit': [/is setuid or setgid \(mode 2755\)/, async () => archive(file('./bridge', program(), {mode: 0o2755}))],
	'a plugin twice': [/entry "bridge" is there twice/, async () => archive(bridge, file('bridge'))],
	'a name with a dot': [/has a name that no plugin has/, async () => archive(bridge, file('./.bashrc'))],
	'a name with a newline': [/entry "\.\/a\\nb" has a name/, async () => archive(bridge, file('./a\nb'))],
	'a name with capitals': [/has a name that no plugin has/, async () => archive(file('./BRIDGE'))],
	'a name that an option could be': [/has a name that no plugin has/, async () => archive(file('-rf'))],
	'plugins for Windows': [/win-bridge\.exe is built for Windows/, async () => archive(file('./win-bridge.exe', 'MZ\u0090'))],
	'a name for Windows': [/bridge\.exe is built for Windows/, async () => archive(file('./bridge.exe'))],
	'a script': [/bridge is a script/, async () => archive(file('./bridge', '#!/bin/sh\n'))],
	'a text': [/bridge is no program/, async () => archive(file('./bridge', 'hello'))],
	'an object file': [/bridge is an ELF file that is no program/, async () => archive(file('./bridge', program({type: 1})))],
	'no plugin': [/no plugin is in it/, async () => archive(root, file('./LICENSE', 'x'))],
	'far too many entries': [
		/it has 65 entries/,
		async () => archive(...Array.from({length: 65}, (_, index) => file(`./p${index}`))),
	],
	'plugins of two releases': [
		/bridge is of release v1\.0\.1, and ptp of v1\.6\.2/,
		async () => archive(file('bridge', program({release: 'v1.0.1'})), file('ptp', program({release: 'v1.6.2'}))),
	],
};

for (const [what, [seen, make]] of Object.entries(bad)) {
	test(`refused: ${what}`, async t => {
		const error = await t.throwsAsync(readArchive(name, await make(), 'amd64'), {instanceOf: UserError, message: seen});
		t.true(error.message.startsWith(`archive/${name}: `));
		t.truthy(error.remedy);
	});
}

test('refused: more than it may unpack to', async t => {
	const bytes = await archive(file('./bridge', Buffer.concat([program(), Buffer.alloc(2 * 1024 * 1024)])));
	t.true(bytes.length < 10_000);
	await t.throwsAsync(readArchive(name, bytes, 'amd64', 1024 * 1024), {
		instanceOf: UserError,
		message: `archive/${name}: it unpacks to more than 1 MiB; a release has less`,
	});
	t.is((await readArchive(name, bytes, 'amd64')).members.length, 1);
});

test('an archive with any bytes of it changed is read or refused, and never unpacks to a name of its own', async t => {
	const tar = await packTar([root, file('./bridge', program({release: 'v1.4.1'})), file('./LICENSE', 'x', {mode: 0o644})]);
	const change = fc.tuple(fc.nat(tar.length - 1), fc.nat(255));
	await fc.assert(
		fc.asyncProperty(fc.array(change, {maxLength: 4}), fc.nat(tar.length), async (changes, length) => {
			const bytes = Buffer.from(tar);
			for (const [at, byte] of changes) {
				bytes.writeUInt8(byte, at);
			}

			try {
				const read = await readArchive(name, gzipSync(length % 3 === 0 ? bytes.subarray(0, length) : bytes), 'amd64');
				t.true(read.members.every(member => /^[a-z0-9][a-z0-9-]*$/.test(member.name)));
			} catch (error) {
				t.true(error instanceof UserError, String(error));
			}
		}),
		fuzzRuns(200),
	);
});

test('any bytes are read or refused', async t => {
	await fc.assert(
		fc.asyncProperty(fc.uint8Array({maxLength: 2000}), fc.boolean(), async (bytes, packed) => {
			await t.throwsAsync(readArchive(name, packed ? gzipSync(bytes) : bytes, 'amd64'), {instanceOf: UserError});
		}),
		fuzzRuns(100),
	);
});
