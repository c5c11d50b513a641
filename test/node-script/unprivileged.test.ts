/** Somebody who logs in and is not root: what this user cannot see is unknown, and never taken for absent. */
import {chmodSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {type NodeHalf, parseAnswer} from '../../lib/facts/answer.ts';
import {shellHead, simulatedPlugin} from '../embedded/simulated-plugin.ts';
import {makeNode, type Node, runScript, type Tree} from './run-script.ts';

const nodes: Node[] = [];
test.after.always(() => {
	for (const {base} of nodes) {
		rmSync(base, {recursive: true, force: true});
	}
});

const config = '{"cniVersion": "1.0.0", "name": "net", "plugins": [{"type": "bridge"}]}';
const tree: Tree = {
	'/bin/sh': {program: shellHead()},
	'/run/containerd/containerd.sock': '',
	'/etc/containerd/config.toml': 'version = 2\nimports = ["conf.d/*.toml"]\n',
	'/etc/containerd/conf.d/a.toml': '[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/usr/lib/cni"\n',
	'/etc/cni/net.d/10-net.conflist': config,
	'/usr/lib/cni/bridge': {program: simulatedPlugin({version: ['1.0.0']})},
	'/usr/lib/cni/loopback': {program: simulatedPlugin({version: ['1.0.0']})},
	'/var/lib/cni/networks/net/10.0.0.2': 'a',
};

/** The node as a user sees it who is neither root nor the owner of these files, or who took the rights from the owner. */
async function seen(modes: Readonly<Record<string, number>>): Promise<NodeHalf> {
	const node = makeNode(tree, {bin: {journalctl: 'exit 0'}});
	nodes.push(node);
	chmodSync(node.base, 0o755);
	for (const [path, mode] of Object.entries(modes)) {
		chmodSync(join(node.root, path), mode);
	}

	const {records} = await runScript(node, {as: process.getuid?.() === 0 ? 65_534 : undefined});
	for (const path of Object.keys(modes)) {
		chmodSync(join(node.root, path), 0o755);
	}

	return parseAnswer(records);
}

const pluginOf = (half: NodeHalf, type: string) =>
	Array.isArray(half.plugins) ? half.plugins.find(plugin => plugin.type === type) : undefined;

const says = test.macro(
	async (t: ExecutionContext, modes: Readonly<Record<string, number>>, fact: (half: NodeHalf) => unknown, expected: unknown) => {
		t.deepEqual(fact(await seen(modes)), expected);
	},
);

test('with open doors the answer is that of root', async t => {
	const half = await seen({});
	t.deepEqual(half.runtime.binDirs, ['/usr/lib/cni']);
	t.deepEqual(half.leases, [{network: 'net', leases: 1, orphans: {unknown: 'crictl is not on the node'}}]);
	t.is(Array.isArray(half.configFiles) ? half.configFiles.length : -1, 1);
	t.is(pluginOf(half, 'bridge')?.executable, true);
});

const configFiles = (half: NodeHalf) => half.configFiles;
const binDirs = (half: NodeHalf) => half.runtime.binDirs;
const leases = (half: NodeHalf) => half.leases;
const closed = {unknown: '/etc/cni/net.d cannot be read'};
test('a conf dir that is closed', says, {'etc/cni/net.d': 0o311}, configFiles, closed);
test('a conf dir below a closed directory', says, {'etc/cni': 0}, configFiles, closed);
test('a conf dir below a directory that is listed only', says, {'etc/cni': 0o444}, configFiles, closed);

test('a configuration of the runtime that is closed', says, {'etc/containerd/config.toml': 0}, binDirs, {
	unknown: '/etc/containerd/config.toml: it cannot be read',
});
test('a configuration of the runtime below a closed directory', says, {'etc/containerd': 0}, binDirs, {
	unknown: '/etc/containerd/config.toml: it cannot be read',
});
test('imports from a closed directory', says, {'etc/containerd/conf.d': 0o311}, binDirs, {
	unknown: '/etc/containerd/conf.d: it cannot be read',
});

const path = (half: NodeHalf) => pluginOf(half, 'bridge')?.path;
test('a bin dir that is closed', says, {'usr/lib/cni': 0}, path, {unknown: '/usr/lib/cni cannot be read'});
test('a bin dir below a closed directory', says, {'usr/lib': 0}, path, {unknown: '/usr/lib/cni cannot be read'});

const plugin = (half: NodeHalf) => {
	const bridge = pluginOf(half, 'bridge');
	return {
		at: bridge?.path,
		kind: bridge?.kind,
		executable: bridge?.executable,
		supportedVersions: bridge?.supportedVersions,
	};
};
test('a plugin that is closed', says, {'usr/lib/cni/bridge': 0o010}, plugin, {
	at: '/usr/lib/cni/bridge',
	kind: {unknown: 'it cannot be read'},
	executable: true,
	supportedVersions: {unknown: 'it cannot be read'},
});
test('a plugin that others may run', says, {'usr/lib/cni/bridge': 0o654}, plugin, {
	at: '/usr/lib/cni/bridge',
	kind: 'elf',
	executable: true,
	supportedVersions: {unknown: 'this user may not run it'},
});
test('a plugin that nobody may run', says, {'usr/lib/cni/bridge': 0o644}, plugin, {
	at: '/usr/lib/cni/bridge',
	kind: 'elf',
	executable: false,
	supportedVersions: {unknown: 'it is not executable'},
});

const networks = {unknown: '/var/lib/cni/networks cannot be read'};
test('leases that are closed', says, {'var/lib/cni/networks': 0o311}, leases, networks);
test('leases below a closed directory', says, {'var/lib/cni': 0}, leases, networks);
test('leases of a closed network', says, {'var/lib/cni/networks/net': 0}, leases, {
	unknown: '/var/lib/cni/networks/net cannot be read',
});

test('a journal that shows this user nothing', says, {}, (half: NodeHalf) => half.journal, {
	unknown: 'journalctl shows this user no line of the kubelet or the runtime of the last 24 hours',
});
