import test from 'ava';
import {confFile, referencePlugins} from '../embedded/host-files.ts';
import {heldImage} from '../embedded/images.ts';
import {machineNode} from '../embedded/machine/machine-nodes.ts';
import {containerdPackage} from '../embedded/machine/packages/known-packages.ts';
import {healthyMachine, nodeConf} from '../embedded/machine/upgradable.ts';
import {commonImages} from '../embedded/node-object.ts';
import {type State, startGround, types} from './upgrade-ground.ts';

const [oldVersion, newVersion] = ['1.7.24~ds1-6', '1.7.27~ds1-1'];

function packagedNode() {
	return machineNode({
		name: 'worker-1',
		address: '10.10.0.21',
		runtime: {kind: 'containerd', version: '1.7.24'},
		files: {
			...referencePlugins('/opt/cni/bin', '1.6.2', types),
			...confFile('/etc/cni/net.d/10-mynet.conflist', nodeConf('1.0.0', 21)),
		},
		packages: {
			repository: [containerdPackage(oldVersion), containerdPackage(newVersion)],
			installed: [`containerd ${oldVersion}`],
		},
		object: {images: [...commonImages, heldImage('registry.example/web:1', 40)]},
	});
}

const packagesOf = ({machine}: State) => machine.filter(line => line.startsWith('package '));

const argv = ['node', 'worker-1', '--package', `containerd=${newVersion}`, '--ignore-daemonsets', '--yes'];

test('a package manager that somebody else is at is named, and nothing is done', async t => {
	const {machine, run, state} = await startGround(t, {nodes: [packagedNode(), healthyMachine()]});
	const before = state();
	machine.lockPackages({pid: 4711, program: 'unattended-upgr'});
	const {code, stdout, stderr} = await run(argv);
	t.is(code, 5, `${stdout}${stderr}`);
	t.regex(`${stdout}${stderr}`, /4711/);
	machine.lockPackages(undefined);
	t.deepEqual(state(), before);
});

test('a package is upgraded and taken back', async t => {
	const {run, state} = await startGround(t, {nodes: [packagedNode(), healthyMachine()]});
	const before = state();
	const {code, stdout, stderr} = await run(argv);
	t.is(code, 0, `${stdout}${stderr}`);
	t.regex(stdout, /package containerd: 1\.7\.24~ds1-6 -> 1\.7\.27~ds1-1/);
	t.deepEqual(packagesOf(state()), [`package containerd ${newVersion} install installed`]);

	const back = await run(['rollback', 'worker-1', '--ignore-daemonsets', '--yes']);
	t.is(back.code, 0, `${back.stdout}${back.stderr}`);
	t.deepEqual(state(), before);
});
