import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import type {NodeTree} from '../simulated-node.ts';
import {treeEnvironment} from '../tree.ts';
import {killProcessesWith, processesWith, signal} from './processes.ts';
import type {UnitFile} from './unit-file.ts';

/** A program that is not run, but whose effects are simulated. */
export type Daemon = {
	/** Why it ends at once; undefined: it runs. */
	readonly start: () => string | undefined;
	readonly stop: () => void;
};

export type UnitState = {
	readonly active: 'active' | 'inactive' | 'activating' | 'deactivating' | 'failed';
	readonly sub: string;
	readonly result: string;
	/** Whether the conditions held when it was last started. */
	readonly condition: boolean;
	readonly restarts: number;
	readonly exitStatus: number;
};

export type UnitOptions = {
	readonly name: string;
	readonly tree: NodeTree;
	/** As systemd has it in mind: after daemon-reload. */
	readonly file: () => UnitFile | undefined;
	readonly daemon: (program: string) => Daemon | undefined;
	/** What a second of the unit file takes here. */
	readonly msPerSecond: number;
	readonly log: (unit: string, line: string) => void;
	readonly changed: () => void;
};

const resting: UnitState = {active: 'inactive', sub: 'dead', result: 'success', condition: false, restarts: 0, exitStatus: 0};
const cleanSignals: readonly (string | null)[] = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'];

/** One service: its process is run for real, or simulated, and started again as its file says. */
export class Unit {
	state = resting;
	readonly #options: UnitOptions;
	#child: ChildProcess | undefined;
	/** Ends when nothing of the process is left. */
	#exited: Promise<boolean> | undefined;
	#daemon: Daemon | undefined;
	#timer: NodeJS.Timeout | undefined;

	constructor(options: UnitOptions) {
		this.#options = options;
	}

	get pid(): number {
		return this.#child?.pid ?? (this.#daemon === undefined ? 0 : 4242);
	}

	/** Whether it runs then, or need not since a condition does not hold. */
	async start(restarts = 0): Promise<boolean> {
		const file = this.#options.file();
		if (file === undefined || this.#child !== undefined || this.#daemon !== undefined) {
			return file !== undefined;
		}

		clearTimeout(this.#timer);
		if (!file.conditions.every(path => this.#holds(path))) {
			this.#set({...resting, restarts});
			return true;
		}

		const [program = '', ...words] = file.execStart;
		const daemon = this.#options.daemon(program.split('/').at(-1) ?? '');
		return daemon === undefined ? await this.#spawn(file, [program, ...words], restarts) : this.#simulate(file, daemon, restarts);
	}

	async stop(): Promise<void> {
		clearTimeout(this.#timer);
		const child = this.#child;
		if (this.#daemon !== undefined) {
			this.#daemon.stop();
			this.#daemon = undefined;
		}

		if (child !== undefined) {
			this.#set({active: 'deactivating', sub: 'stop-sigterm'});
			const isWhole = this.#options.file()?.killMode !== 'process' && this.#options.file()?.killMode !== 'mixed';
			for (const id of isWhole ? [child.pid ?? 0, ...processesWith(this.#mark)] : [child.pid ?? 0]) {
				signal(id, 'SIGTERM');
			}

			const late = setTimeout(() => void killProcessesWith(this.#mark), 90 * this.#options.msPerSecond);
			await this.#exited;
			clearTimeout(late);
		}

		this.#set({active: 'inactive', sub: 'dead', result: 'success', restarts: 0});
	}

	/** As of a process that dies: what follows is the file's to say. */
	async kill(name: NodeJS.Signals): Promise<void> {
		const child = this.#child;
		if (this.#daemon !== undefined) {
			this.#daemon.stop();
			this.#daemon = undefined;
			this.#ended(1, name);
		} else if (child?.pid !== undefined) {
			for (const id of processesWith(this.#mark)) {
				signal(id, name);
			}

			signal(-child.pid, name);
			await this.#exited;
		}
	}

	/** As at a power loss: nothing follows. */
	forget(): void {
		clearTimeout(this.#timer);
		this.#daemon?.stop();
		this.#daemon = undefined;
		this.#child?.removeAllListeners('exit');
		this.#child = undefined;
		this.state = resting;
	}

	/** What every process of the unit has in its environment. */
	get #mark(): string {
		return `STAND_IN_UNIT=${this.#options.tree.root}:${this.#options.name}`;
	}

	#holds(condition: string): boolean {
		const isNegated = condition.startsWith('!');
		return existsSync(join(this.#options.tree.root, isNegated ? condition.slice(1) : condition)) !== isNegated;
	}

	#simulate(file: UnitFile, daemon: Daemon, restarts: number): boolean {
		const why = daemon.start();
		if (why === undefined) {
			this.#daemon = daemon;
			this.#set({active: 'active', sub: 'running', result: 'success', condition: true, restarts});
			return true;
		}

		this.#options.log(this.#options.name, why);
		this.#set({condition: true, restarts});
		this.#ended(1, null);
		return file.type === 'simple';
	}

	async #spawn(file: UnitFile, words: readonly string[], restarts: number): Promise<boolean> {
		const {tree, name} = this.#options;
		const [unit = '', value = ''] = this.#mark.split(/=(.*)/);
		const child = spawn(join(tree.path[0] ?? '', 'enter'), words, {
			cwd: tree.root,
			env: {...treeEnvironment(tree), CNI_UPGRADE_ROOT: tree.root, [unit]: value},
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true,
		});
		this.#child = child;
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding('utf8').on('data', (text: string) => this.#options.log(name, text.trimEnd()));
		}

		this.#set({
			active: file.type === 'oneshot' ? 'activating' : 'active',
			sub: 'running',
			result: 'success',
			condition: true,
			restarts,
		});
		if (file.maxSeconds > 0) {
			this.#timer = setTimeout(() => void this.kill('SIGKILL'), file.maxSeconds * this.#options.msPerSecond).unref();
		}

		this.#exited = new Promise<boolean>(resolve => {
			child.once('exit', (code, exitSignal) => {
				// Whatever it left behind ends with it, as with KillMode=control-group and mixed.
				void (file.killMode === 'process' ? Promise.resolve() : killProcessesWith(this.#mark)).then(() => {
					if (this.#child === child) {
						clearTimeout(this.#timer);
						this.#child = undefined;
						if (this.state.active !== 'deactivating') {
							this.#ended(code ?? 0, exitSignal);
						}
					}

					resolve(code === 0);
				});
			});
		});
		return file.type === 'oneshot' ? await this.#exited : true;
	}

	#ended(code: number, exitSignal: string | null): void {
		const file = this.#options.file();
		const isClean = exitSignal === null ? code === 0 : cleanSignals.includes(exitSignal);
		const result = isClean ? 'success' : exitSignal === null ? 'exit-code' : 'signal';
		const restart = file?.restart ?? 'no';
		const isStartedAgain =
			restart === 'always' ||
			(isClean ? restart === 'on-success' : restart === 'on-failure' || (restart === 'on-abnormal' && exitSignal !== null));
		if (!isStartedAgain) {
			this.#set({active: isClean ? 'inactive' : 'failed', sub: isClean ? 'dead' : 'failed', result, exitStatus: code});
			return;
		}

		this.#set({active: 'activating', sub: 'auto-restart', result, exitStatus: code});
		const again = () => void this.start(this.state.restarts + 1);
		this.#timer = setTimeout(again, (file?.restartSeconds ?? 0) * this.#options.msPerSecond).unref();
	}

	#set(state: Partial<UnitState>): void {
		this.state = {...this.state, ...state};
		this.#options.changed();
	}
}
