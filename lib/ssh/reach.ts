import type {Clock} from '../clock.ts';
import {Window} from '../window.ts';
import type {SshConfig, SshHostSettings} from './config/ssh-config.ts';
import {connectSsh} from './connection/connection.ts';
import type {SshConnection} from './connection/endpoint.ts';
import {SshError} from './errors.ts';
import type {IdentityStore} from './keys/identities.ts';
import type {HostKeys} from './known-hosts/host-keys.ts';
import {type RouteOverrides, routeKey, routeTo} from './route.ts';

/** Logins under way to one place at a time: sshd drops some of those above 10 (MaxStartups 10:30:100). */
const loginsAtATime = 8;

/** Tries where sshd hung up before it said anything, which is how it sheds load. Nothing else is tried again. */
const tries = 4;

/** Milliseconds that one hop may take until it is logged in to, where ssh_config has no ConnectTimeout. */
const defaultConnectTimeout = 20_000;

export type SshReachOptions = {
	readonly config: SshConfig;
	readonly overrides: RouteOverrides;
	readonly hostKeys: HostKeys;
	readonly identities: IdentityStore;
	/** SSH_AUTH_SOCK. */
	readonly agent: string | undefined;
	readonly clock: Clock;
	/** Between 0 and 1, for waits that must not fall together. */
	readonly random: () => number;
};

/** Connections to hosts, through the jump hosts that ssh_config names; each jump host is logged in to once. */
export class SshReach {
	readonly #options: SshReachOptions;
	readonly #jumps = new Map<string, Promise<SshConnection>>();
	readonly #logins = new Map<string, Window>();
	readonly #ended = new AbortController();

	constructor(options: SshReachOptions) {
		this.#options = options;
	}

	/** A connection of the caller's own, who disposes of it. Rejects with an error whose message is a whole phrase. */
	async connect(host: string, signal: AbortSignal): Promise<SshConnection> {
		const hops = routeTo(this.#options.config, host, this.#options.overrides);
		return this.#through(hops, signal);
	}

	/** Ends the connections to jump hosts. */
	async close(): Promise<void> {
		this.#ended.abort(new Error('the run is over'));
		for (const jump of this.#jumps.values()) {
			await jump.then(
				async connection => connection[Symbol.asyncDispose](),
				() => undefined,
			);
		}
	}

	async #through(hops: readonly SshHostSettings[], signal: AbortSignal): Promise<SshConnection> {
		const last = hops.at(-1);
		if (last === undefined) {
			throw new TypeError('a route has at least one hop');
		}

		const before = hops.slice(0, -1);
		if (before.length === 0) {
			return this.#login(last, undefined, `${last.hostName}:${last.port}`, signal);
		}

		const via = await orAbort(this.#jump(before), signal);
		try {
			return await this.#login(last, via, routeKey(before), signal);
		} catch (error) {
			if (error instanceof SshError && error.stage === 'lost') {
				this.#jumps.delete(routeKey(before)); // The next node logs in to the jump host anew.
			}

			throw error;
		}
	}

	/** Shared by all nodes behind it, so that it lives as long as the run and not as one node's signal. One that is lost is made anew. */
	async #jump(hops: readonly SshHostSettings[]): Promise<SshConnection> {
		const key = routeKey(hops);
		const kept = this.#jumps.get(key);
		if (kept !== undefined) {
			return kept;
		}

		const made = this.#through(hops, this.#ended.signal);
		this.#jumps.set(key, made);
		made.catch(() => this.#jumps.delete(key));
		return made;
	}

	#identitiesOf({identityAgent, identityFiles, identitiesOnly}: SshHostSettings) {
		const agent = identityAgent === 'none' ? undefined : (identityAgent ?? this.#options.agent);
		return this.#options.identities.identities({agent, files: identityFiles, identitiesOnly});
	}

	async #login(
		settings: SshHostSettings,
		via: SshConnection | undefined,
		place: string,
		signal: AbortSignal,
	): Promise<SshConnection> {
		const window = this.#logins.get(place) ?? new Window(loginsAtATime);
		this.#logins.set(place, window);
		const {hostKeys, clock, random} = this.#options;
		const endpoint = {
			hostName: settings.hostName,
			port: settings.port,
			user: settings.user,
			hostKey: await hostKeys.checkFor(settings),
			identities: () => this.#identitiesOf(settings),
		};
		const connectTimeout = settings.connectTimeout ?? defaultConnectTimeout;
		for (let attempt = 1; ; attempt += 1) {
			await window.acquire(signal);
			try {
				return await connectSsh(endpoint, {via, connectTimeout, signal, clock});
			} catch (error) {
				signal.throwIfAborted();
				if (!(error instanceof SshError) || error.stage !== 'banner' || attempt === tries) {
					throw error;
				}
			} finally {
				window.release();
			}

			await clock.sleep(2 ** attempt * 250 * (0.5 + random()), signal);
		}
	}
}

async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
	signal.throwIfAborted();
	return new Promise<T>((resolve, reject) => {
		const abort = () => reject(signal.reason as Error);
		signal.addEventListener('abort', abort, {once: true});
		promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
	});
}
