import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {confFile, referencePlugins} from '../host-files.ts';
import {bridgeConf} from '../scenarios.ts';
import {plantTools} from '../tree.ts';
import {Machine} from './machine.ts';
import {containerdMachine} from './machine-files.ts';

const test = anyTest as TestFn<{machine: Machine; directory: string}>;

test.beforeEach(t => {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-machine-'));
	const machine = new Machine({
		directory,
		runtime: 'containerd',
		files: {
			...containerdMachine({version: '1.7.24'}),
			...referencePlugins('/opt/cni/bin', '1.6.2', ['bridge', 'host-local', 'loopback', 'portmap']),
			...confFile('/etc/cni/net.d/10-mynet.conflist', bridgeConf('1.0.0')),
		},
		tools: plantTools(join(directory, 'tools')),
		shell: '/bin/sh',
		interpretPlugins: false,
	});
	t.context = {machine, directory};
});

test.afterEach.always(async t => {
	await t.context.machine.stop();
	rmSync(t.context.directory, {recursive: true, force: true});
});

test('a machine is up: its services run, and systemctl says so', async t => {
	const {machine} = t.context;
	t.deepEqual(machine.units(), {'containerd.service': 'active', 'kubelet.service': 'active'});
	const {stdout} = await machine.run(
		'systemctl is-active containerd; systemctl show -p ActiveState,LoadState --value kubelet; systemctl is-enabled kubelet',
	);
	t.is(stdout, 'active\nloaded\nactive\nenabled\n');
});

test('a stopped runtime makes crictl fail with its words, and is back after its start', async t => {
	const {machine} = t.context;
	const {stdout, stderr, code} = await machine.run('systemctl stop containerd; crictl version');
	t.is(code, 1);
	t.is(stdout, '');
	t.regex(
		stderr,
		/validate CRI v1 runtime API .* dial unix \/run\/containerd\/containerd.sock: connect: no such file or directory/,
	);
	t.regex((await machine.run('systemctl start containerd && crictl version')).stdout, /RuntimeVersion: {2}v1.7.24/);
});

test('a sandbox gets a lease, and loses it when it is stopped', async t => {
	const {machine} = t.context;
	const script = `
		echo '{"metadata":{"name":"a","namespace":"b","uid":"c"}}' >"$CNI_UPGRADE_ROOT/tmp.json"
		id=$(crictl runp /tmp.json) || exit 1
		crictl inspectp -o go-template --template '{{.status.network.ip}}' "$id"
		ls "$CNI_UPGRADE_ROOT/var/lib/cni/networks/mynet" "$CNI_UPGRADE_ROOT/var/lib/cni/results" | wc -l
		crictl stopp "$id" >/dev/null && crictl rmp "$id" >/dev/null
		ls "$CNI_UPGRADE_ROOT/var/lib/cni/networks/mynet"`;
	const {stdout, stderr} = await machine.run(script);
	t.is(stderr, '');
	t.is(stdout, '10.244.0.2\n7\nlast_reserved_ip.0\nlock\n');
	t.deepEqual(
		machine.fingerprint().filter(line => line.endsWith('left over')),
		[],
	);
});

test('plugins older than the config fail ADD in the words of the real ones', async t => {
	const {machine} = t.context;
	const list = `sed -i 's/"1.0.0"/"1.1.0"/' "$CNI_UPGRADE_ROOT/etc/cni/net.d/10-mynet.conflist"; echo '{"metadata":{"name":"a","namespace":"b","uid":"c"}}' >"$CNI_UPGRADE_ROOT/tmp.json"; crictl runp /tmp.json`;
	const {code, stderr} = await machine.run(list);
	t.is(code, 1);
	t.regex(stderr, /unsupported CNI result version/);
});

const unitFile = (body: string) =>
	`[Service]\nType=simple\nExecStart=/bin/sh /run.sh a b\nRestart=on-failure\nRestartSec=1\n${body}[Install]\nWantedBy=multi-user.target\n`;

/** Installs and starts a unit whose program is a script of the tree. */
async function install(machine: Machine, script: string, body = ''): Promise<void> {
	await machine.run(
		`printf '%s' "$UNIT" >"$CNI_UPGRADE_ROOT/etc/systemd/system/x.service"; printf '%s' "$SCRIPT" >"$CNI_UPGRADE_ROOT/run.sh"; systemctl daemon-reload && systemctl enable x && systemctl start --no-block x`,
		{env: {UNIT: unitFile(body), SCRIPT: script}},
	);
}

async function until(holds: () => boolean): Promise<void> {
	for (let left = 200; !holds() && left > 0; left -= 1) {
		await new Promise(resolve => setTimeout(resolve, 10));
	}
}

test('a unit runs its script for real, in the tree; one that is killed is started again, one that ends well is not', async t => {
	const {machine} = t.context;
	await install(machine, 'echo "$*" >>"$CNI_UPGRADE_ROOT/ran"; [ "$(wc -l <"$CNI_UPGRADE_ROOT/ran")" -gt 1 ] || sleep 100\n');
	const ran = async () => (await machine.run('cat "$CNI_UPGRADE_ROOT/ran"')).stdout;
	await until(() => machine.units()['x.service'] === 'active');
	await new Promise(resolve => setTimeout(resolve, 50));
	t.is(await ran(), 'a b\n');
	await machine.kill('x.service');
	await until(() => machine.units()['x.service'] === 'inactive');
	t.is(await ran(), 'a b\na b\n');
});

test('a reboot: another boot id, /run empty, enabled units start but where a condition does not hold', async t => {
	const {machine} = t.context;
	await install(machine, 'echo up >>"$CNI_UPGRADE_ROOT/ran"; sleep 100\n');
	await until(() => machine.units()['x.service'] === 'active');
	const before = machine.bootId;
	await machine.run(
		'd=$CNI_UPGRADE_ROOT/etc/systemd/system/kubelet.service.d; mkdir "$d"; printf "[Unit]\\nConditionPathExists=!/gate\\n" >"$d/00.conf"; : >"$CNI_UPGRADE_ROOT/gate"; : >"$CNI_UPGRADE_ROOT/run/old"',
	);
	await machine.reboot();
	t.not(machine.bootId, before);
	t.deepEqual(machine.units(), {'containerd.service': 'active', 'kubelet.service': 'inactive', 'x.service': 'active'});
	t.is(
		(await machine.run('ls "$CNI_UPGRADE_ROOT/run"; systemctl start kubelet; echo $?; systemctl show -p ConditionResult kubelet'))
			.stdout,
		'containerd\nsystemd\n0\nConditionResult=no\n',
	);
});

test('a file that is too large for the disk, and a directory that is read-only', async t => {
	const {machine} = t.context;
	machine.limitFiles(1024);
	const full = await machine.run('head -c 4096 /dev/zero >"$CNI_UPGRADE_ROOT/big"; echo $?');
	t.not(full.stdout, '0\n');
	machine.limitFiles(undefined);
	machine.makeReadOnly('/opt/cni/bin');
	const denied = await machine.run('mv "$CNI_UPGRADE_ROOT/opt/cni/bin/bridge" "$CNI_UPGRADE_ROOT/opt/cni/bin/x"; echo $?');
	t.is(denied.stdout, '1\n');
	machine.makeReadOnly('/opt/cni/bin', false);
});
