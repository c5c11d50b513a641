import {constants} from 'node:os';
import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {exitCode, UserError} from '../errors.ts';
import type {SshConnection} from '../ssh/connection/endpoint.ts';
import {SshError, type SshStage} from '../ssh/errors.ts';
import type {SshReach} from '../ssh/reach.ts';
import {
	type NodeShell,
	requirePlainWords,
	type ShellAnswer,
	type ShellCommand,
	type ShellInput,
	ShellLost,
} from './node-shell.ts';
import {type NamedNode, notTheMachine} from './same-node.ts';
import {failureOf, rootCommand, type Sudo} from './ssh-command.ts';

export type OpenSshOptions = {
	readonly api: Api;
	/** Stays its owner's, who closes it. */
	readonly reach: SshReach;
	readonly node: NamedNode;
	/** Where it is reached: a name that ssh_config knows, or an address. */
	readonly host: string;
	readonly sudo: Sudo;
	readonly clock: Clock;
	readonly signal: AbortSignal;
};

/** A node's shell by SSH, over one connection that is opened again when it is lost; each time the machine has to prove that it is the node. */
export async function openSshShell(options: OpenSshOptions): Promise<NodeShell> {
	const shell = new SshShell(options);
	await shell.open(options.signal);
	return shell;
}

/** Milliseconds for a machine to say who it is. */
const identifyTimeout = 30_000;

/**
Says who the machine is, on a line of its own whatever a noisy shell says around it. The machine id stays the same over a reboot; it is read
from where a kubelet reads it (the default of its --machine-id-file).
*/
const identifyScript = `of() { cat "\${CNI_UPGRADE_ROOT-}$1" 2>/dev/null | tr -cd 'A-Za-z0-9._-'; }
id=$(of /etc/machine-id)
printf '\\ncni-upgrade-machine/%s/%s/%s/\\n' "$(of /proc/sys/kernel/hostname)" "$(of /proc/sys/kernel/random/boot_id)" "\${id:-$(of /var/lib/dbus/machine-id)}"
`;

/** Where a connection that failed may be there again soon. */
const passing: readonly SshStage[] = ['connect', 'banner', 'handshake', 'lost', 'channel'];

/** A connection, or one that is about to be, and the signal of who asked for it. */
type Opened = {readonly signal: AbortSignal; readonly connection: Promise<SshConnection>};

class SshShell implements NodeShell {
	readonly way = 'ssh';
	readonly #options: OpenSshOptions;
	#opened: Opened | undefined;
	/** Of the machine that was once proved to be the node. */
	#machineId: string | undefined;
	#isClosed = false;

	constructor(options: OpenSshOptions) {
		this.#options = options;
	}

	async open(signal: AbortSignal): Promise<Opened> {
		if (this.#isClosed) {
			throw new TypeError('this shell was closed');
		}

		const opened = this.#opened ?? {signal, connection: this.#connect(signal)};
		this.#opened = opened;
		try {
			await opened.connection;
			return opened;
		} catch (error) {
			this.#forget(opened);
			signal.throwIfAborted();
			// Whoever began it has left; we have not.
			if (opened.signal.aborted) {
				return this.open(signal);
			}

			throw this.#inWords(error);
		}
	}

	readonly exec = async (words: readonly string[], command: ShellCommand): Promise<ShellAnswer> => {
		requirePlainWords(words);
		const opened = await this.open(command.signal);
		try {
			return await this.#run(await opened.connection, words, command);
		} catch (error) {
			// It may still be good; whether it is, is not worth a doubt.
			this.#forget(opened);
			command.signal.throwIfAborted();
			throw this.#inWords(error);
		}
	};

	readonly close = async (): Promise<void> => {
		this.#isClosed = true;
		const opened = this.#opened;
		this.#opened = undefined;
		await dispose(opened);
	};

	#forget(opened: Opened): void {
		if (this.#opened === opened) {
			this.#opened = undefined;
		}

