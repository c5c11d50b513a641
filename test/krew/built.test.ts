import {mkdir, readdir, readFile, stat, symlink, writeFile} from 'node:fs/promises';
import {isBuiltin} from 'node:module';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import test from 'ava';
import {commands} from '../../cmd/commands.ts';
import {version} from '../../lib/version.ts';
import {builtPlugin} from './built-plugin.ts';

const root = resolve(import.meta.dirname, '../..');
const {dir, file, run, remove} = await builtPlugin();
const code = await readFile(file, 'utf8');

/** A config list that no runtime of its time takes: 1.0.1 was never a spec version. */
const conflist = '{"cniVersion": "1.0.1", "name": "net", "plugins": [{"type": "bridge", "ipam": {"type": "host-local"}}]}\n';

test.after.always(remove);

// One after the other: each is a process or two.

test.serial('it is one file that anyone may run', async t => {
	t.deepEqual(await readdir(dir), ['kubectl-cni_upgrade']);
	t.is((await stat(file)).mode & 0o777, 0o755);
	t.true(code.startsWith('#!/usr/bin/env node\n"use strict";\n'));
});

test.serial('it needs nothing but Node.js', t => {
	const needed = new Set([...code.matchAll(/\b(?:require|import)\("([^"]+)"\)/g)].map(([, name = '']) => name));
	t.true(needed.has('node:https'));
	// ssh2 does without these two where they are not.
	const optional = /^cpu-features$|\.node$/;
	t.deepEqual(
		[...needed].filter(name => !isBuiltin(name) && !optional.test(name)),
		[],
	);
});

test.serial('it holds no path of the machine that built it', t => {
	t.false(code.includes(root));
	t.deepEqual(code.match(/file:\/\/\/|node_modules\/[@\w]|sourceMappingURL/g), null);
});

test.serial('two builds are the same, byte by byte, wherever they were started', async t => {
	const other = join(dir, 'again', 'kubectl-cni_upgrade');
	const script = `import {buildPlugin} from ${JSON.stringify(pathToFileURL(join(root, 'krew/build.ts')))}; await buildPlugin(${JSON.stringify(other)}, {map: true});`;
	const {stderr} = await run(['--input-type=module', '--eval', script], {file: process.execPath, cwd: '/'});
	t.is(stderr, '');
	t.true((await readFile(other)).equals(await readFile(file)));
});

test.serial('--version', async t => {
	t.deepEqual(await run(['--version']), {code: 0, stdout: `kubectl cni-upgrade ${version}\n`, stderr: ''});
});

test.serial('--help, with the name that a person types', async t => {
	const {code, stdout, stderr} = await run(['--help']);
	t.is(code, 0, stderr);
	t.regex(stdout, /\n\nUsage:\n {2}kubectl cni-upgrade COMMAND \[flags\]\n/);
	t.notRegex(stdout, /kubectl-cni_upgrade/);
});

for (const {name} of commands) {
	test.serial(`${name} --help`, async t => {
		const {code, stdout, stderr} = await run([name, '--help']);
		t.is(code, 0, stderr);
		t.regex(stdout, new RegExp(`\\nUsage:\\n  kubectl cni-upgrade ${name} `));
	});
}

test.serial('an unknown command ends with 2', async t => {
	const {code, stdout, stderr} = await run(['preflihgt']);
	t.is(code, 2);
	t.is(stdout, '');
	t.is(stderr, 'error: unknown command "preflihgt"\nDid you mean preflight?\nSee "kubectl cni-upgrade --help".\n');
});

test.serial('lint ends with 3 where it finds an error', async t => {
	const path = join(dir, 'lint', '10-bridge.conflist');
	await mkdir(join(path, '..'));
	await writeFile(path, conflist);
	const {code, stdout, stderr} = await run(['lint', path, '--runtime', 'containerd://1.7.24', '-ojson']);
	t.is(code, 3, stderr);
	t.is((JSON.parse(stdout) as {summary: {findings: {error: number}}}).summary.findings.error, 1);
});

test.serial('explain', async t => {
	const {code, stdout, stderr} = await run(['explain', 'spec-version-set']);
	t.is(code, 0, stderr);
	t.regex(stdout, /spec-version-set/);
});

const scopes = test.macro(async (t, type: string) => {
	const scope = join(dir, `scope-${type}`);
	await mkdir(scope);
	await writeFile(join(scope, 'package.json'), JSON.stringify({type}));
	await writeFile(join(scope, 'kubectl-cni_upgrade'), code, {mode: 0o755});
	const {code: exit, stdout, stderr} = await run(['explain', 'node-ready'], {file: join(scope, 'kubectl-cni_upgrade')});
	t.is(exit, 0, stderr);
	t.regex(stdout, /node-ready/);
});
test.serial('it runs below a package.json of modules', scopes, 'module');
test.serial('it runs below a package.json of CommonJS', scopes, 'commonjs');

test.serial('it runs through a link, as krew installs it', async t => {
	await mkdir(join(dir, 'bin'));
	const link = join(dir, 'bin', 'kubectl-cni_upgrade');
	await symlink(file, link);
	t.is((await run(['explain', 'node-ready'], {file: link})).code, 0);
});

test.serial('an old Node.js is told what it needs', async t => {
	const pretend = `Object.defineProperty(process, 'versions', {value: {...process.versions, node: '22.19.0'}})`;
	const env = {NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend)}`};
	const {code, stderr} = await run(['preflight'], {env});
	t.is(code, 1);
	t.regex(stderr, /^error: kubectl cni-upgrade needs Node\.js 24\.5 or newer, and this is 22\.19\.0\n/);
});
