import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {type ChainOptions, isNewer, whyChainFails, whyListIsInvalid} from './chain.ts';
import {configPaths, type NetworkList, readNetworkList} from './conf-dir.ts';
import type {MachineFaults} from './faults.ts';
import {lease, newSandbox, type PodOfSandbox, release, type Sandbox} from './sandboxes.ts';
import type {Daemon} from './unit.ts';

/** An error of a CRI call, as a client prints it after `rpc error: `. */
export class CriError extends Error {}

/** containerd or CRI-O of one machine: what it loaded, and the sandboxes that it made. */
export class Runtime implements Daemon {
	readonly kind: 'containerd' | 'cri-o';
	/** On the node. */
	readonly socket: string;
	/** Of the release that was started last, without a leading v. */
	version = '';
	isRunning = false;
	readonly sandboxes = new Map<string, Sandbox>();
	#loaded: NetworkList | undefined;
	#loadStatus = 'OK';
	#seen = '';
	readonly #root: string;
	readonly #faults: MachineFaults;

	constructor(root: string, kind: Runtime['kind'], faults: MachineFaults) {
		this.#root = root;
		this.kind = kind;
		this.#faults = faults;
		this.socket = kind === 'containerd' ? '/run/containerd/containerd.sock' : '/run/crio/crio.sock';
	}

