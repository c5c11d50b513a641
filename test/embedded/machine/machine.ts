import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {NodeTree} from '../simulated-node.ts';
import {plantTree, type TreeFiles, type TreeOptions, treeEnvironment} from '../tree.ts';
import {crictl} from './crictl.ts';
import type {MachineFaults} from './faults.ts';
import {filesOf, leftOvers} from './fingerprint.ts';
import {networkPrograms} from './network.ts';
import {apt} from './packages/apt.ts';
import {Database} from './packages/database.ts';
import {dpkg} from './packages/dpkg.ts';
import {plantLock, removeLock} from './packages/locks.ts';
import type {Package} from './packages/package.ts';
import {pluginCall} from './plugin-call.ts';
import {killProcessesWith, processesWith, signal as send} from './processes.ts';
import {type Program, serveRequests} from './requests.ts';
import {Runtime} from './runtime.ts';
import {systemctl} from './systemctl.ts';
import {Systemd} from './systemd.ts';
import type {Daemon, UnitState} from './unit.ts';

export type MachineSpec = {
	readonly files: TreeFiles;
	readonly runtime: 'containerd' | 'cri-o';
	/** Stand-ins of ordinary trees that are on its PATH too. */
	readonly commands?: readonly string[];
	/** What a second of its clocks takes here; default 10. */
	readonly msPerSecond?: number;
	/** What apt has to offer, and which of it is installed, as `NAME VERSION`. */
	readonly packages?: {readonly repository: readonly Package[]; readonly installed: readonly string[]};
};

export type MachineOptions = MachineSpec & Omit<TreeOptions, 'commands'>;

export type Ran = {readonly code: number; readonly stdout: string; readonly stderr: string};

/** Stand-ins of every machine, each by the file that it is a copy of. */
const asked: readonly string[] = [
	'ip-asked',
	'bridge',
	'ping',
	'tcp-asked',
	'getent',
	'systemctl',
	'crictl',
	'plugin-call',
	'dpkg',
	'dpkg-query',
	'apt-get',
	'apt-cache',
	'apt-mark',
];
const own: readonly string[] = ['enter', 'nsenter', 'env', 'sync', 'chown', 'plugin', 'dpkg-deb', 'ip', 'unshare', 'bash', 'nc'];

/** Where a process ends without having stopped them. */
const running = new Set<Machine>();
process.once('exit', () => {
	for (const machine of running) {
		machine.killAtOnce();
	}
});

/**
A node that can be upgraded: a tree whose services, runtime and packages do what a real machine's would. Its programs ask this process,
so whoever runs them must not block it: `run`, or any other child that is waited for asynchronously. Starts as a machine that is up.
*/
export class Machine {
	readonly tree: NodeTree;
	readonly runtime: Runtime;
	readonly systemd: Systemd;
	/** The machines of its network, itself among them. */
	peers: readonly Machine[] = [this];
	/** What goes wrong from now on. */
	readonly faults: MachineFaults = {};
	readonly runtimeUnit: string;
	/** What a second of the machine's clocks takes here. */
	readonly msPerSecond: number;
	/** Every command and unit of the machine has these in its environment; may be changed. */
	readonly environment: Record<string, string>;
	readonly #directory: string;
	readonly #listeners = new Set<() => void>();
	readonly #endRequests: () => void;
	#programs: Readonly<Record<string, Program>>;
	readonly #database: Database;
	#isOff = false;
	#isKubeletRunning = false;
	#bootId = '';

