import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {NodeTree} from '../simulated-node.ts';
import {type TreeFiles, type TreeOptions, treeEnvironment} from '../tree.ts';
import {crictl} from './crictl.ts';
import type {MachineFaults} from './faults.ts';
import {filesOf, leftOvers} from './fingerprint.ts';
import {networkPrograms} from './network.ts';
import type {Database} from './packages/database.ts';
import {plantLock, removeLock} from './packages/locks.ts';
import {type PackageWorld, packageManager} from './packages/manager.ts';
import {plantMachine} from './plant.ts';
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
	readonly packages?: PackageWorld;
	/** Programs that it does not have, such as `crictl`. */
	readonly without?: readonly string[];
};

export type MachineOptions = MachineSpec & Omit<TreeOptions, 'commands'>;

export type Ran = {readonly code: number; readonly stdout: string; readonly stderr: string};

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
	readonly environment: Record<string, string> = {};
	readonly #directory: string;
	readonly #listeners = new Set<() => void>();
	readonly #endRequests: () => void;
	readonly #programs: Readonly<Record<string, Program>>;
	readonly #database: Database;
	#isOff = false;
	#isKubeletRunning = false;
	readonly #kubelet: Daemon = {
		start: () => {
			this.#isKubeletRunning = true;
			return undefined;
		},
		stop: () => {
			this.#isKubeletRunning = false;
		},
	};
	#bootId = '';

	constructor({
		runtime,
		msPerSecond = 10,
		packages = {repository: [], installed: []},
		without = [],
		commands = [],
		...options
	}: MachineOptions) {
		this.#directory = join(options.directory, 'machine');
		const {requests, end} = serveRequests(this.#directory, name => this.#programs[name]);
		this.#endRequests = end;
		const {environment} = this;
		this.tree = plantMachine({...options, commands, without, questions: this.#directory, requests, environment});
		this.msPerSecond = msPerSecond;
		this.runtimeUnit = runtime === 'containerd' ? 'containerd.service' : 'crio.service';
		const {faults, tree} = this;
		const changed = () => this.#tell();
		this.runtime = new Runtime(tree.root, runtime, faults, changed);
		const daemons: Readonly<Record<string, Daemon>> = {
			[runtime === 'containerd' ? 'containerd' : 'crio']: this.runtime,
			kubelet: this.#kubelet,
		};
		this.systemd = new Systemd({tree, msPerSecond, changed, daemon: program => daemons[program]});
		const {systemd} = this;
		const manager = packageManager({...packages, root: tree.root, faults, systemd, isOff: () => this.#isOff});
		this.#database = manager.database;
		const cri = crictl(this.runtime, tree.root);
		this.#programs = {
			systemctl: systemctl(systemd),
			crictl: cri,
			'crictl-asked': cri,
			'plugin-call': pluginCall(faults),
			...networkPrograms(this),
			...manager.programs,
		};
		running.add(this);
		this.#power();
		void systemd.boot();
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

	/** Power loss, and power again. */
	async reboot(): Promise<void> {
		await this.powerOff();
		await this.powerOn();
	}

	/** Every process dies, at once and without a word. */
	async powerOff(): Promise<void> {
		this.#isOff = true;
		this.systemd.forget();
		this.#tell();
		await killProcessesWith(`STAND_IN_MACHINE=${this.#directory}`);
		this.runtime.forget();
		// What was at work in this process sees that it is off.
		await new Promise(resolve => setTimeout(resolve, 5));
	}

	/** /run is empty, the boot id is another, and what is enabled starts where its conditions hold. */
	async powerOn(): Promise<void> {
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

	#tell(): void {
		for (const listener of this.#listeners) {
			listener();
		}
	}

	#power(): void {
		const {root} = this.tree;
		this.#bootId = randomUUID();
		mkdirSync(join(root, '/proc/sys/kernel/random'), {recursive: true});
		writeFileSync(join(root, '/proc/sys/kernel/random/boot_id'), `${this.#bootId}\n`);
		// Its own network namespace, as the kernel numbers the first.
		mkdirSync(join(root, '/proc/self/ns'), {recursive: true});
		rmSync(join(root, '/proc/self/ns/net'), {force: true});
		symlinkSync('net:[4026531840]', join(root, '/proc/self/ns/net'));
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