		void dispose(opened);
	}

	async #connect(signal: AbortSignal): Promise<SshConnection> {
		const {reach, host} = this.#options;
		const connection = await reach.connect(host, signal);
		try {
			await this.#identify(connection, signal);
			return connection;
		} catch (error) {
			await connection[Symbol.asyncDispose]();
			throw error;
		}
	}

	async #identify(connection: SshConnection, signal: AbortSignal): Promise<void> {
		const {api, node} = this.#options;
		const command = {stdin: identifyScript, maxBytes: 256 * 1024, timeout: identifyTimeout, signal};
		const {code, stdout, stderr} = await this.#run(connection, ['/bin/sh', '-s'], command);
		const seen = /^cni-upgrade-machine\/([^/]*)\/([^/]*)\/([^/]*)\/\r?$/m.exec(stdout.toString('latin1'));
		if (seen === null) {
			throw new UserError(`node/${node.name} cannot be worked on by SSH: ${failureOf(code, stderr)}`, {
				remedy: 'The SSH user has to be root there, or may become root by sudo.',
				exitCode: exitCode.blocked,
			});
		}

		const [, hostname = '', bootId = '', machineId = ''] = seen;
		// After a reboot the API still knows the boot before, as long as the kubelet is kept from starting.
		if (machineId !== '' && machineId === this.#machineId) {
			return;
		}

		const machine = {hostname: hostname || undefined, bootId: bootId || undefined, machineId: machineId || undefined};
		const reason = await notTheMachine(api, node, machine, signal);
		if (reason !== undefined) {
			throw new UserError(`node/${node.name}: ${reason}`, {
				remedy: `Check the address, ssh_config, and --ssh-host-template. Nothing was done there. What its kubelet reports: kubectl get node ${node.name} -o jsonpath={.status.nodeInfo}`,
				exitCode: exitCode.blocked,
			});
		}

		this.#machineId = machineId || undefined;
	}

	async #run(connection: SshConnection, words: readonly string[], command: ShellCommand): Promise<ShellAnswer> {
		const {clock, sudo, node} = this.#options;
		const {command: line, input} = rootCommand(words, sudo);
		const late = new AbortController();
		const timer = new AbortController();
		const sleeping = clock.sleep(command.timeout, AbortSignal.any([command.signal, timer.signal])).then(
			() => late.abort(new ShellLost(`a command on node/${node.name} did not end within ${command.timeout / 1000} s`)),
			() => undefined,
		);
		try {
			const signal = AbortSignal.any([command.signal, late.signal]);
			const stdin = after(input, command.stdin ?? '');
			const result = await connection.exec(line, {stdin, maxBytes: command.maxBytes, signal});
			return {code: codeOf(result, node.name), stdout: result.stdout, stderr: result.stderr};
		} catch (error) {
			throw late.signal.aborted ? late.signal.reason : error;
		} finally {
			timer.abort();
			await sleeping;
		}
	}

	#inWords(error: unknown): unknown {
		if (error instanceof SshError && passing.includes(error.stage)) {
			return new ShellLost(`node/${this.#options.node.name} was not reached, or the way to it was cut: ${error.message}`, {
				remedy: error.remedy ?? 'The node may be restarting. Try again.',
				cause: error,
			});
		}

		return error;
	}
}

function codeOf(
	{code, signalName}: {readonly code: number | undefined; readonly signalName: string | undefined},
	node: string,
): number {
	const number = (constants.signals as Readonly<Record<string, number | undefined>>)[
		`SIG${signalName?.replace(/^SIG/, '') ?? ''}`
	];
	if (code === undefined && number === undefined) {
		throw new ShellLost(`a command on node/${node} was cut off: the server did not say how it ended`);
	}

	return code ?? 128 + (number ?? 0);
}

async function dispose(opened: Opened | undefined): Promise<void> {
	try {
		await (await opened?.connection)?.[Symbol.asyncDispose]();
	} catch {
		// It was never opened, which somebody else was told.
	}
}

/** The password's line first, if there is one. */
function after(line: string, stdin: ShellInput): ShellInput {
	if (line === '') {
		return stdin;
	}

	return (async function* () {
		yield Buffer.from(line);
		yield* typeof stdin === 'string' ? [Buffer.from(stdin)] : stdin instanceof Uint8Array ? [stdin] : stdin;
	})();
}
