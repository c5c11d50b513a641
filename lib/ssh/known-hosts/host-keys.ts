import {randomBytes} from 'node:crypto';
import type {SshHostSettings} from '../config/ssh-config.ts';
import type {HostKeyCheck} from '../connection/endpoint.ts';
import {SshError} from '../errors.ts';
import {keyTypeOf} from '../keys/wire.ts';
import {decideHostKey, fingerprint, type HostName, type KnownHostsFile, knownHostsLine, knownKeyTypes} from './known-hosts.ts';

export type HostKeysOptions = {
	/** A file's text; undefined where there is none. */
	readonly readFile: (path: string) => Promise<string | undefined>;
	/** Adds a line to a file, which it makes, private, where it is absent. */
	readonly appendLine: (path: string, line: string) => Promise<void>;
	/** A person's answer; undefined where there is nobody to ask. */
	readonly ask: (question: string) => Promise<string | undefined>;
};

/** Decides on host keys for a whole run: files are read once, and no host is asked about twice. */
export class HostKeys {
	readonly #options: HostKeysOptions;
	readonly #texts = new Map<string, Promise<string>>();
	/** People are asked one question after the other. */
	#asking: Promise<unknown> = Promise.resolve();

	constructor(options: HostKeysOptions) {
		this.#options = options;
	}

	/** The check of one host: which key types to ask for first, and what becomes of the key that it shows. */
	async checkFor(settings: SshHostSettings): Promise<HostKeyCheck> {
		const host = {
			name: settings.hostKeyAlias ?? settings.hostName,
			port: settings.hostKeyAlias === undefined ? settings.port : 22,
		};
		return {
			keyTypes: knownKeyTypes(await this.#files(settings), host),
			verify: async key => this.#verify(key, settings, host),
		};
	}

	async #verify(key: Buffer, settings: SshHostSettings, host: HostName): Promise<void> {
		const shown = `${keyTypeOf(key) ?? 'unreadable'} key ${fingerprint(key)}`;
		const who = `host/${settings.hostName}:${settings.port}`;
		const decision = decideHostKey(await this.#files(settings), host, key);
		if (decision.kind === 'known') {
			return;
		}

		if (decision.kind === 'revoked') {
			throw refusal(`${who} shows a host key that is revoked (${decision.file}:${decision.line}): ${shown}`);
		}

		if (decision.kind === 'changed') {
			throw refusal(
				`the host key of ${who} has changed: it shows ${shown}, and ${decision.file}:${decision.line} has another. Somebody may be in between. If the machine was made anew: ssh-keygen -f ${decision.file} -R ${bracketed(host)}`,
			);
		}

		const ask = settings.strictHostKeyChecking === 'ask';
		if (settings.strictHostKeyChecking === 'yes') {
			throw refusal(`the host key of ${who} is not known (StrictHostKeyChecking yes): it shows ${shown}`);
		}

		if (!ask) {
			await this.#remember(settings, host, key);
			return;
		}

		await this.#inTurn(async () => {
			// The same host may have been answered for while this one waited.
			if (decideHostKey(await this.#files(settings), host, key).kind !== 'known') {
				await this.#askAbout(key, settings, host, who, shown);
			}
		});
	}

	async #askAbout(key: Buffer, settings: SshHostSettings, host: HostName, who: string, shown: string): Promise<void> {
		const answer = await this.#options.ask(
			`The host key of ${who} is not known. It shows ${shown}.\nTrust it (yes/no/fingerprint)? `,
		);
		const said = answer?.trim() ?? '';
		if (said !== 'yes' && said !== fingerprint(key)) {
			throw refusal(
				`the host key of ${who} is not known${answer === undefined ? ', and there is no terminal to ask at' : ''}: it shows ${shown}. Log in once with ssh and compare, or add the key to known_hosts`,
			);
		}

		await this.#remember(settings, host, key);
	}

	async #inTurn<T>(work: () => Promise<T>): Promise<T> {
		const turn = this.#asking.then(work, work);
		this.#asking = turn.catch(() => undefined);
		return turn;
	}

	async #remember({userKnownHostsFiles: [path], hashKnownHosts}: SshHostSettings, host: HostName, key: Buffer): Promise<void> {
		if (path === undefined || path === '/dev/null' || path === 'none') {
			return;
		}

		const line = knownHostsLine(host, key, hashKnownHosts ? randomBytes(20) : undefined);
		await this.#options.appendLine(path, line);
		this.#texts.set(
			path,
			this.#text(path).then(text => `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`),
		);
	}

	async #files({userKnownHostsFiles, globalKnownHostsFiles}: SshHostSettings): Promise<readonly KnownHostsFile[]> {
		return Promise.all(
			[...userKnownHostsFiles, ...globalKnownHostsFiles].map(async path => ({path, text: await this.#text(path)})),
		);
	}

	async #text(path: string): Promise<string> {
		const kept = this.#texts.get(path);
		if (kept !== undefined) {
			return kept;
		}

		const read = this.#options.readFile(path).then(text => text ?? '');
		this.#texts.set(path, read);
		return read;
	}
}

/** A message of its own: it names the host. */
const refusal = (message: string) => new SshError('host-key', message);

/** As known_hosts and ssh-keygen name it. */
function bracketed({name, port}: HostName): string {
	return port === 22 ? name : `'[${name}]:${port}'`;
}
