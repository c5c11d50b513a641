import {once} from 'node:events';
import type {Duplex} from 'node:stream';
import type {Client, ClientChannel, ClientErrorExtensions} from 'ssh2';
import type {Clock} from '../../clock.ts';
import {messageOf} from '../../errors.ts';
import {addressOf, oneLine, SshError, type SshStage} from '../errors.ts';
import {type ChannelError, forwardError, sessionError} from './channel-errors.ts';
import type {SshConnection} from './endpoint.ts';
import {type ExecResult, runOnChannel, type SshInput} from './exec.ts';

/** The time that a server has to take note that we leave. */
const farewell = 500;

/** A connection that is logged in. Every promise that it gave settles as soon as the connection ends. */
export class OpenConnection implements SshConnection {
	readonly #client: Client;
	readonly #stream: Duplex;
	readonly #where: string;
	readonly #clock: Clock;
	/** Everything under way on this connection, by how it is told that the connection was lost. */
	readonly #users = new Set<(error: SshError) => void>();
	#lost: SshError | undefined;

	constructor(client: Client, stream: Duplex, where: string, clock: Clock) {
		this.#client = client;
		this.#stream = stream;
		this.#where = where;
		this.#clock = clock;
		client.on('error', (error: Error & ClientErrorExtensions) => this.#lose(messageOf(error), error));
		client.on('end', () => this.#lose('the other side hung up'));
		client.on('close', () => this.#lose('the other side hung up'));
		if (stream.destroyed) {
			this.#lose('the other side hung up');
		}
	}

	async exec(
		command: string,
		options: {readonly stdin: SshInput; readonly maxBytes: number; readonly signal: AbortSignal},
	): Promise<ExecResult> {
		return await this.#use<ExecResult>('exec', options.signal, user => {
			this.#client.exec(command, (error: ChannelError | undefined, channel) => {
				if (error !== undefined) {
					user.reject(sessionError(error, this.#where));
				} else if (user.opened(channel)) {
					const stop = (seen: string, cause?: unknown) => user.stop(this.#error('exec', seen, cause));
					runOnChannel(
						channel,
						options,
						user.resolve,
						() => stop(`sent more than ${options.maxBytes} bytes of output`),
						error => stop(`was not given all of its input: ${messageOf(error)}`, error),
					);
				}
			});
		});
	}

	async forward(hostName: string, port: number, signal: AbortSignal): Promise<Duplex> {
		const target = addressOf(hostName, port);
		return await this.#use<Duplex>('connect', signal, user => {
			this.#client.forwardOut('127.0.0.1', 0, hostName, port, (error: ChannelError | undefined, channel) => {
				if (error !== undefined) {
					user.reject(forwardError(error, this.#where, target));
				} else if (user.opened(channel)) {
					// It stays in use: an abort of something else must not take it away.
					const inUse = () => undefined;
					this.#users.add(inUse);
					channel.on('close', () => this.#users.delete(inUse));
					channel.on('error', () => undefined);
					user.resolve(channel);
				}
			});
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#stream.destroyed || this.#lost !== undefined) {
			this.#stream.destroy();
			return;
		}

		const closed = once(this.#client, 'close').catch(() => undefined);
		this.#lose('it was closed on this side', undefined, () => this.#client.end());
		const timer = new AbortController();
		await Promise.race([closed, this.#clock.sleep(farewell, timer.signal).catch(() => undefined)]);
		timer.abort();
		this.#stream.destroy();
	}

	/** Runs something that the connection's end or the signal ends. */
	async #use<T>(stage: SshStage, signal: AbortSignal, start: (user: User<T>) => void): Promise<T> {
		if (this.#lost !== undefined) {
			throw this.#lost;
		}

		if (signal.aborted) {
			throw this.#error(stage, `was left: ${messageOf(signal.reason)}`, signal.reason);
		}

		let abort: (() => void) | undefined;
		let lost: ((error: SshError) => void) | undefined;
		try {
			return await new Promise<T>((resolve, reject) => {
				let isOver = false;
				let channel: ClientChannel | undefined;
				const stop = (error: SshError) => {
					isOver = true;
					reject(error);
					this.#users.delete(reject);
					channel?.close();
					// A jump host is kept for the next; one whose command had to be stopped may send for ever.
					if (stage === 'exec' && this.#users.size === 0) {
						this.#lose(error.message);
					}
				};
				abort = () => stop(this.#error(stage, `was left: ${messageOf(signal.reason)}`, signal.reason));
				lost = reject;
				signal.addEventListener('abort', abort, {once: true});
				this.#users.add(reject);
				this.#start(start, {
					resolve,
					reject,
					stop,
					opened(opened) {
						channel = opened;
						if (isOver) {
							opened.close();
						}

						return !isOver;
					},
				});
			});
		} finally {
			if (abort !== undefined) {
				signal.removeEventListener('abort', abort);
			}

			if (lost !== undefined) {
				this.#users.delete(lost);
			}
		}
	}

	#start<T>(start: (user: User<T>) => void, user: User<T>): void {
		try {
			start(user);
		} catch (error) {
			this.#lose(messageOf(error), error); // ssh2 throws where its stream can no longer be written to.
		}
	}

	/** Tells everyone once, and ends the stream at once unless there is a kinder way. */
	#lose(seen: string, cause?: unknown, end: () => void = () => this.#stream.destroy()): void {
		if (this.#lost !== undefined) {
			return;
		}

		this.#lost = new SshError('lost', `the connection to ${this.#where} was lost: ${oneLine(seen)}`, {
			remedy: 'The node may have restarted, or something on the way cuts connections. Try again.',
			cause,
		});
		for (const tell of this.#users) {
			tell(this.#lost);
		}

		end();
	}

	#error(stage: SshStage, message: string, cause?: unknown): SshError {
		return new SshError(stage, `${this.#where} ${message}`, {cause});
	}
}

type User<T> = {
	readonly resolve: (value: T) => void;
	readonly reject: (error: SshError) => void;
	/** Rejects, and closes the channel, or the whole connection where nothing else uses it. */
	readonly stop: (error: SshError) => void;
	/** False where it comes too late; the channel is then closed. */
	readonly opened: (channel: ClientChannel) => boolean;
};
