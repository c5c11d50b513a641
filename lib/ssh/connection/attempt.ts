import type {Clock} from '../../clock.ts';
import {messageOf} from '../../errors.ts';
import {addressOf, SshError, type SshStage} from '../errors.ts';

/**
sshd hangs up on those who have not logged in after so long (LoginGraceTime, 120 s); there is no use in waiting longer for a
passphrase or an agent.
*/
const ownTime = 120_000;

const lateAt: Readonly<Partial<Record<SshStage, string>>> = {
	connect: 'did not accept a connection',
	banner: 'accepted a connection and sent no SSH banner',
	handshake: 'did not finish the key exchange',
	authentication: 'did not finish the login',
};

/**
One try to connect: how far it came, and one signal for its end, whose reason is an `SshError` of that stage. The server's
time is limited by `connectTimeout`; the time that our own side takes for a passphrase or an agent counts apart.
*/
export class Attempt {
	stage: SshStage = 'connect';
	/** `HOST:PORT` */
	readonly where: string;
	readonly #end = new AbortController();
	readonly #clock: Clock;
	readonly #outer: AbortSignal;
	readonly #connectTimeout: number;
	readonly #left: Record<'server' | 'own', number>;
	#timer = new AbortController();
	#turn: 'server' | 'own' = 'server';
	#since: number;
	#isOver = false;

	constructor(
		{hostName, port}: {readonly hostName: string; readonly port: number},
		{connectTimeout, signal, clock}: {readonly connectTimeout: number; readonly signal: AbortSignal; readonly clock: Clock},
	) {
		this.where = addressOf(hostName, port);
		this.#clock = clock;
		this.#since = clock.monotonic();
		this.#outer = signal;
		this.#connectTimeout = connectTimeout;
		this.#left = {server: connectTimeout, own: ownTime};
		signal.addEventListener('abort', this.#stop, {once: true});
		if (signal.aborted) {
			this.#stop();
		}

		void this.#wait('server');
	}

	get signal(): AbortSignal {
		return this.#end.signal;
	}

	/** What went wrong, at the stage that was reached. */
	error(message: string, options: {readonly remedy?: string; readonly cause?: unknown} = {}): SshError {
		return new SshError(this.stage, `${this.where} ${message}`, options);
	}

	/** Ends the attempt. */
	fail(error: SshError): void {
		this.#end.abort(error);
	}

	/** Our own side's turn: the server's time stands still. */
	async own<T>(work: () => Promise<T>): Promise<T> {
		void this.#wait('own');
		try {
			return await work();
		} finally {
			void this.#wait('server');
		}
	}

	/** Connected, failed or left: nothing more is to be sent. */
	get isOver(): boolean {
		return this.#isOver || this.signal.aborted;
	}

	[Symbol.dispose](): void {
		this.#isOver = true;
		this.#timer.abort();
		this.#outer.removeEventListener('abort', this.#stop);
	}

	readonly #stop = () => {
		const reason = this.#outer.reason as unknown;
		this.#end.abort(this.error(`was left before the login was done: ${messageOf(reason)}`, {cause: reason}));
	};

	async #wait(turn: 'server' | 'own'): Promise<void> {
		this.#timer.abort();
		const now = this.#clock.monotonic();
		this.#left[this.#turn] -= now - this.#since;
		this.#turn = turn;
		this.#since = now;
		if (this.isOver) {
			return;
		}

		this.#timer = new AbortController();
		try {
			await this.#clock.sleep(Math.max(0, this.#left[turn]), this.#timer.signal);
			this.#end.abort(this.#late(turn));
		} catch {
			// It is the other's turn, or all is over.
		}
	}

	#late(turn: 'server' | 'own'): SshError {
		return turn === 'own'
			? this.error(`waited ${ownTime / 1000} s for a passphrase or the agent, after which SSH servers hang up`, {
					remedy: 'Unlock the key beforehand: ssh-add FILE',
				})
			: this.error(`${lateAt[this.stage] ?? 'was not done'} within ${this.#connectTimeout / 1000} s`, {
					remedy: 'It may be overloaded, or something on the way drops packets. Try: ssh -v, or allow more time.',
				});
	}
}
