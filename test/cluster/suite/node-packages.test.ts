import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {clientOf} from '../../contract/real.ts';
import {type Rig, testCluster} from './cluster.ts';
import {RigNode} from './rig-node.ts';
import {call, makeNamespace, programs} from './upgrade-calls.ts';

/** A runtime that goes from release to release by its distribution's packages, with the real package manager. */
const asked = testCluster();
if (asked?.rig === undefined) {
	test('packages are changed on nodes of the rig only', t => {
		t.pass('this cluster is not the rig, or none is up: what else the suite says of that stands in contract.test.ts');
	});
} else {
	onOwnCluster(asked.kubeconfig, asked.rig);
}

function onOwnCluster(kubeconfig: string, rig: Rig): void {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-packages-'));
	const client = clientOf(kubeconfig);
	const name = 'node-packages';
	const node = new RigNode(name, rig, client);
	const bySsh = ['--via', 'ssh', '--ssh-config', rig.sshConfig];
	const crictl = ['--crictl', join(programs, 'crictl/crictl')];
	const config = '/etc/cni/net.d/10-containerd-net.conflist';
	let installed = '';
	test.serial.before(async () => {
		await makeNamespace(kubeconfig);
		installed = await node.run(`dpkg-query -W -f '\${Package}=\${Version} ' containerd runc containernetworking-plugins`);
	});
	test.after.always(() => {
		rmSync(directory, {recursive: true, force: true});
		client.close();
	});
	/** For a test that fails half way. */
	const packages = () =>
		`dpkg --configure -a; apt-mark unhold containerd; apt-get -qq -y --allow-downgrades install ${installed} >/dev/null`;
	const running = async () => (await node.object()).status.nodeInfo.containerRuntimeVersion;

	test.serial('containerd 1.6, 1.7 and 2 with their plugins and the config, from a repository, though it is held', async t => {
		const before = await node.keep(t, {packages: packages()});
		await node.run('apt-mark hold containerd');
		t.teardown(async () => node.run('apt-mark unhold containerd'));
		t.regex(await running(), /\/1\.6\.20/);
		const options = {kubeconfig, transcript: 'packages from a repository'};
		const [old, newest] = [await versionOf('1.7.'), await versionOf('2.')];

		const first = await call(
			t,
			['node', name, '--package', `containerd=${old}`, '--plugins', 'package', '--cni-version', 'auto', '--yes'],
			options,
		).end;
		t.is(first.code, 0, first.said);
		t.regex(await running(), /\/1\.7\./);
		t.regex(await node.run(`cat ${config}`), /"cniVersion": "1\.0\.0"/);
		t.is((await node.run('apt-mark showhold')).trim(), 'containerd');
		const between = await node.look();

		const second = await call(t, ['node', name, '--package', `containerd=${newest}`, '--yes', ...crictl], options).end;
		t.is(second.code, 0, second.said);
		t.regex(await running(), /\/2\./);
		t.is((await node.run('apt-mark showhold')).trim(), 'containerd');
		const back = await call(t, ['rollback', name, '--yes'], options).end;
		t.is(back.code, 0, back.said);
		t.is(await node.look(), between);
		t.regex(await running(), /\/1\.7\./);
		t.not(between, before);
	});

	test.serial(
		'from containerd 1.6 to 2 at once by package files, by SSH, on a node whose package manager knows no repository',
		async t => {
			const before = await node.keep(t, {packages: packages()});
			await node.run(
				'mv /var/lib/packages/Packages /root/; mv /etc/apt/sources.list /root/; rm -rf /var/lib/apt/lists; mv /var/lib/packages /root/packages; apt-get clean',
			);
			t.teardown(async () =>
				node.run(
					'mv /root/packages /var/lib/packages; mv /root/Packages /var/lib/packages/; mv /root/sources.list /etc/apt/; apt-get -qq update',
				),
			);
			const options = {kubeconfig, transcript: 'packages as files'};
			const files = await packageFiles(/^(containerd_(1\.6|2\.)|containernetworking-plugins_(0\.9|1\.))/);
			const flags = files.flatMap(file => ['--package-file', file]);
			const without = await call(
				t,
				['node', name, ...flags.filter(flag => !flag.includes('1.6.20')).slice(1), '--yes', ...bySsh],
				options,
			).end;
			t.is(without.code, 5, without.said);
			t.is(await node.look(), before);

			const upgraded = await call(t, ['node', name, ...flags, '--cni-version', 'auto', '--yes', ...bySsh, ...crictl], options)
				.end;
			t.is(upgraded.code, 0, upgraded.said);
			t.regex(await running(), /\/2\./);
			t.regex(await node.run(`cat ${config}`), /"cniVersion": "1\.0\.0"/);
			const back = await call(t, ['rollback', name, '--yes', ...bySsh], options).end;
			t.is(back.code, 0, back.said);
			t.is(await node.look(), before);
			t.regex(await running(), /\/1\.6\.20/);
		},
	);

	async function versionOf(prefix: string): Promise<string> {
		const lines = (await node.run('apt-cache madison containerd')).split('\n');
		const version = lines.map(line => line.split('|')[1]?.trim() ?? '').find(one => one.startsWith(prefix));
		if (version === undefined) {
			throw new Error(`no containerd ${prefix} among ${lines.join(', ')}`);
		}

		return version;
	}

	/** The node's own copies, here. */
	async function packageFiles(wanted: RegExp): Promise<readonly string[]> {
		const names = (await node.run('ls /root/packages')).split('\n').filter(file => wanted.test(file));
		for (const file of names) {
			execFileSync('sh', [
				'-c',
				'ssh -F "$0" "$1" "cat /root/packages/$2" >"$3"',
				rig.sshConfig,
				name,
				file,
				join(directory, file),
			]);
		}

		return names.map(file => join(directory, file));
	}
}
