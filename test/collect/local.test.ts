import {execFileSync, spawnSync} from 'node:child_process';
import {chmod, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {collectLocal} from '../../lib/collect/local.ts';
import {UserError} from '../../lib/errors.ts';
import type {ConfigFile, NodeFacts, PluginFacts} from '../../lib/facts/node-facts.ts';
import {readSavedFacts, savedFactsText} from '../../lib/facts/saved.ts';
import {isUnknown} from '../../lib/facts/unknown.ts';
import {foreignPlugin, simulatedPlugin} from '../embedded/simulated-plugin.ts';

/** Only Linux runs ELF programs; elsewhere none is asked. */
const onLinux = process.platform === 'linux' ? test : test.skip;

async function tree(t: ExecutionContext, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
	const root = await mkdtemp(join(tmpdir(), 'cni-upgrade-'));
	t.teardown(async () => rm(root, {recursive: true, force: true}));
	for (const [path, content] of Object.entries(files)) {
		await mkdir(dirname(join(root, path)), {recursive: true});
		await writeFile(join(root, path), content, {mode: path.startsWith('bin') ? 0o755 : 0o644});
	}

	return root;
}

async function collect(
	paths: readonly string[],
	options: {readonly binDirs?: readonly string[]; readonly timeout?: number; readonly signal?: AbortSignal} = {},
): Promise<NodeFacts> {
	const [facts] = await collectLocal({
		paths,
		runtime: {name: 'containerd', version: '1.6.20'},
		binDirs: [],
		timeout: 5000,
		collectedAt: '2026-01-01T00:00:00.000Z',
		signal: new AbortController().signal,
		...options,
	});
	return facts as NodeFacts;
}

const bridge = JSON.stringify({cniVersion: '1.0.0', name: 'x', plugins: [{type: 'bridge', ipam: {type: 'host-local'}}]});

async function filesOf(paths: readonly string[]): Promise<Readonly<Record<string, ConfigFile>>> {
	const {configFiles} = await collect(paths);
	return Object.fromEntries(
		(configFiles as readonly ConfigFile[]).map(file => [file.path.slice(file.path.lastIndexOf('/') + 1), file]),
	);
}

async function pluginsOf(
	root: string,
	options: {readonly timeout?: number} = {},
): Promise<Readonly<Record<string, PluginFacts>>> {
	const {plugins} = await collect([join(root, 'conf')], {binDirs: [join(root, 'bin'), join(root, 'bin2')], ...options});
	return Object.fromEntries((plugins as readonly PluginFacts[]).map(plugin => [plugin.type, plugin]));
}

test('a conf dir: every entry, its mode, size and hash, and the JSON of those that a runtime would load', async t => {
	const root = await tree(t, {'10-x.conflist': bridge, 'note.txt': 'x', 'sub/y.conf': '{}'});
	await symlink('10-x.conflist', join(root, '20-y.conf'));
	const files = await filesOf([root]);
	t.deepEqual(Object.keys(files).sort(), ['10-x.conflist', '20-y.conf', 'note.txt', 'sub']);
	const {sha256, content, ...rest} = files['10-x.conflist'] as ConfigFile;
	t.deepEqual(rest, {path: join(root, '10-x.conflist'), entry: 'file', mode: '0644', size: bridge.length});
	t.regex(JSON.stringify(sha256), /^"[0-9a-f]{64}"$/);
	t.deepEqual(content, {json: JSON.parse(bridge)});
	t.is(files['20-y.conf']?.entry, 'symlink');
	t.is(files['note.txt']?.content, undefined);
	t.is(files['sub']?.entry, 'directory');
});

test('the facts have the shape of a node, named local, with the settings that the named runtime has by default', async t => {
	const root = await tree(t, {'10-x.conflist': bridge});
	const facts = await collect([join(root, '10-x.conflist')]);
	t.is(facts.node.name, 'local');
	t.is(facts.via, 'file');
	t.like(facts.runtime, {name: 'containerd', version: '1.6.20', confDirs: [root], maxConfNum: 1, confTemplate: ''});
	t.true(isUnknown(facts.plugins));
	const saved = JSON.parse([...savedFactsText([facts])].join(''));
	t.deepEqual(readSavedFacts(saved), {facts: [facts]});
});

const invalid = test.macro(async (t, content: string | Buffer, expected: RegExp) => {
	const root = await tree(t, {'10-x.conflist': content});
	const {content: read} = (await filesOf([root]))['10-x.conflist'] as ConfigFile;
	t.regex(JSON.stringify(read), expected);
});

test('an empty file', invalid, '', /^{"invalid":/);
test('half a file', invalid, '{"cniVersion": "1.', /^{"invalid":/);
test('a byte order mark', invalid, '\ufeff{}', /^{"invalid":/);
test('UTF-16', invalid, Buffer.from('{}', 'utf16le'), /^{"invalid":/);
test('trailing garbage', invalid, '{} x', /^{"invalid":/);
test('NaN', invalid, '{"a": NaN}', /^{"invalid":/);
test('100,000 levels', invalid, `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /^{"invalid":"nested deeper/);
test('a file of 300 KiB', invalid, `"${'x'.repeat(300_000)}"`, /^{"unknown":".* larger than 262144 bytes"}/);
test(
	'__proto__ is a key like any other',
	invalid,
	'{"__proto__": {"polluted": true}}',
	/^{"json":{"__proto__":{"polluted":true}}}$/,
);

test('a FIFO neither waits nor is read', async t => {
	const root = await tree(t, {});
	execFileSync('mkfifo', [join(root, '10-x.conflist')]);
	const file = (await filesOf([root]))['10-x.conflist'];
	t.is(file?.entry, 'other');
	t.is(file?.content, undefined);
});

const refuses = test.macro(async (t, path: (root: string) => string, expected: RegExp) => {
	const root = await tree(t, {'10-x.conflist': bridge});
	const error = await t.throwsAsync(collect([path(root)]), {instanceOf: UserError});
	t.regex(error?.message ?? '', expected);
});

test(
	'a path that is not there',
	refuses,
	root => join(root, 'nope'),
	/nope could not be read: there is no such file or directory/,
);
test('a path through a file', refuses, root => join(root, '10-x.conflist', 'y'), /could not be read: it is no directory/);

test('a directory with far too many entries is no conf dir', async t => {
	const root = await tree(t, Object.fromEntries(Array.from({length: 257}, (_, index) => [`${index}`, ''])));
	await t.throwsAsync(collect([root]), {message: /holds 257 entries, which no CNI conf dir does/});
});

test('a bin dir that is not there', async t => {
	const root = await tree(t, {'10-x.conflist': bridge});
	await t.throwsAsync(collect([root], {binDirs: [join(root, 'bin')]}), {message: /bin could not be read: there is no such/});
});

onLinux('plugins are looked up as libcni does and asked; scripts and strangers are not run', async t => {
	const config = {
		cniVersion: '1.0.0',
		name: 'x',
		plugins: ['bridge', 'script', 'foreign', 'data', 'plain', 'gone', 'dir', '../bin/bridge'].map(type => ({type})),
	};
	const canary = `#!/bin/sh\ntouch "$0.was-run"\n`;
	const root = await tree(t, {
		'conf/10-x.conflist': JSON.stringify(config),
		'bin/bridge': simulatedPlugin({version: ['0.4.0', '1.0.0']}),
		'bin2/bridge': simulatedPlugin({version: ['0.1.0']}),
		'bin/script': canary,
		'bin/foreign': foreignPlugin(),
		'bin/data': 'echo "not a program" > data.was-run\n',
		'bin/plain': simulatedPlugin({version: ['1.0.0']}),
		'bin/dir/x': '',
		'bin2/loopback': simulatedPlugin({version: ['1.1.0']}),
	});
	await chmod(join(root, 'bin/plain'), 0o644);
	const plugins = await pluginsOf(root);
	t.like(plugins['bridge'], {
		path: join(root, 'bin/bridge'),
		kind: 'elf',
		executable: true,
		supportedVersions: ['0.4.0', '1.0.0'],
	});
	t.like(plugins['loopback'], {path: join(root, 'bin2/loopback'), supportedVersions: ['1.1.0']});
	t.like(plugins['script'], {kind: 'script', executable: true});
	t.regex(JSON.stringify(plugins['script']?.supportedVersions), /scripts are never run/);
	t.like(plugins['foreign'], {kind: 'foreign-elf'});
	t.like(plugins['data'], {kind: 'other'});
	t.like(plugins['plain'], {kind: 'elf', executable: false});
	t.regex(JSON.stringify(plugins['plain']?.supportedVersions), /it is not executable/);
	t.is(plugins['gone']?.path, null);
	t.is(plugins['dir']?.path, null);
	t.is(plugins['../bin/bridge']?.path, null);
	// A user who is not root may not look into every directory of /, which find calls a failure.
	const {stdout} = spawnSync('find', [root, '/', '-xdev', '-maxdepth', '2', '-name', '*.was-run'], {encoding: 'utf8'});
	t.is(stdout, '');
});

onLinux('a plugin that hangs costs its time and no more; one that answers nonsense is unknown', async t => {
	const config = {cniVersion: '1.0.0', name: 'x', plugins: [{type: 'hangs'}, {type: 'nonsense'}, {type: 'refuses'}]};
	const root = await tree(t, {
		'conf/10-x.conflist': JSON.stringify(config),
		'bin/hangs': simulatedPlugin({version: ['1.0.0'], hangs: true}),
		'bin/nonsense': simulatedPlugin({version: 'usage: nonsense\n'}),
		'bin/refuses': simulatedPlugin({version: '{"cniVersion": "1.0.0", "code": 4, "msg": "no"}', versionExit: 1}),
		'bin2/x': '',
	});
	const plugins = await pluginsOf(root, {timeout: 300});
	t.regex(JSON.stringify(plugins['hangs']?.supportedVersions), /gave no answer to VERSION within 0\.3 s/);
	t.regex(JSON.stringify(plugins['nonsense']?.supportedVersions), /answered something else than JSON/);
	t.true(isUnknown(plugins['refuses']?.supportedVersions));
	t.true(isUnknown(plugins['loopback']?.supportedVersions));
});

onLinux('an abort ends a plugin that hangs', async t => {
	const root = await tree(t, {
		'conf/10-x.conf': JSON.stringify({cniVersion: '1.0.0', name: 'x', type: 'hangs'}),
		'bin/hangs': simulatedPlugin({hangs: true}),
	});
	const controller = new AbortController();
	const collecting = collect([join(root, 'conf')], {binDirs: [join(root, 'bin')], signal: controller.signal});
	setTimeout(() => controller.abort(new Error('enough')), 50);
	await t.throwsAsync(collecting, {message: 'enough'});
});

test('saved facts come back as they were, beside files of this machine', async t => {
	const root = await tree(t, {'10-x.conflist': bridge});
	const local = await collect([root]);
	const saved = ['a', 'b'].map(name => ({...local, node: {...local.node, name}, via: 'pod' as const}));
	await writeFile(`${root}.json`, [...savedFactsText(saved)].join(''));
	t.teardown(async () => rm(`${root}.json`));
	const facts = await collectLocal({
		paths: [`${root}.json`, root],
		runtime: undefined,
		binDirs: [],
		timeout: 1,
		collectedAt: '',
		signal: new AbortController().signal,
	});
	t.deepEqual(
		facts.map(({node}) => node.name),
		['a', 'b', 'local'],
	);
	t.deepEqual(facts.slice(0, 2), saved);
});

const unsound = test.macro(async (t, change: (facts: NodeFacts) => unknown, expected: RegExp) => {
	const root = await tree(t, {'10-x.conflist': bridge});
	const facts = await collect([root]);
	const path = join(root, 'facts.json');
	await writeFile(path, JSON.stringify(change(facts)));
	const error = await t.throwsAsync(collect([path]), {instanceOf: UserError});
	t.regex(error?.message ?? '', expected);
	t.regex(error?.remedy ?? '', /preflight --save/);
});

const list = (items: readonly unknown[], apiVersion = 'cni-upgrade/v1') => ({apiVersion, kind: 'NodeFactsList', items});

test(
	'facts of another release',
	unsound,
	facts => list([facts], 'cni-upgrade/v9'),
	/apiVersion is "cni-upgrade\/v9"; this release reads "cni-upgrade\/v1"/,
);
test('no items', unsound, () => ({apiVersion: 'cni-upgrade/v1', kind: 'NodeFactsList'}), /does not hold sound facts: items: /);
test('a name that is no text', unsound, facts => list([{...facts, node: {...facts.node, name: 7}}]), /items\.0\.node\.name: /);
test('plugins that are none', unsound, facts => list([{...facts, plugins: [{type: 'x'}]}]), /items\.0\.plugins/);
test(
	'config JSON nested without end',
	unsound,
	facts =>
		list([
			{
				...facts,
				configFiles: [
					{
						path: '/x.conf',
						entry: 'file',
						mode: '0644',
						size: 1,
						sha256: 'x',
						content: {json: JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)},
					},
				],
			},
		]),
	/items\.0\.configFiles/,
);

test('fields that this release does not know are left out', t => {
	const result = readSavedFacts({apiVersion: 'cni-upgrade/v1', kind: 'NodeFactsList', items: [], later: true});
	t.deepEqual(result, {facts: []});
});