	constructor({
		runtime,
		commands = [],
		msPerSecond = 10,
		packages = {repository: [], installed: []},
		...options
	}: MachineOptions) {
		this.#directory = join(options.directory, 'machine');
		const {requests, end} = serveRequests(this.#directory, name => this.#programs[name]);
		this.#endRequests = end;
		this.environment = {};
		this.tree = this.#plant(options, commands, requests);
		this.msPerSecond = msPerSecond;
		this.runtimeUnit = runtime === 'containerd' ? 'containerd.service' : 'crio.service';
		const changed = () => {
			for (const listener of this.#listeners) {
				listener();
			}
		};
		this.runtime = new Runtime(this.tree.root, runtime, this.faults, changed);
		const daemons: Readonly<Record<string, Daemon>> = {
			[runtime === 'containerd' ? 'containerd' : 'crio']: this.runtime,
			kubelet: {
				start: () => {
					this.#isKubeletRunning = true;
					return undefined;
				},
				stop: () => {
					this.#isKubeletRunning = false;
				},
			},
		};
		this.systemd = new Systemd({
			tree: this.tree,
			msPerSecond,
			daemon: program => daemons[program],
			changed,
		});
		this.#programs = {
			systemctl: systemctl(this.systemd),
			crictl: crictl(this.runtime, this.tree.root),
			'plugin-call': pluginCall(this.faults),
		};
		this.#database = new Database(this.tree.root);
		const scripts = this.#installAtFirst(packages);
		const parts = {
			root: this.tree.root,
			database: this.#database,
			scripts,
			repository: packages.repository,
			locked: () => {
				const {packagesLocked: by} = this.faults;
				return by === undefined ? undefined : `another process with pid ${by.pid} (${by.program})`;
			},
			fails: () => this.faults.packageFails,
			startUnits: async (units: readonly string[]) => this.#startUnits(units),
			isOff: () => this.#isOff,
		};
		const manage = apt(parts);
		this.#programs = {
			...this.#programs,
			...networkPrograms(this),
			dpkg: dpkg(parts),
			'dpkg-query': dpkg(parts),
			'apt-get': manage,
			'apt-cache': manage,
			'apt-mark': manage,
		};
		running.add(this);
		this.#power();
		void this.systemd.boot();
	}

	get isKubeletRunning(): boolean {
		return this.#isKubeletRunning;
	}

	get bootId(): string {
		return this.#bootId;
	}

	/** Tells of every change of a unit, until the function that it returns is called. */
	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	units(): Readonly<Record<string, UnitState['active']>> {
		return this.systemd.states();
	}

	/** A script for the node's shell, or a command with its arguments. */
	async run(
		command: string | readonly string[],
		{
			env = {},
			input = '',
			signal,
		}: {readonly env?: Readonly<Record<string, string>>; readonly input?: string | Buffer; readonly signal?: AbortSignal} = {},
	): Promise<Ran> {
		const words = typeof command === 'string' ? ['sh', '-c', command] : command;
		const child = spawn(join(this.tree.path[0] ?? '', 'enter'), words, {
			cwd: this.tree.root,
			env: {...treeEnvironment(this.tree), CNI_UPGRADE_ROOT: this.tree.root, ...env},
			...(signal && {signal}),
		});
		const texts = {stdout: '', stderr: ''};
		for (const name of ['stdout', 'stderr'] as const) {
			child[name].setEncoding('utf8').on('data', (text: string) => {
				texts[name] += text;
			});
		}

		child.stdin.on('error', () => undefined).end(input);
		const code = await new Promise<number>((resolve, reject) => {
			child.once('error', reject).once('close', code => resolve(code ?? 137));
		});
		return {code, ...texts};
	}

	/** SIGKILL, or another signal, of all processes of a unit; what follows is its Restart=. */
	async kill(unit: string, name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
		await this.systemd.unit(unit).kill(name);
	}

	/** Power loss: every process dies, /run is empty, the boot id is another, and what is enabled starts where its conditions hold. */
	async reboot(): Promise<void> {
		this.#isOff = true;
		this.systemd.forget();
		await killProcessesWith(`STAND_IN_MACHINE=${this.#directory}`);
		this.runtime.forget();
		// What was at work in this process sees that it is off.
		await new Promise(resolve => setTimeout(resolve, 5));
		this.#isOff = false;
		this.#power();
		await this.systemd.boot();
	}

	/** Files larger than so many bytes cannot be written from now on, as on a disk that is full; undefined ends it. */
	limitFiles(bytes: number | undefined): void {
		this.#mark('blocks', bytes === undefined ? undefined : `${Math.ceil(bytes / 512)}\n`);
	}

	/** A directory of the node whose entries cannot be changed, also by root. */
	makeReadOnly(path: string, isReadOnly = true): void {
		chmodSync(join(this.tree.root, path), isReadOnly ? 0o555 : 0o755);
		this.#mark('modes-bind', isReadOnly && process.getuid?.() === 0 ? '' : undefined);
	}

	/** Somebody else is at work with packages; undefined: no longer. */
	lockPackages(holder: {readonly pid: number; readonly program: string} | undefined): void {
		const {packagesLocked} = this.faults;
		if (packagesLocked !== undefined) {
			removeLock(this.tree.root, packagesLocked.pid);
		}

		this.faults.packagesLocked = holder;
		if (holder !== undefined) {
			plantLock(this.tree.root, holder);
		}
	}

	/** All that an upgrade may change, one a line, and what pods left behind: equal where the node is the same. */
	fingerprint(): readonly string[] {
		const units = Object.entries(this.units()).filter(([, active]) => active !== 'inactive');
		return [
			...filesOf(this.tree.root),
			...leftOvers(this.tree.root, new Set(this.runtime.sandboxes.keys())).map(path => `${path} left over`),
			...this.#database.all().map(({name, version, wanted, state}) => `package ${name} ${version} ${wanted} ${state}`),
			...units.map(([unit, active]) => `${unit} ${active}`).sort(),
		];
	}

	killAtOnce(): void {
		for (const id of processesWith(`STAND_IN_MACHINE=${this.#directory}`)) {
			send(id, 'SIGKILL');
		}
	}

	/** Ends all that runs on it. */
	async stop(): Promise<void> {
		running.delete(this);
		this.#listeners.clear();
		this.systemd.forget();
		await killProcessesWith(`STAND_IN_MACHINE=${this.#directory}`);
		this.#endRequests();
	}

	#installAtFirst({repository, installed}: NonNullable<MachineSpec['packages']>): Map<string, Package> {
		const scripts = new Map<string, Package>();
		for (const key of installed) {
			const one = repository.find(({name, version}) => `${name} ${version}` === key);
			if (one === undefined) {
				throw new Error(`no package ${key} in the repository`);
			}

			this.#database.unpack(one);
			this.#database.set({name: one.name, version: one.version, wanted: 'install', state: 'installed'});
			scripts.set(key, one);
		}

		return scripts;
	}

	/** As a package's script does it: with what is new on disk, and started again where it runs. */
	async #startUnits(units: readonly string[]): Promise<void> {
		this.systemd.reload();
		for (const name of units.filter(name => this.systemd.isEnabled(name))) {
			const unit = this.systemd.unit(name);
			await unit.stop();
			await unit.start();
		}
	}

	#plant(options: Omit<TreeOptions, 'commands'>, commands: readonly string[], requests: string): NodeTree {
		const tree = plantTree({...options, commands});
		const [bin = '', tools = ''] = tree.path;
		const place = (file: string, name: string) => {
			copyFileSync(new URL(`./stand-ins/${file}`, import.meta.url), join(bin, name));
			chmodSync(join(bin, name), 0o755);
		};
		for (const name of own) {
			place(name, name);
		}

		for (const name of asked) {
			place('ask', name);
		}

		Object.assign(this.environment, tree.environment, {
			STAND_IN_MACHINE: this.#directory,
			STAND_IN_REQUESTS: requests,
			STAND_IN_ROOT: tree.root,
			STAND_IN_TOOLS: tools,
			STAND_IN_PLUGIN: join(bin, 'plugin'),
		});
		return {...tree, environment: this.environment};
	}

	#power(): void {
		const {root} = this.tree;
		this.#bootId = randomUUID();
		mkdirSync(join(root, '/proc/sys/kernel/random'), {recursive: true});
		writeFileSync(join(root, '/proc/sys/kernel/random/boot_id'), `${this.#bootId}\n`);
		mkdirSync(join(root, '/run'), {recursive: true});
		for (const name of readdirSync(join(root, '/run'))) {
			rmSync(join(root, '/run', name), {recursive: true, force: true});
		}

		mkdirSync(join(root, '/run/systemd/system'), {recursive: true});
	}

	#mark(name: string, content: string | undefined): void {
		const file = join(this.#directory, name);
		if (content === undefined) {
			rmSync(file, {force: true});
		} else {
			writeFileSync(file, content);
		}
	}
}
