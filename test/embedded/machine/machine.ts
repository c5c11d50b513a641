import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {NodeTree} from '../simulated-node.ts';
import {plantTree, type TreeOptions, treeEnvironment} from '../tree.ts';
import {crictl} from './crictl.ts';
import type {MachineFaults} from './faults.ts';
import {filesOf, leftOvers} from './fingerprint.ts';
import {killProcessesWith} from './processes.ts';
import {type Program, serveRequests} from './requests.ts';
import {Runtime} from './runtime.ts';
import {systemctl} from './systemctl.ts';
import {Systemd} from './systemd.ts';
import type {Daemon, UnitState} from './unit.ts';

export type MachineOptions = Omit<TreeOptions, 'commands'> & {
	readonly runtime: 'containerd' | 'cri-o';
	readonly commands?: readonly string[];
	/** What a second of a unit file takes here; default 20. */
	readonly msPerSecond?: number;
};

export type Ran = {readonly code: number; readonly stdout: string; readonly stderr: string};

/** Stand-ins of every machine, each by the file that it is a copy of. */
const asked: readonly string[] = ['systemctl', 'crictl', 'plugin-call'];
const own: readonly string[] = ['enter', 'nsenter', 'env', 'sync', 'chown', 'plugin'];

/**
A node that can be upgraded: a tree whose services, runtime and packages do what a real machine's would. Its programs ask this process,
so whoever runs them must not block it: `run`, or any other child that is waited for asynchronously. Starts as a machine that is up.
*/
export class Machine {
	readonly tree: NodeTree;
	readonly runtime: Runtime;
	readonly systemd: Systemd;
	/** What goes wrong from now on. */
	readonly faults: MachineFaults = {};
	readonly runtimeUnit: string;
	readonly #directory: string;
	readonly #listeners = new Set<() => void>();
	readonly #endRequests: () => void;
	readonly #programs: Readonly<Record<string, Program>>;
	#isKubeletRunning = false;
	#bootId = '';

	constructor({runtime, commands = [], msPerSecond = 20, ...options}: MachineOptions) {
		this.#directory = join(options.directory, 'machine');
		const {requests, end} = serveRequests(this.#directory, name => this.#programs[name]);
		this.#endRequests = end;
		this.tree = this.#plant(options, commands, requests);
		this.runtimeUnit = runtime === 'containerd' ? 'containerd.service' : 'crio.service';
		this.runtime = new Runtime(this.tree.root, runtime, this.faults);
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
			changed: () => {
				for (const listener of this.#listeners) {
					listener();
				}
			},
		});
		this.#programs = {systemctl: systemctl(this.systemd), crictl: crictl(this.runtime, this.tree.root)};
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
		this.systemd.forget();
		await killProcessesWith(`STAND_IN_MACHINE=${this.#directory}`);
		this.runtime.forget();
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

	/** All that an upgrade may change, one a line, and what pods left behind: equal where the node is the same. */
	fingerprint(): readonly string[] {
		const units = Object.entries(this.units()).filter(([, active]) => active !== 'inactive');
		return [
			...filesOf(this.tree.root),
			...leftOvers(this.tree.root, new Set(this.runtime.sandboxes.keys())).map(path => `${path} left over`),
			...units.map(([unit, active]) => `${unit} ${active}`).sort(),
		];
	}

	/** Ends all that runs on it. */
	async stop(): Promise<void> {
		this.#listeners.clear();
		this.systemd.forget();
		await killProcessesWith(`STAND_IN_MACHINE=${this.#directory}`);
		this.#endRequests();
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

		return {
			...tree,
			environment: {
				...tree.environment,
				STAND_IN_MACHINE: this.#directory,
				STAND_IN_REQUESTS: requests,
				STAND_IN_ROOT: tree.root,
				STAND_IN_TOOLS: tools,
				STAND_IN_PLUGIN: join(bin, 'plugin'),
			},
		};
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
