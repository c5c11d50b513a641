import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import test, {type ExecutionContext} from 'ava';
import {version} from '../../lib/version.ts';

const entry = new URL('../../cmd/kubectl-cni_upgrade.ts', import.meta.url).pathname;

type Run = {
	readonly child: ChildProcess;
	readonly ended: Promise<{readonly code: number | null; readonly stdout: string; readonly stderr: string}>;
};

function start(
	argv: readonly string[],
	{env = {}, nodeFlags = []}: {readonly env?: Record<string, string>; readonly nodeFlags?: readonly string[]} = {},
): Run {
	const child = spawn(process.execPath, [...nodeFlags, entry, ...argv], {
		env: {PATH: process.env['PATH'], HOME: '/nonexistent', ...env},
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(([[code], stdout, stderr]) => ({
		code: code as number | null,
		stdout,
		stderr,
	}));
	return {child, ended};
}

async function tempDir(t: ExecutionContext): Promise<string> {
	const dir = await mkdtemp(join(tmpdir(), 'cni-upgrade-'));
	t.teardown(async () => rm(dir, {recursive: true}));
	return dir;
}

/** The files that a run loads, from the coverage that Node.js writes. */
async function loadedBy(t: ExecutionContext, argv: readonly string[]): Promise<readonly string[]> {
	const dir = await tempDir(t);
	await start(argv, {env: {NODE_V8_COVERAGE: dir}}).ended;
	const reports = await Promise.all((await readdir(dir)).map(async name => readFile(join(dir, name), 'utf8')));
	return reports
		.flatMap(report => (JSON.parse(report) as {result: {url: string}[]}).result.map(({url}) => url))
		.filter(url => url.startsWith('file:'));
}

test('--version loads two files and no package', async t => {
	t.is((await start(['--version']).ended).stdout, `kubectl cni-upgrade ${version}\n`);
	t.deepEqual(
		(await loadedBy(t, ['--version'])).map(url => url.replace(/.*\/main\/|.*\/(?=cmd\/|lib\/)/, '')),
		['cmd/kubectl-cni_upgrade.ts', 'lib/version.ts'],
	);
});

test('--help loads no package', async t => {
	const loaded = await loadedBy(t, ['--help']);
	t.true(loaded.some(url => url.endsWith('/cmd/help.ts')));
	t.deepEqual(
		loaded.filter(url => url.includes('/node_modules/')),
		[],
	);
});

test('preflight --help loads no client of Kubernetes, no SSH, no WebSockets and no spinner', async t => {
	const loaded = await loadedBy(t, ['preflight', '--help']);
	t.true(loaded.some(url => url.includes('/node_modules/yargs/')));
	t.deepEqual(
		loaded.filter(url => /node_modules\/(@kubernetes|ssh2|ws|isomorphic-ws|ora|undici)\//.test(url)),
		[],
	);
});

test('an old Node.js is told what it needs', async t => {
	const pretend = `Object.defineProperty(process, 'versions', {value: {...process.versions, node: '22.19.0'}})`;
	const {code, stdout, stderr} = await start(['preflight'], {
		nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`],
	}).ended;
	t.is(code, 1);
	t.is(stdout, '');
	t.regex(stderr, /^error: kubectl cni-upgrade needs Node\.js 24\.5 or newer, and this is 22\.19\.0\n/);
});

test('a reader that has had enough is no error', async t => {
	const {child, ended} = start(['help']);
	child.stdout?.destroy();
	ended.catch(() => {}); // Its own reader of that stream ends too.
	await once(child, 'close');
	t.is(child.exitCode, 0);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	test(`${signal} while the cluster is silent ends the run with 130`, async t => {
		const dir = await tempDir(t);
		const server = createServer(() => {}).listen(0, '127.0.0.1');
		await once(server, 'listening');
		t.teardown(() => server.close());
		const {port} = server.address() as {port: number};
		const kubeconfig = join(dir, 'config');
		await writeFile(
			kubeconfig,
			JSON.stringify({
				apiVersion: 'v1',
				kind: 'Config',
				'current-context': 'x',
				contexts: [{name: 'x', context: {cluster: 'x', user: 'x'}}],
				clusters: [{name: 'x', cluster: {server: `http://127.0.0.1:${port}`}}],
				users: [{name: 'x', user: {token: 'x'}}],
			}),
		);
		const {child, ended} = start(['preflight', '--kubeconfig', kubeconfig]);
		await Promise.race([once(server, 'connection'), ended]);
		child.kill(signal);
		const {code, stdout, stderr} = await ended;
		t.is(code, 130, stderr);
		t.is(stdout, '');
		t.regex(stderr, /interrupted/i);
		t.notRegex(stderr, /\n {4}at /);
	});
}

const onUnix = process.platform === 'win32' ? test.skip : test;

onUnix('a kubeconfig that is a device or a directory is an error, and is not read without end', async t => {
	for (const [path, says] of [
		['/dev/zero', /kubeconfig \/dev\/zero cannot be read: it is no regular file/],
		[await tempDir(t), /cannot be read: it is a directory/],
	] as const) {
		const {code, stderr} = await start(['preflight', '--kubeconfig', path]).ended;
		t.is(code, 1);
		t.regex(stderr, says);
	}
});

onUnix('Ctrl-C ends the wait for a kubeconfig that is a pipe', async t => {
	const pipe = join(await tempDir(t), 'pipe');
	execFileSync('mkfifo', [pipe]);
	const tell = `process.on('newListener', name => name === 'SIGINT' && process.stderr.write('up'))`;
	const run = start(['preflight', '--kubeconfig', pipe], {
		nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(tell)}`],
	});
	await once(run.child.stderr as Readable, 'data');
	run.child.kill('SIGINT');
	t.is((await run.ended).code, 130);
});

onUnix('a kubeconfig is read from a pipe', async t => {
	const dir = await tempDir(t);
	const pipe = join(dir, 'pipe');
	execFileSync('mkfifo', [pipe]);
	const run = start(['preflight', '--kubeconfig', pipe]);
	await writeFile(pipe, 'contexts: [{name: here, context: {}}]\ncurrent-context: nowhere\n');
	const {code, stderr} = await run.ended;
	t.is(code, 1);
	t.regex(stderr, /no context nowhere/);
});
