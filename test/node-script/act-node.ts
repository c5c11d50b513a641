import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {actScript} from '../../lib/node-script/act-script.ts';
import {readFrame} from '../../lib/node-script/frame.ts';
import {type JournalLine, parseJournal} from '../../lib/plan/journal.ts';
import {formatOrders, type Orders} from '../../lib/plan/orders.ts';
import {nodeSteps} from '../../lib/plan/steps.ts';
import {confFile, referencePlugins} from '../embedded/host-files.ts';
import {Machine} from '../embedded/machine/machine.ts';
import {containerdMachine} from '../embedded/machine/machine-files.ts';
import type {PackageWorld} from '../embedded/machine/packages/manager.ts';
import {bridgeConf} from '../embedded/scenarios.ts';
import {plantTools, type TreeFiles} from '../embedded/tree.ts';
import {which} from './run-script.ts';

export const run = 'abcdefghij';
export const uid = '6b1f5c2e-0000-4000-8000-000000000001';
export const binDir = '/opt/cni/bin';
export const configPath = '/etc/cni/net.d/10-mynet.conflist';
export const types: readonly string[] = ['bridge', 'host-local', 'loopback', 'portmap'];

const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-act-'));
process.once('exit', () => rmSync(directory, {recursive: true, force: true}));
const tools = plantTools(join(directory, 'tools'));
let machines = 0;

/** The padding is for disks that have room for less. */
export const newPlugins = contents(referencePlugins('', '1.6.2', types), 16_384);
export const oldPlugins = contents(referencePlugins('', '0.8.7', types), 0);
export const oldConfig = confText('0.4.0');
export const newConfig = confText('1.0.0');
export const archive = archiveOf('new', newPlugins);
export const oldArchive = archiveOf('old', oldPlugins);

/** What a verb answered. */
export type Said = {
	readonly records: readonly (readonly string[])[];
	/** `ok`, or `refused` or `failed` with the reason. */
	readonly result: string;
	readonly why: string;
	readonly stderr: string;
};

/** A machine with old plugins and a config for them, whose node side is installed. */
export async function actNode({
	files = {},
	shell = ['/bin/sh'],
	awk,
	packages,
}: {
	readonly files?: TreeFiles;
	readonly shell?: readonly string[];
	readonly awk?: string;
	readonly packages?: PackageWorld;
} = {}): Promise<Machine> {
	const own = join(directory, String(++machines));
	mkdirSync(own);
	const machine = new Machine({
		directory: own,
		runtime: 'containerd',
		files: {
			...containerdMachine({version: '1.7.24'}),
			...referencePlugins(binDir, '0.8.7', types),
			...confFile(configPath, bridgeConf('0.4.0')),
			'/var/lib/cni': {directory: true},
			'/proc/uptime': '1000.00 1000.00\n',
			...files,
		},
		tools:
			awk === undefined
				? tools
				: plantTools(join(own, 'tools'), {awk: wrapped(own, awk === 'busybox' ? ['busybox', 'awk'] : [awk])}),
		shell: wrapped(own, shell),
		interpretPlugins: false,
		msPerSecond: 5,
		...(packages && {packages}),
	});
	const base = join(machine.tree.root, '/var/lib/cni-upgrade');
	mkdirSync(base, {recursive: true, mode: 0o700});
	writeFileSync(join(base, 'act.sh'), actScript());
	return machine;
}

/** A program of one word that is a command of several. */
function wrapped(place: string, [program = '', ...words]: readonly string[]): string {
	const path = which(program) ?? program;
	if (words.length === 0) {
		return path;
	}

	const file = join(place, `${program}-${words.join('')}`);
	writeFileSync(file, `#!/bin/sh\nexec ${[path, ...words].join(' ')} "$@"\n`, {mode: 0o755});
	return file;
}

export function orders(changes: Partial<Orders> = {}): Orders {
	return {
		run,
		node: 'worker-1',
		uid,
		runtime: 'containerd',
		runtimeUnit: 'containerd.service',
		kubeletUnit: 'kubelet.service',
		endpoint: 'unix:///run/containerd/containerd.sock',
		crictl: '/usr/bin/crictl',
		binDirs: [],
		deadline: 6000,
		steps: nodeSteps.filter(id => !['hook-before', 'packages', 'runtime-config', 'kubeadm', 'hook-after'].includes(id)),
		archive: {name: 'plugins.tgz', sha256: sha256(archive)},
		plugins: types.map(name => ({
			dir: binDir,
			name,
			newSha: sha256(newPlugins.get(name) ?? ''),
			oldSha: sha256(oldPlugins.get(name) ?? ''),
		})),
		keep: [],
		configs: [{path: configPath, version: '1.0.0', oldSha: sha256(oldConfig), newSha: sha256(newConfig)}],
		networks: [{name: 'mynet', version: '1.0.0'}],
		packages: [],
		packageFiles: [],
		holds: [],
		hooks: [],
		sandbox: true,
		kubeadm: false,
		...changes,
	};
}

