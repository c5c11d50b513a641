import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {plantTools} from '../../tree.ts';
import {Machine} from '../machine.ts';
import {containerdMachine} from '../machine-files.ts';
import {containerdPackage, kubeletPackage, pluginsPackage} from './known-packages.ts';

const test = anyTest as TestFn<{machine: Machine; directory: string}>;

test.beforeEach(t => {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-machine-'));
	const machine = new Machine({
		directory,
		runtime: 'containerd',
		files: {...containerdMachine({version: '1.6.20'}), '/opt/cni/bin/calico': {content: 'x', mode: 0o755}},
		tools: plantTools(join(directory, 'tools')),
		shell: '/bin/sh',
		interpretPlugins: false,
		packages: {
			repository: [
				containerdPackage('1.6.20~ds1-1'),
				containerdPackage('1.7.24~ds1-6'),
				kubeletPackage('1.34.2-1.1'),
				{...kubeletPackage('1.35.0-1.1'), depends: {'kubernetes-cni': '1.6.0'}},
				pluginsPackage('kubernetes-cni', '0.8.7-00', ['bridge', 'loopback']),
				pluginsPackage('kubernetes-cni', '1.6.0-1.1', ['bridge', 'loopback'], {wipes: ['/opt/cni/bin']}),
			],
			installed: ['containerd 1.6.20~ds1-1', 'kubelet 1.34.2-1.1', 'kubernetes-cni 0.8.7-00'],
		},
	});
	t.context = {machine, directory};
});

test.afterEach.always(async t => {
	await t.context.machine.stop();
	rmSync(t.context.directory, {recursive: true, force: true});
});

test('dpkg and apt tell what is installed, what there is, and who owns a file', async t => {
	const {stdout} = await t.context.machine.run(
		`dpkg-query -W -f "$FORMAT" containerd; apt-cache madison containerd | awk '{print $3}'; dpkg -S /opt/cni/bin/bridge; dpkg --audit`,
		// In parts, since the linter takes it for a template.
		{env: {FORMAT: ['$', '{db:Status-Status} $', '{Version}\\n'].join('')}},
	);
	t.is(stdout, 'installed 1.6.20~ds1-1\n1.7.24~ds1-6\n1.6.20~ds1-1\nkubernetes-cni: /opt/cni/bin/bridge\n');
});

test('a package is fetched, described, installed with what its scripts do, and taken back', async t => {
	const {machine} = t.context;
	const {stdout} = await machine.run(`
		mkdir "$CNI_UPGRADE_ROOT/d" && cd "$CNI_UPGRADE_ROOT/d"
		apt-get -q download containerd=1.7.24~ds1-6 containerd=1.6.20~ds1-1
		dpkg-deb -W --showformat x containerd_1.7.24*
		dpkg-deb --fsys-tarfile containerd_1.7.24* | tar -tf - ./usr/bin/containerd
		dpkg --force-confold -i "$PWD"/containerd_1.7.24* && crictl version | grep RuntimeVersion
		dpkg -i "$PWD"/containerd_1.6.20* && crictl version | grep RuntimeVersion`);
	t.is(
		stdout,
		'containerd 1.7.24~ds1-6 amd64 3\n./usr/bin/containerd\nUnpacking containerd (1.7.24~ds1-6) over (1.6.20~ds1-1) ...\nSetting up containerd (1.7.24~ds1-6) ...\nRuntimeVersion:  v1.7.24~ds1\nUnpacking containerd (1.6.20~ds1-1) over (1.7.24~ds1-6) ...\nSetting up containerd (1.6.20~ds1-1) ...\nRuntimeVersion:  v1.6.20~ds1\n',
	);
});

test('apt says what it would do, with what is needed besides', async t => {
	const {stdout} = await t.context.machine.run('apt-get -s -q install kubelet=1.35.0-1.1 | grep ^Inst');
	t.is(
		stdout,
		'Inst kubernetes-cni [0.8.7-00] (1.6.0-1.1 Debian:12/stable [amd64])\nInst kubelet [1.34.2-1.1] (1.35.0-1.1 Debian:12/stable [amd64])\n',
	);
});

test('a package may wipe what others keep in its directory', async t => {
	const {stdout} = await t.context.machine.run(
		'cd "$CNI_UPGRADE_ROOT" && apt-get install kubernetes-cni=1.6.0-1.1 >out && ls opt/cni/bin',
	);
	t.is(stdout, 'bridge\nloopback\n');
});

test('a hold is kept, and taken away by an installation', async t => {
	const {stdout} = await t.context.machine.run(
		'echo "containerd hold" | dpkg --set-selections; apt-mark showhold; cd "$CNI_UPGRADE_ROOT"; apt-get install containerd >out; apt-mark showhold',
	);
	t.is(stdout, 'containerd\n');
});

test('a lock is somebody’s, as /proc says', async t => {
	const {machine} = t.context;
	machine.lockPackages({pid: 4711, program: 'unattended-upgr'});
	const {code, stderr} = await machine.run('cd "$CNI_UPGRADE_ROOT"; apt-get install containerd');
	t.is(code, 100);
	t.regex(stderr, /Could not get lock/);
	t.regex((await machine.run('readlink "$CNI_UPGRADE_ROOT/proc/4711/fd/4"')).stdout, /lock-frontend\n$/);
	machine.lockPackages(undefined);
	t.is((await machine.run('cd "$CNI_UPGRADE_ROOT"; apt-get install containerd')).code, 0);
});

test('power that is lost while packages are installed leaves them half done, and dpkg heals that', async t => {
	const {machine} = t.context;
	const installing = machine.run('cd "$CNI_UPGRADE_ROOT"; apt-get install containerd');
	await new Promise<void>(resolve => {
		const timer = setInterval(() => {
			if (machine.fingerprint().some(line => /^package containerd .* (half-installed|unpacked)$/.test(line))) {
				clearInterval(timer);
				resolve();
			}
		}, 1);
	});
	await machine.reboot();
	await installing;
	t.regex((await machine.run('dpkg --audit')).stdout, /in a mess/);
});
