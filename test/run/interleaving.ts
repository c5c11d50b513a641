import {setImmediate as turn} from 'node:timers/promises';
import type {Clock} from '../../lib/clock.ts';
import type {Api} from '../../lib/cluster/api.ts';

type Timer = {readonly at: number; readonly fire: () => void};

/**
Lets the requests of several clients go one at a time, in an order that a seed decides, and time go on only while none of them wants
anything: the same run each time, and no waiting.
*/
export class Interleaving {
	#now = 1_000_000;
	#random: number;
	readonly #timers = new Set<Timer>();
	readonly #waiting: (() => Promise<void>)[] = [];

	constructor(seed: number) {
		this.#random = seed * 2 + 1;
	}

	/** The clock of all of them. `skewed`: whose wall clock is wrong by so many milliseconds. */
	clock(skewed = 0): Clock {
		return {
			now: () => 1_764_000_000_000 + this.#now + skewed,
			monotonic: () => this.#now,
			sleep: async (ms, signal) => {
				signal.throwIfAborted();
				await new Promise<void>((resolve, reject) => {
					const timer = {at: this.#now + ms, fire: resolve};
					this.#timers.add(timer);
					const abort = () => {
						this.#timers.delete(timer);
						reject(signal.reason as Error);
					};
					signal.addEventListener('abort', abort, {once: true});
				});
			},
		};
	}

	get now(): number {
		return this.#now;
	}

	/** Each request of it waits for its turn. */
	wrap(api: Api): Api {
		return {
			...api,
			request: async request =>
				new Promise((resolve, reject) => {
					this.#waiting.push(async () => api.request(request).then(resolve, reject));
				}),
		};
	}

	/** Goes on until a promise has settled. */
	async until(promise: Promise<unknown>): Promise<void> {
		let isSettled = false;
		promise.then(
			() => {
				isSettled = true;
			},
			() => {
				isSettled = true;
			},
		);
		await this.#go(() => isSettled);
	}

	/** Goes on for so many milliseconds of its own time. */
	async pass(ms: number): Promise<void> {
		const end = this.#now + ms;
		await this.#go(() => this.#waiting.length === 0 && (this.#next()?.at ?? Number.POSITIVE_INFINITY) > end);
		this.#now = end;
	}

	/** From 0 to 1. */
	random(): number {
		this.#random = (this.#random * 1_103_515_245 + 12_345) % 2 ** 31;
		return this.#random / 2 ** 31;
	}

	#next(): Timer | undefined {
		return [...this.#timers].sort((a, b) => a.at - b.at)[0];
	}

	async #go(isDone: () => boolean): Promise<void> {
		for (;;) {
			await turn();
			await turn();
			if (isDone()) {
				return;
			}

			const [send] = this.#waiting.splice(Math.floor(this.random() * this.#waiting.length), 1);
			if (send !== undefined) {
				await send();
				continue;
			}

			const timer = this.#next();
			if (timer === undefined) {
				throw new Error('nobody waits for anything any more');
			}

			this.#now = Math.max(this.#now, timer.at);
			this.#timers.delete(timer);
			timer.fire();
		}
	}
}