export async function act(
	machine: Machine,
	verb: string,
	words: readonly string[] = [],
	input: string | Buffer = '',
): Promise<Said> {
	const {stdout, stderr, code} = await machine.run(['/bin/sh', '/var/lib/cni-upgrade/act.sh', verb, run, uid, ...words], {input});
	const frame = readFrame(stdout, {run, uid});
	if (frame.kind !== 'answer') {
		return {records: [], result: `exit ${code}`, why: JSON.stringify(frame), stderr};
	}

	const records = frame.records
		.trimEnd()
		.split('\n')
		.map(line => line.split('\t').map(field => (field === '%' ? '' : decodeURIComponent(field))));
	const [, result = '', why = ''] = records.at(-1) ?? [];
	return {records: records.slice(0, -1), result, why, stderr};
}

/** Brings a run to where its section may start. Throws where the node says no. */
export async function prepare(machine: Machine, plan: Orders = orders(), sent: Buffer = archive): Promise<void> {
	const text = formatOrders(plan);
	await must(machine, 'begin');
	await must(machine, 'put', ['plugins.tgz', String(sent.length), sha256(sent)], sent);
	await must(machine, 'plan', [String(text.length), sha256(text)], text);
}

export async function must(
	machine: Machine,
	verb: string,
	words: readonly string[] = [],
	input: string | Buffer = '',
): Promise<Said> {
	const said = await act(machine, verb, words, input);
	if (said.result !== 'ok') {
		throw new Error(`act.sh ${verb}: ${said.result} ${said.why}\n${said.stderr}`);
	}

	return said;
}

export function journalOf(machine: Machine): readonly JournalLine[] {
	return parseJournal(readFileSync(join(machine.tree.root, '/var/lib/cni-upgrade', run, 'journal'), 'utf8').split('\n'));
}

/** The journal in short, for a failed assertion and for tests that wait for a line. */
export function said(machine: Machine): string {
	return journalOf(machine)
		.map(({step, state, detail}) => `${step} ${state} ${detail}`)
		.join('\n');
}

/** Resolves once the journal holds the section's outcome and the unit has ended. */
export async function outcome(machine: Machine, seconds = 20): Promise<string> {
	const until = Date.now() + seconds * 1000;
	for (;;) {
		const last = lastOutcome(machine);
		if (last !== undefined && machine.units()['cni-upgrade.service'] === 'inactive') {
			return last;
		}

		if (Date.now() > until) {
			throw new Error(`no outcome: ${JSON.stringify(machine.units())} ${machine.systemd.journal.join('\n')}`);
		}

		await new Promise(resolve => setTimeout(resolve, 2));
	}
}

function lastOutcome(machine: Machine): string | undefined {
	try {
		const line = journalOf(machine).findLast(({by}) => by === 'node');
		return line?.step === 'section' && line.state !== 'begin' ? line.state : undefined;
	} catch {
		return undefined;
	}
}

export function sha256(content: string | Buffer): string {
	return createHash('sha256').update(content).digest('hex');
}

function confText(version: string): string {
	return `${JSON.stringify(bridgeConf(version), undefined, 2)}\n`;
}

function contents(files: TreeFiles, padding: number): ReadonlyMap<string, Buffer> {
	return new Map(
		Object.entries(files).map(([path, entry]) => {
			const {content} = entry as {readonly content: Buffer};
			return [path.slice(1), Buffer.concat([content, Buffer.alloc(padding)])];
		}),
	);
}

function archiveOf(name: string, plugins: ReadonlyMap<string, Buffer>): Buffer {
	const place = join(directory, `archive-${name}`);
	mkdirSync(place);
	for (const [name, content] of plugins) {
		writeFileSync(join(place, name), content, {mode: 0o755});
	}

	return execFileSync('tar', ['-czf', '-', '-C', place, '.']);
}