	start = (): string | undefined => {
		if (this.#faults.runtimeDoesNotStart !== undefined) {
			return this.#faults.runtimeDoesNotStart;
		}

		this.version =
			/v?(\d+\.\d+\.\d\S*)/.exec(this.#read(`/.stand-in/${this.kind === 'containerd' ? 'containerd' : 'crio'}-version`))?.[1] ??
			'';
		this.isRunning = true;
		this.#seen = '';
		mkdirSync(dirname(join(this.#root, this.socket)), {recursive: true});
		writeFileSync(join(this.#root, this.socket), '');
		return undefined;
	};

	stop = (): void => {
		this.isRunning = false;
		rmSync(join(this.#root, this.socket), {force: true});
	};

	/** As at a power loss: no sandbox lives, and their leases stay. */
	forget(): void {
		for (const [id, sandbox] of this.sandboxes) {
			this.sandboxes.set(id, {...sandbox, state: 'SANDBOX_NOTREADY'});
		}
	}

	get confDir(): string {
		return this.kind === 'containerd'
			? (this.#setting('/etc/containerd/config.toml', 'conf_dir') ?? '/etc/cni/net.d')
			: (this.#setting('/.stand-in/crio-config.toml', 'network_dir') ?? '/etc/cni/net.d/');
	}

	get binDirs(): readonly string[] {
		if (this.kind === 'containerd') {
			return [this.#setting('/etc/containerd/config.toml', 'bin_dir') ?? '/opt/cni/bin'];
		}

		const list = /plugin_dirs\s*=\s*\[([^\]]*)\]/.exec(this.#read('/.stand-in/crio-config.toml'))?.[1] ?? '"/opt/cni/bin/"';
		return [...list.matchAll(/"([^"]+)"/g)].map(([, directory]) => directory ?? '');
	}

	/** What it uses for the next pod. Its conf dir is watched: what was changed there is loaded without a restart. */
	get network(): NetworkList | undefined {
		this.#sync();
		return this.#loaded;
	}

	/** As `crictl info` has it in `lastCNILoadStatus`. */
	get loadStatus(): string {
		this.#sync();
		return this.#loadStatus;
	}

	/** RunPodSandbox; throws CriError, after which nothing of it is left. */
	run(pod: PodOfSandbox): Sandbox {
		this.requireRunning();
		const sandbox = newSandbox(pod);
		const {network} = this;
		if (!pod.hostNetwork && network === undefined) {
			throw new CriError(
				this.kind === 'containerd'
					? `code = Unknown desc = failed to setup network for sandbox "${sandbox.id}": cni plugin not initialized`
					: `code = Unknown desc = failed to create pod network sandbox ${this.#fullName(sandbox)}: no CNI configuration file in ${this.confDir}. Has your network provider started?`,
			);
		}

		const why =
			pod.hostNetwork || network === undefined ? undefined : (this.#faults.addFails ?? whyChainFails('ADD', network, this.chain));
		if (why !== undefined) {
			throw new CriError(
				this.kind === 'containerd'
					? `code = Unknown desc = failed to setup network for sandbox "${sandbox.id}": ${why}`
					: `code = Unknown desc = failed to create pod network sandbox ${this.#fullName(sandbox)}: error adding pod ${pod.namespace}_${pod.name} to CNI network "${network?.name}": ${why}`,
			);
		}

		const made = {...sandbox, ip: pod.hostNetwork || network === undefined ? '' : lease(this.#root, network, sandbox)};
		this.sandboxes.set(made.id, made);
		return made;
	}

	/** StopPodSandbox, which does DEL; of an unknown one nothing happens. Throws CriError. */
	halt(id: string): void {
		this.requireRunning();
		const sandbox = this.sandboxes.get(id);
		if (sandbox === undefined) {
			return;
		}

		const {network} = this;
		if (!sandbox.hostNetwork && sandbox.ip !== '') {
			const why = this.#faults.deleteFails ?? this.#whyDeleteFails(network);
			if (why !== undefined) {
				this.sandboxes.set(id, {...sandbox, state: 'SANDBOX_NOTREADY'});
				throw new CriError(
					this.kind === 'containerd'
						? `code = Unknown desc = failed to destroy network for sandbox "${id}": ${why}`
						: `code = Unknown desc = failed to stop network for pod sandbox ${this.#fullName(sandbox)}: error removing pod ${sandbox.namespace}_${sandbox.name} from CNI network "${network?.name}": ${why}`,
				);
			}

			release(this.#root, network, id);
		}

		this.sandboxes.set(id, {...sandbox, state: 'SANDBOX_NOTREADY', ip: ''});
	}

	/** RemovePodSandbox, which stops it where that was not done. */
	remove(id: string): void {
		this.halt(id);
		this.sandboxes.delete(id);
	}

	requireRunning(): void {
		if (!this.isRunning) {
			throw new CriError(
				`code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${this.socket}: connect: no such file or directory"`,
			);
		}
	}

	get chain(): ChainOptions {
		const [major = 0, minor = 0, patch = 0] = this.version.split(/[.~+-]/).map(Number);
		const isContainerd = this.kind === 'containerd';
		return {
			root: this.#root,
			binDirs: this.binDirs,
			// libcni 1.2 came with containerd 2.0 and CRI-O 1.31, 1.0 with containerd 1.6 and CRI-O 1.23.
			newestResult: isNewer(`${major}.${minor}`, isContainerd ? '1.7' : '1.30')
				? '1.1.0'
				: isNewer(`${major}.${minor}`, isContainerd ? '1.5' : '1.22')
					? '1.0.0'
					: '0.4.0',
			refusesMissingVersion: isContainerd && major === 1 && (minor < 6 || (minor === 6 && patch < 4)),
		};
	}

	/** CRI-O takes the config that was cached at ADD, and from 1.34 on goes on whatever DEL says. */
	#whyDeleteFails(network: NetworkList | undefined): string | undefined {
		return network === undefined
			? 'cni plugin not initialized'
			: this.kind === 'containerd'
				? whyChainFails('DEL', network, this.chain)
				: undefined;
	}

	#sync(): void {
		const seen = this.#signature();
		if (seen === this.#seen || !this.isRunning) {
			return;
		}

		this.#seen = seen;
		if (this.#faults.configNotLoaded !== undefined) {
			this.#loaded = undefined;
			this.#loadStatus = this.#faults.configNotLoaded;
			return;
		}

		const [loaded, status] = this.kind === 'containerd' ? this.#loadFirst() : this.#loadFirstValid();
		this.#loaded = loaded;
		this.#loadStatus = status;
	}

	/** containerd: the first file, or none. */
	#loadFirst(): readonly [NetworkList | undefined, string] {
		const [path] = configPaths(this.#root, this.confDir);
		const list = path === undefined ? undefined : readNetworkList(this.#root, path);
		if (path === undefined || list === undefined) {
			return [
				undefined,
				`cni config load failed: no network config found in ${this.confDir}: cni plugin not initialized: failed to load cni config`,
			];
		}

		const kind = path.endsWith('.conflist') ? 'CNI config list file' : 'CNI config file';
		return typeof list === 'string'
			? [
					undefined,
					`cni config load failed: failed to load ${kind} ${path}: ${list}: invalid cni config: failed to load cni config`,
				]
			: [list, 'OK'];
	}

	/** CRI-O: the first that it can read and whose plugins support it. */
	#loadFirstValid(): readonly [NetworkList | undefined, string] {
		for (const path of configPaths(this.#root, this.confDir)) {
			const list = readNetworkList(this.#root, path);
			if (typeof list !== 'string' && whyListIsInvalid(list, this.chain) === undefined) {
				return [list, 'OK'];
			}
		}

		return [undefined, `no CNI configuration file in ${this.confDir}. Has your network provider started?`];
	}

	/** What would make it load again: CRI-O watches the plugins too. */
	#signature(): string {
		const files = configPaths(this.#root, this.confDir).map(path => `${path} ${this.#read(path)}`);
		const plugins =
			this.kind === 'cri-o'
				? JSON.stringify(
						configPaths(this.#root, this.confDir).map(path => {
							const list = readNetworkList(this.#root, path);
							return typeof list === 'string' ? list : whyListIsInvalid(list, this.chain);
						}),
					)
				: '';
		return `${files.join('\n')}\n${plugins}\n${this.#faults.configNotLoaded}`;
	}

	#fullName({id, name, namespace, uid, attempt}: Sandbox): string {
		return `k8s_${name}_${namespace}_${uid}_${attempt}(${id})`;
	}

	#setting(file: string, key: string): string | undefined {
		return new RegExp(`^\\s*${key}\\s*=\\s*"([^"]*)"`, 'm').exec(this.#read(file))?.[1];
	}

	#read(path: string): string {
		const file = join(this.#root, path);
		return existsSync(file) ? readFileSync(file, 'utf8') : '';
	}
}
