import {once} from 'node:events';
import type {Duplex} from 'node:stream';
import type {Clock} from '../clock.ts';
import {messageOf} from '../errors.ts';
import type {ApiSocket} from './api.ts';
import {ExecError, type ExecPlace} from './exec-errors.ts';
import {type ExecOutcome, ExecOutput} from './exec-output.ts';
import {BrokenSocket, frame, MessageReader} from './web-socket.ts';

export type ExecInput = string | Uint8Array | AsyncIterable<Uint8Array>;

export type Streams = ExecPlace & {
	readonly stdin?: ExecInput | undefined;
	/** The most bytes of standard output. */
	readonly maxBytes: number;
	readonly clock: Clock;
};

/** The first byte of a message. From v5 on 255 closes the channel that the next byte names. */
const toServer = {stdin: 0, close: 255} as const;

const chunkBytes = 32 * 1024;

/** Servers send 32 KiB at a time. */
const mostMessage = 4 * 1024 * 1024;

/** Milliseconds between questions whether the other side lives, and without a word from it after which it does not. */
const pingEvery = 10_000;
const idleDeadline = 45_000;

/** Carries a command's streams to its end, and ends the connection on every way out. Rejects with `ExecError`, or with the signal's reason. */
export async function runStreams(opened: ApiSocket, options: Streams, signal: AbortSignal): Promise<ExecOutcome> {
	const session = new Session(opened, options);
	const abort = () => session.fail(signal.reason);
	signal.addEventListener('abort', abort, {once: true});
	if (signal.aborted) {
		abort();
	}

	try {
		return await session.outcome;
	} finally {
		signal.removeEventListener('abort', abort);
		session.end();
	}
}

class Session {
	readonly #socket: Duplex;
	readonly #options: Streams;
	readonly #output: ExecOutput;
	readonly #reader = new MessageReader(mostMessage);
	readonly #over = new AbortController();
	readonly #done = Promise.withResolvers<ExecOutcome>();
	#heard: number;
	/** The other side does not take what we send. */
	#isStalled = false;

	constructor({socket, protocol}: ApiSocket, options: Streams) {
		this.#socket = socket;
		this.#options = options;
		this.#output = new ExecOutput(options);
		this.#heard = options.clock.monotonic();
		let seen = '';
		socket.on('error', error => {
			seen = `: ${messageOf(error)}`;
		});
		socket.on('close', () => this.#lose(`the connection ended before the command did${seen}`));
		socket.on('data', (bytes: Buffer) => this.#read(bytes));
		void this.#write(protocol);
		void this.#guard();
	}

	get outcome(): Promise<ExecOutcome> {
		return this.#done.promise;
	}

	fail(error: unknown): void {
		this.#done.reject(error);
	}

	end(): void {
		this.#over.abort();
		if (this.#socket.writable) {
			// 1000: all is well (RFC 6455, 7.4.1).
			this.#socket.end(frame('close', Buffer.from([3, 232])));
		}

		this.#socket.destroy();
	}

	#lose(seen: string): void {
		this.fail(new ExecError('lost', this.#options, seen));
	}

	#read(bytes: Buffer): void {
		this.#heard = this.#options.clock.monotonic();
		try {
			for (const message of this.#reader.push(bytes)) {
				if (message.kind === 'ping') {
					this.#socket.write(frame('pong', message.data));
				} else if (message.kind === 'close') {
					this.#lose('the server closed the connection before it told how the command ended');
				} else if (message.kind === 'data') {
					const end = this.#output.take(message.data);
					if (end !== undefined) {
						this.#done.resolve(end);
					}
				}
			}
		} catch (error) {
			this.fail(error instanceof BrokenSocket ? new ExecError('lost', this.#options, `the server sent ${error.message}`) : error);
		}
	}

	/** Gives the input on as fast as it is taken. */
	async #write(protocol: string): Promise<void> {
		const {stdin} = this.#options;
		if (stdin === undefined) {
			return;
		}

		const {signal} = this.#over;
		try {
			for await (const chunk of chunksOf(stdin)) {
				signal.throwIfAborted();
				if (!this.#socket.write(frame('binary', Buffer.from([toServer.stdin]), chunk))) {
					this.#isStalled = true;
					await once(this.#socket, 'drain', {signal});
					this.#isStalled = false;
				}
			}

			if (protocol.startsWith('v5.') && !signal.aborted) {
				this.#socket.write(frame('binary', Buffer.from([toServer.close, toServer.stdin])));
			}
		} catch (error) {
			// What the socket has to say of itself came before; this is the input's own failure.
			if (!signal.aborted && !this.#socket.destroyed) {
				this.fail(error);
			}
		}
	}

	/** A network that drops packets tells nobody, and neither does a kubelet that was killed behind a proxy. */
	async #guard(): Promise<void> {
		const {clock} = this.#options;
		try {
			for (;;) {
				await clock.sleep(pingEvery, this.#over.signal);
				if (clock.monotonic() - this.#heard >= idleDeadline) {
					// A server that waits for the command to read does not read either, and hears no ping.
					const why = this.#isStalled ? ', nor was any input taken: the command does not read it, or the way is dead' : '';
					this.#lose(`nothing came over the connection for ${idleDeadline / 1000} s${why}`);
					return;
				}

				this.#socket.write(frame('ping'));
			}
		} catch {
			// It is over.
		}
	}
}

async function* chunksOf(input: ExecInput): AsyncGenerator<Uint8Array, void, undefined> {
	const whole = typeof input === 'string' ? Buffer.from(input) : input;
	const pieces = whole instanceof Uint8Array ? [whole] : whole;
	for await (const piece of pieces) {
		for (let at = 0; at < piece.length; at += chunkBytes) {
			yield piece.subarray(at, at + chunkBytes);
		}
	}
}
