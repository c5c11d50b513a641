import {copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {clientOf} from '../../contract/real.ts';
import {type Rig, testCluster} from './cluster.ts';
import {exclusively, RigNode, type Scope} from './rig-node.ts';
import {call, makeNamespace, programs, releaseArchive, releaseName} from './upgrade-calls.ts';

/** Upgrades that go wrong: the node is as it was, whoever finds out. */
const asked = testCluster();
if (asked?.rig === undefined) {
	test('upgrades go wrong on nodes of the rig only', t => {
		t.pass('this cluster is not the rig, or none is up: what else the suite says of that stands in contract.test.ts');
	});
} else {
	onOwnCluster(asked.kubeconfig, asked.rig);
}

function onOwnCluster(kubeconfig: string, rig: Rig): void {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-archives-'));
	const client = clientOf(kubeconfig);
	const crictl = ['--crictl', join(programs, 'crictl/crictl')];
	const bySsh = ['--via', 'ssh', '--ssh-config', rig.sshConfig];
	test.serial.before(async () => makeNamespace(kubeconfig));
	test.after.always(() => {
		rmSync(directory, {recursive: true, force: true});
		client.close();
	});

	type Case = {
		readonly title: string;
		readonly node: string;
		readonly flags: () => readonly string[];
		readonly code: number;
		readonly says: RegExp;
	};
	const cases: readonly Case[] = [
		{
			title: "an archive whose plugins do not know the config's version is refused",
			node: 'node-trixie',
			flags: () => ['--plugins', releaseArchive(directory, '0.8.7')],
			code: 5,
			says: /plugin\/bridge supports 0\.1\.0.*expected 1\.0\.0/s,
		},
		{
			title: 'an archive whose plugin always fails is found out in the rehearsal',
			node: 'node-trixie',
			flags: () => ['--plugins', archiveWith('dead', '/bin/false')],
			code: 5,
			says: /plugin\/bridge: /,
		},
		...[
			{way: 'by pod', flags: []},
			{way: 'by SSH', flags: bySsh},
		].flatMap(({way, flags}) => [
			{
				title: `an archive whose plugin fails in the runtime is found out by the sandbox, and taken back, ${way}`,
				node: 'node-sid',
				flags: () => ['--plugins', archiveWith('broken', join(programs, 'broken-bridge/broken-bridge')), ...crictl, ...flags],
				code: 7,
				says: /no sandbox was made: .*this release is broken/,
			},
			{
				title: `the same without crictl is found out by the canary, and taken back, ${way}`,
				node: 'node-crio',
				flags: () => ['--plugins', archiveWith('broken', join(programs, 'broken-bridge/broken-bridge')), ...flags],
				code: 7,
				says: /goes back to what it was: .*this release is broken/,
			},
		]),
		{
			title: 'a hook that fails has all taken back',
			node: 'node-trixie',
			flags: () => ['--plugins', releaseArchive(directory, '1.9.1'), '--run-after', hook('fails', 'echo not today >&2; exit 3')],
			code: 7,
			says: /not today/,
		},
		{
			title: 'a config that is spoiled meanwhile is not loaded, and taken back',
			node: 'node-early',
			flags: () => [...crictl, '--run-after', hook('spoils', 'echo "{" >/etc/cni/net.d/10-containerd-net.conflist')],
			code: 7,
			says: /ask the runtime which network it loaded/,
		},
	];
	for (const {title, node: name, flags, code, says} of cases) {
		test(`${name}: ${title}`, async t => {
			await exclusively([name], async scope => {
				await ends(t, scope, name, flags(), code, says);
			});
		});
	}

	async function ends(
		t: ExecutionContext,
		scope: Scope,
		name: string,
		flags: readonly string[],
		code: number,
		says: RegExp,
	): Promise<void> {
		const node = new RigNode(name, rig, client);
		const before = await node.keep(scope);
		const ended = await call(scope, ['node', name, '--yes', ...flags], {
			kubeconfig,
			transcript: `failure ${t.title.replaceAll(/\W+/g, ' ')}`,
		}).end;
		t.is(ended.code, code, ended.said);
		t.regex(ended.said, says);
		t.is(await node.look(), before);
	}

	function hook(name: string, script: string): string {
		const path = join(directory, name);
		writeFileSync(path, `#!/bin/sh\n${script}\n`, {mode: 0o755});
		return path;
	}

	/** A release archive of the right checksum, whose bridge is this program. */
	function archiveWith(name: string, bridge: string): string {
		const [files, out] = [join(directory, `${name}.files`), join(directory, name)];
		const made = join(out, releaseName('1.6.2'));
		// Another test may be reading it.
		if (existsSync(made)) {
			return made;
		}

		cpSync(join(programs, 'plugins-1.6.2'), files, {recursive: true});
		cpSync(join(files, 'bridge'), join(files, 'macvlan'));
		copyFileSync(bridge, join(files, 'bridge'));
		mkdirSync(out, {recursive: true});
		return releaseArchive(out, '1.6.2', files);
	}
}
