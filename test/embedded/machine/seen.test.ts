import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {confFile, referencePlugins} from '../host-files.ts';
import {plantTools} from '../tree.ts';
import {Machine} from './machine.ts';
import {containerdMachine} from './machine-files.ts';
import {nodeConf} from './upgradable.ts';

/** `seen/` holds what a node with containerd 1.7.24 and crictl 1.34 answered, without what nobody here looks at. */
const seen = (name: string) => JSON.parse(readFileSync(new URL(`seen/${name}.json`, import.meta.url), 'utf8')) as unknown;

test('all that a machine says of its runtime has the place and the type that it has on a real node', async t => {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-machine-'));
	const machine = new Machine({
		directory,
		runtime: 'containerd',
		files: {
			...containerdMachine({version: '1.7.24'}),
			...referencePlugins('/opt/cni/bin', '1.6.2', ['bridge', 'host-local', 'loopback', 'portmap']),
			...confFile('/etc/cni/net.d/10-mynet.conflist', nodeConf('1.0.0', 21)),
		},
		tools: plantTools(join(directory, 'tools')),
		shell: '/bin/sh',
		interpretPlugins: false,
	});
	t.teardown(async () => {
		await machine.stop();
		rmSync(directory, {recursive: true, force: true});
	});
	const {id} = machine.runtime.run({name: 'a', namespace: 'b', uid: 'c', attempt: 0, hostNetwork: false});
	const said = async (words: string) => JSON.parse((await machine.run(`crictl ${words}`)).stdout) as unknown;
	t.deepEqual(unlike(await said('info'), seen('info')), []);
	t.deepEqual(unlike(await said('pods -o json'), seen('pods')), []);
	t.deepEqual(unlike(await said(`inspectp ${id}`), seen('inspectp')), []);
	const results = join(machine.tree.root, '/var/lib/cni/results');
	const [name = ''] = readdirSync(results);
	t.is(name, `mynet-${id}-eth0`);
	t.deepEqual(unlike(JSON.parse(readFileSync(join(results, name), 'utf8')), seen('cached-result')), []);
});

/** Paths of a value that the other has not, or has as another type. */
function unlike(value: unknown, other: unknown, path = ''): readonly string[] {
	if (Array.isArray(value) && Array.isArray(other)) {
		return value.flatMap(item =>
			other.some(one => unlike(item, one).length === 0) ? [] : [`${path}[] ${JSON.stringify(item)}`],
		);
	}

	if (isRecord(value) && isRecord(other)) {
		return Object.entries(value).flatMap(([key, item]) =>
			key in other ? unlike(item, other[key], `${path}.${key}`) : [`${path}.${key}`],
		);
	}

	return typeof value === typeof other && isRecord(value) === isRecord(other) ? [] : [path];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null;
}
